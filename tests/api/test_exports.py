"""`admin/export` …"""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from loyalty.core.actors import Actor, ActorKind
from loyalty.core.exports import jobs, kinds
from loyalty.core.exports.writing import Format
from loyalty.core.models import ExportJob, Store
from tests.factories import StoreFactory
from tests.factories.accounts import CustomerFactory
from tests.factories.staff import StaffFactory


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def people(store: Store) -> Store:
    for number in range(3):
        CustomerFactory(store, email=f"ann{number}@example.com")
    return store


def body(**values):
    return {"export": {"kind": "customers", "format": "csv", **values}}


def test_answers_a_short_list_at_once(people, api):
    answer = api(StaffFactory("CUSTOMER:VIEW")).post(
        "DEFAULT/admin/export", body(filters={"q": "ann1"})
    )

    assert answer.status_code == 200
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "ann1@example.com" in lines[1]


def test_makes_a_job_of_a_long_one(people, api, monkeypatch):
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2)
    client = api(StaffFactory("CUSTOMER:VIEW"))

    answer = client.post("DEFAULT/admin/export", body())

    assert answer.status_code == 202
    address = f"DEFAULT/admin/export/{answer.data['exportId']}"
    assert (answer.data["state"], answer.data["downloadUrl"]) == ("running", None)
    jobs.run(ExportJob.objects.get().pk)
    done = client.get(address).data
    assert (done["state"], done["rowsDone"]) == ("done", 3)
    file = api().get(done["downloadUrl"].removeprefix("/api/"))
    assert file.status_code == 200
    assert b"".join(file.streaming_content).count(b"\r\n") == 4
    assert client.get("DEFAULT/admin/export").data["total"] == 1


def test_needs_the_right_of_the_list(people, api):
    client = api(StaffFactory("POS:VIEW"))
    job = ExportJob.objects.create(**job_of(people))

    assert client.post("DEFAULT/admin/export", body()).status_code == 403
    assert client.get(f"DEFAULT/admin/export/{job.uuid}").status_code == 403
    assert client.get("DEFAULT/admin/export").data["exports"] == []
    kinds = {row["kind"] for row in client.get("DEFAULT/admin/export/kind").data["kinds"]}
    assert kinds == {"pos"}


def test_does_not_know_another_stores(people, api):
    job = ExportJob.objects.create(**job_of(StoreFactory()))

    answer = api(StaffFactory("CUSTOMER:VIEW")).get(f"DEFAULT/admin/export/{job.uuid}")

    assert answer.status_code == 404


def test_links_are_of_one_store(people, api):
    """A link names its file, and its address the store: both have to be right."""
    other = StoreFactory()
    path = linked(people).removeprefix("/api/DEFAULT/")

    assert api().get(f"DEFAULT/{path}").status_code == 200
    assert api().get(f"{other.code}/{path}").status_code == 404
    assert api().get(f"DEFAULT/{path}x").status_code == 404


def test_says_that_a_link_is_over(people, api, time_machine):
    path = linked(people).removeprefix("/api/")
    time_machine.move_to(timezone.now() + timedelta(hours=25), tick=False)

    answer = api().get(path)

    assert (answer.status_code, answer.data) == (
        410,
        {
            "error": {
                "code": 410,
                "message": "This download link is over. "
                "Ask for a new one where the export is listed.",
            }
        },
    )


def linked(store):
    """Return the address of a finished file of a store."""
    actor = Actor(kind=ActorKind.SYSTEM, id=None, uuid=None, name="system", is_super=True)
    kind = kinds.get("customers")
    job = jobs.start(jobs.Asked(kind, Format.CSV, store, actor, QueryDict()))
    jobs.run(job.pk)
    job.refresh_from_db()
    return jobs.link_to(job)


@pytest.mark.parametrize(
    "values",
    [{"kind": "x"}, {"format": "pdf"}, {"filters": {"x": "1"}}, {"kind": ""}],
    ids=["kind", "format", "filter", "nothing"],
)
def test_refuses_what_is_not(people, api, values):
    answer = api(StaffFactory("CUSTOMER:VIEW")).post("DEFAULT/admin/export", body(**values))

    assert answer.status_code == 400
    assert not ExportJob.objects.exists()


def job_of(store):
    now = timezone.now()
    return {
        "store": store,
        "kind": "customers",
        "format": "csv",
        "state": "running",
        "actor_kind": "system",
        "actor_name": "system",
        "created_at": now,
        "updated_at": now,
    }
