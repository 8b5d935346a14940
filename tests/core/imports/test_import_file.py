"""manage.py import_file … Source: IMP-1."""

import io

import pytest
from django.core.management import call_command

from accounts.models import Customer
from loyalty.core.imports import drafts, kinds, running
from loyalty.core.models import ImportJob, ImportState
from tests.core.imports.conftest import as_csv, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(shop, tmp_path):
    def make(text: str, *options: str) -> tuple[int, str, str]:
        path = tmp_path / "people.csv"
        path.write_text(text)
        out, err = io.StringIO(), io.StringIO()
        code = 0
        try:
            call_command(
                "import_file",
                "customers",
                str(path),
                f"--store={shop.code}",
                *options,
                stdout=out,
                stderr=err,
            )
        except SystemExit as ended:
            code = int(str(ended.code))
        return code, out.getvalue(), err.getvalue()

    return make


def test_takes_every_row(run):
    code, out, _err = run(as_csv([person(1), person(2)]))

    assert (code, out) == (0, "2 rows: 2 taken, 0 duplicates, 0 refused.\n")
    assert Customer.objects.count() == 2


def test_tells_of_refused_rows_and_writes_them_out(run, tmp_path):
    refused = tmp_path / "refused.csv"

    code, out, _err = run(as_csv([person(1), person(2, gender="x")]), f"--refused={refused}")

    assert code == 1
    assert "2 rows: 1 taken, 0 duplicates, 1 refused.\nrow 2: Convert exception: gender" in out
    assert "ann2@example.com" in refused.read_text()
    assert "ann1@example.com" not in refused.read_text()


def test_only_checks(run):
    code, out, _err = run(as_csv([person(1)]), "--check")

    assert (code, out) == (0, "1 rows: 1 taken, 0 duplicates, 0 refused.\n")
    assert not Customer.objects.exists()


def test_knows_a_file_again(run):
    run(as_csv([person(1)]))

    assert run(as_csv([person(1)]))[0] == 4
    assert run(as_csv([person(1)]), "--again")[0] == 1


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        pytest.param("", (), "The file is empty.", id="empty"),
        pytest.param("email\nx\n", (), "The file lacks columns: active", id="columns"),
        pytest.param(
            "mail\nx\n", ("--map=mail=nothing",), "There is no column nothing.", id="mapping"
        ),
    ],
)
def test_cannot_begin(run, text, options, said):
    code, _out, err = run(text, *options)

    assert code == 2
    assert said in err
    assert not Customer.objects.exists()
    assert not ImportJob.objects.exists()


def test_goes_on_where_it_was_stopped(run, keep, mona, monkeypatch):
    kind = kinds.get("customers")
    monkeypatch.setattr(kind, "chunk_rows", 1)
    text = as_csv([person(1), person(2), person(3)])
    job = drafts.start(job=keep(text), actor=mona)
    running.run(job.pk, seconds=0)

    code, out, err = run(text)

    assert (code, err) == (0, "Going on behind row 1.\n")
    assert out == "3 rows: 3 taken, 0 duplicates, 0 refused.\n"
    job.refresh_from_db()
    assert (job.state, ImportJob.objects.count()) == (ImportState.DONE, 1)


def test_says_what_it_takes_columns_for(run):
    header = ("E-mail", "Imię", "Nazwisko", "active", "gender", "Regulamin")

    code, out, err = run(as_csv([person(1)], header))

    assert (code, out) == (0, "1 rows: 1 taken, 0 duplicates, 0 refused.\n")
    assert err == (
        "Columns taken by what their names mean: "
        "Imię=firstName, Nazwisko=lastName, Regulamin=agreement1.\n"
    )
    assert Customer.objects.get().first_name == "Ann"


def test_takes_a_column_for_what_it_is_told(run):
    header = ("email", "surname", "first_name", "active", "gender", "agreement1")

    code, _out, err = run(
        as_csv([person(1)], header), "--map=surname=firstName", "--map=first_name=lastName"
    )

    assert (code, err) == (0, "")
    assert Customer.objects.get().first_name == "Ann"
