"""The cockpit's pages of imports …"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Customer
from accounts.selectors import balances
from loyalty.core.imports import chunks, running
from loyalty.core.models import ImportJob, ImportState, Store
from tests.factories import LevelFactory, StoreFactory
from tests.factories.accounts import CustomerFactory

LIST = reverse("admin:imports")
HEADER = "E-Mail;First name;Last name;active;gender;Rules"
GOOD = "ann@example.com;Ann;Kowalska;true;female;true"
MAPPING = {
    "column-0": "email",
    "column-1": "firstName",
    "column-2": "lastName",
    "column-3": "active",
    "column-4": "gender",
    "column-5": "agreement1",
}


@pytest.fixture
def shop(store: Store) -> Store:
    LevelFactory(store)
    return store


def upload(client, text, kind="customers"):
    file = SimpleUploadedFile("people.csv", text.encode())
    return client.post(LIST, {"kind": kind, "file": file})


def page(job, name="import", *more):
    return reverse(f"admin:{name}", args=[job.uuid, *more])


def work(job) -> None:
    running.run(job.pk)
    job.refresh_from_db()


def test_leads_from_a_file_over_its_check_to_its_rows(cockpit, shop):
    client = cockpit()

    answer = upload(client, f"{HEADER}\n{GOOD}\nbob@example.com;Bob;K;true;x;true\n")

    job = ImportJob.objects.get()
    assert answer.url == page(job)
    draft = client.get(page(job)).content.decode()
    assert "ann@example.com" in draft
    assert '<option value="email" selected' in " ".join(draft.split())
    client.post(page(job, "import_act", "check"), MAPPING)
    running = client.get(page(job)).content.decode()
    assert 'http-equiv="refresh"' in running
    work(job)
    checked = client.get(page(job)).content.decode()
    assert (job.state, job.rows_ok, job.rows_bad) == (ImportState.CHECKED, 1, 1)
    assert "gender should be one of: male, female, not_disclosed" in checked
    assert 'http-equiv="refresh"' not in checked
    assert not Customer.objects.exists()
    client.post(page(job, "import_act", "start"))
    work(job)
    assert job.state == ImportState.DONE
    assert Customer.objects.get().email == "ann@example.com"
    sent = client.get(page(job, "import_refused"))
    assert b"bob@example.com" in b"".join(sent.streaming_content)
    assert "people.csv" in client.get(LIST).content.decode()


def test_says_what_the_mapping_lacks(cockpit, shop):
    client = cockpit()
    upload(client, f"{HEADER}\n{GOOD}\n")
    job = ImportJob.objects.get()

    answer = client.post(page(job, "import_act", "check"), MAPPING | {"column-5": ""}, follow=True)

    assert "The file lacks columns: agreement1." in answer.content.decode()
    job.refresh_from_db()
    assert job.state == ImportState.DRAFT


def test_says_why_a_file_cannot_be_read(cockpit, shop):
    answer = upload(cockpit(), "a;a\n")

    assert "The column a stands there 2 times." in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_names_what_a_file_may_hold(cockpit, shop):
    page = cockpit().get(LIST).content.decode()

    assert '<strong class="upload__name">Customers</strong>' in page
    assert page.count('name="kind"') == page.count("upload__name") > 1
    assert '<strong class="upload__name"></strong>' not in page


def test_warns_of_a_file_that_was_brought_in(cockpit, shop):
    client = cockpit()
    alice = CustomerFactory(shop, email="alice@example.com")
    text = "customerEmail,points,type\nalice@example.com,15,adding\n"
    for _time in range(2):
        upload(client, text, "points")
        job = ImportJob.objects.first()
        client.post(
            page(job, "import_act", "check"),
            {"column-0": "customerEmail", "column-1": "points", "column-2": "type"},
        )
        work(job)
        checked = client.get(page(job)).content.decode()
        client.post(page(job, "import_act", "start"))
        work(job)

    assert "Bring it in again" in checked
    assert job.state == ImportState.REPEATED
    assert balances.get_figures(alice.wallet_id, timezone.now()).points == 15
    done = ImportJob.objects.get(state=ImportState.DONE)
    assert "This cannot be undone." in client.get(page(done)).content.decode()
    client.post(page(done, "import_act", "undo"))
    assert balances.get_figures(alice.wallet_id, timezone.now()).points == 0


def test_shows_no_kind_to_who_may_not_see_it(cockpit, shop):
    upload(cockpit(), f"{HEADER}\n{GOOD}\n")
    job = ImportJob.objects.get()
    other = cockpit("POINT_TRANSFER", username="other")

    assert "people.csv" not in other.get(LIST).content.decode()
    assert other.get(page(job)).status_code == 403
    assert cockpit("SETTINGS", username="third").get(LIST).status_code == 403


def test_lets_only_who_may_modify_bring_in(cockpit, shop):
    upload(cockpit(), f"{HEADER}\n{GOOD}\n")
    job = ImportJob.objects.get()
    viewer = cockpit("CUSTOMER:VIEW", username="viewer")

    assert viewer.post(page(job, "import_act", "check"), MAPPING).status_code == 403
    assert 'type="file"' not in viewer.get(LIST).content.decode()
    upload(viewer, f"{HEADER}\n{GOOD}\n")
    job.refresh_from_db()
    assert (job.state, ImportJob.objects.count()) == (ImportState.DRAFT, 1)


def test_knows_nothing_of_another_stores_imports(cockpit, shop):
    upload(cockpit(), f"{HEADER}\n{GOOD}\n")
    ImportJob.objects.update(store=StoreFactory())
    job = ImportJob.objects.get()
    client = cockpit(username="sam")

    assert client.get(page(job)).status_code == 404
    assert client.get(page(job, "import_refused")).status_code == 404
    for deed in ("check", "discard", "mend", "start", "undo"):
        assert client.post(page(job, "import_act", deed)).status_code == 404
    job.refresh_from_db()
    assert job.state == ImportState.DRAFT


def test_proposes_what_columns_are(cockpit, shop):
    client = cockpit()
    upload(client, f"adres e-mail;Imię;Nazwisko;active;płeć;Regulamin\n{GOOD}\n")

    shown = " ".join(client.get(page(ImportJob.objects.get())).content.decode().split())

    for column in ("email", "firstName", "lastName", "active", "gender", "agreement1"):
        assert f'<option value="{column}" selected' in shown
    assert shown.count(">Proposed<") == 5


def test_throws_a_draft_away(cockpit, shop):
    client = cockpit()
    upload(client, f"{HEADER}\n{GOOD}\n")

    answer = client.post(page(ImportJob.objects.get(), "import_act", "discard"), follow=True)

    assert "people.csv was thrown away." in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_tells_of_rows_in_the_readers_language(cockpit, shop):
    client = cockpit()
    upload(client, f"{HEADER}\n{GOOD}\n{GOOD}\n{GOOD.replace('female', 'x')}\nbob;x\n")
    job = ImportJob.objects.get()
    client.post(page(job, "import_act", "check"), MAPPING)
    work(job)
    polish = {"accept-language": "pl"}

    shown = client.get(page(job), headers=polish).content.decode()

    assert "email: Ta wartość jest już zajęta." in shown
    assert "gender powinno być jednym z: male, female, not_disclosed" in shown
    assert "Liczba komórek w wierszu: 2, w nagłówku: 6." in shown
    file = b"".join(client.get(page(job, "import_refused"), headers=polish)).decode()
    assert "gender powinno być jednym z" in file
    assert "exception" not in shown + file


def test_lists_many_with_the_queries_of_few(cockpit, shop, django_assert_max_num_queries):
    client = cockpit()
    for _number in range(3):
        upload(client, f"{HEADER}\n{GOOD}\n")

    with django_assert_max_num_queries(12):
        client.get(LIST)


def test_mends_refused_rows_in_a_grid(cockpit, shop):
    client = cockpit()
    upload(client, f"{HEADER}\n{GOOD}\n{GOOD.replace('ann@', 'bob@').replace('female', 'x')}\n")
    job = ImportJob.objects.get()
    client.post(page(job, "import_act", "check"), MAPPING)
    work(job)
    shown = client.get(page(job)).content.decode()
    assert 'name="cell-2-0-4"' in shown

    answer = client.post(page(job, "import_act", "mend"), {"cell-2-0-4": "male"})

    mended = ImportJob.objects.exclude(pk=job.pk).get()
    assert answer.url == page(mended)
    work(mended)
    assert (mended.state, mended.rows_ok, mended.rows_bad) == (ImportState.CHECKED, 1, 0)
    client.post(page(mended, "import_act", "start"))
    work(mended)
    assert Customer.objects.in_store(shop).get(email="bob@example.com").gender == "male"


def test_says_how_many_refused_rows_are_not_kept(cockpit, shop, monkeypatch):
    monkeypatch.setattr(chunks, "REFUSED_KEPT_MAX", 2)
    client = cockpit()
    bad = GOOD.replace("female", "x")
    upload(client, "\n".join([HEADER, *(bad.replace("ann@", f"ann{n}@") for n in range(5)), ""]))
    job = ImportJob.objects.get()
    client.post(page(job, "import_act", "check"), MAPPING)
    work(job)

    shown = client.get(page(job)).content.decode()

    assert "The first 2 refused rows are kept; another 3 are only counted." in shown
    assert b"".join(client.get(page(job, "import_refused"))).count(b"@example.com") == 2
