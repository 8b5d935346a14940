"""The cockpit's jobs …"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from loyalty.core import jobs, locks
from loyalty.core.models import AuditEntry, JobRun

pytestmark = pytest.mark.django_db


def ran(job: str = "expire-points", **fields) -> JobRun:
    now = timezone.now()
    values = {
        "started_at": now - timedelta(seconds=100),
        "updated_at": now - timedelta(seconds=16),
        "finished_at": now - timedelta(seconds=16),
        "duration": timedelta(seconds=84),
        "outcome": "done",
        "chunks": 30,
        "counts": {"expired": 30_000},
    }
    return JobRun.objects.create(job=job, **values | fields)


def unfinished(**fields) -> JobRun:
    return ran(finished_at=None, duration=None, outcome="running", **fields)


@pytest.fixture
def sent(monkeypatch) -> list[dict[str, str]]:
    """What is sent to the workers, instead of through a broker."""
    messages: list[dict[str, str]] = []
    task = jobs.get("expire-points").task
    monkeypatch.setattr(task, "apply_async", lambda *, kwargs: messages.append(kwargs))
    return messages


def test_show_each_job_and_when_it_runs(cockpit):
    page = cockpit().get(reverse("admin:jobs")).content.decode()

    for job in jobs.list_all():
        assert str(job.title) in page
        assert str(job.about).replace("'", "&#x27;") in page
    assert page.count("Has not run yet") == len(jobs.list_all())
    assert "every minute" in page
    assert "http-equiv" not in page


def test_show_the_last_run_with_its_figures(cockpit):
    ran()

    page = cockpit().get(reverse("admin:jobs")).content.decode()

    assert '<span class="chip chip--good">Done</span>' in page
    assert "1 min 24 s" in page
    assert "Lots expired: 30,000" in page
    assert "now due" in page


def test_look_again_while_one_runs(cockpit):
    unfinished()

    with locks.alone("job:expire-points"):
        page = cockpit().get(reverse("admin:jobs")).content.decode()

    assert '<meta http-equiv="refresh" content="3;url=/cockpit/jobs/">' in page
    assert "Running" in page


def test_tell_a_killed_run_from_one_that_works(cockpit):
    unfinished()

    page = cockpit().get(reverse("admin:jobs")).content.decode()

    assert '<span class="chip chip--warn">Interrupted</span>' in page
    assert "http-equiv" not in page


def test_say_what_went_wrong(cockpit):
    ran(outcome="failed", message="Segment 7: ValueError")

    page = cockpit().get(reverse("admin:job", args=["expire-points"])).content.decode()

    assert "Segment 7: ValueError" in page


def test_show_the_history_of_each(cockpit):
    ran(started_by="anna")
    ran(outcome="nothing", counts={}, times=58)
    ran("unlock-points", counts={"unlocked": 777})

    page = cockpit().get(reverse("admin:job", args=["expire-points"])).content.decode()

    assert "Nothing to do × 58" in page
    assert "anna" in page
    assert "777" not in page


def test_are_read_in_a_fixed_number_of_queries(cockpit, django_assert_max_num_queries):
    client = cockpit()
    for _ in range(20):
        ran()
        unfinished()

    with django_assert_max_num_queries(14), locks.alone("job:expire-points"):
        assert client.get(reverse("admin:job", args=["expire-points"])).status_code == 200
    with django_assert_max_num_queries(14), locks.alone("job:expire-points"):
        assert client.get(reverse("admin:jobs")).status_code == 200


def test_start_one_on_a_worker_and_write_down_who_did(cockpit, sent):
    answer = cockpit(username="anna").post(
        reverse("admin:job_start", args=["expire-points"]), follow=True
    )

    assert sent == [{"started_by": "anna"}]
    entry = AuditEntry.objects.get(event_type="StartJob")
    assert (entry.entity_type, entry.entity_id, entry.username) == ("Job", "expire-points", "anna")
    assert "a worker was told to begin" in answer.content.decode()
    assert answer.redirect_chain == [("/cockpit/jobs/?told", 302)]


def test_go_back_to_the_page_of_the_job(cockpit, sent):
    answer = cockpit().post(
        reverse("admin:job_start", args=["expire-points"]), {"from": "job"}, follow=True
    )

    assert answer.redirect_chain == [("/cockpit/jobs/expire-points/?told", 302)]


def test_start_none_without_a_broker(cockpit, monkeypatch):
    def silent(**_):
        raise OperationalError

    monkeypatch.setattr(jobs.get("expire-points").task, "apply_async", silent)

    answer = cockpit().post(reverse("admin:job_start", args=["expire-points"]), follow=True)

    assert "The message broker does not answer" in answer.content.decode()
    assert not AuditEntry.objects.filter(event_type="StartJob").exists()


@pytest.mark.parametrize(
    ("rights", "status"),
    [
        pytest.param(["SETTINGS:VIEW"], 200, id="view"),
        pytest.param(["CUSTOMER", "AUDIT"], 403, id="none"),
    ],
)
def test_are_shown_to_who_may_see_the_settings(cockpit, rights, status):
    client = cockpit(*rights)

    assert client.get(reverse("admin:jobs")).status_code == status
    assert client.get(reverse("admin:job", args=["expire-points"])).status_code == status


def test_are_started_by_who_may_change_the_settings_only(cockpit, sent):
    client = cockpit("SETTINGS:VIEW")

    assert "Start now" not in client.get(reverse("admin:jobs")).content.decode()
    answer = client.post(reverse("admin:job_start", args=["expire-points"]))

    assert answer.status_code == 403
    assert not sent
    assert not AuditEntry.objects.filter(event_type="StartJob").exists()


def test_are_not_started_by_looking(cockpit, sent):
    assert cockpit().get(reverse("admin:job_start", args=["expire-points"])).status_code == 405
    assert not sent


@pytest.mark.parametrize("name", ["admin:job", "admin:job_start"])
def test_that_there_are_not_are_not_found(cockpit, name):
    assert cockpit().post(reverse(name, args=["bake-bread"])).status_code == 404
