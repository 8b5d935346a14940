"""The cockpit's exports …"""

import pytest
from django.urls import reverse

from loyalty.core.exports import jobs
from loyalty.core.models import ExportJob, Store
from tests.factories.accounts import CustomerFactory

NEW = reverse("admin:export_new", args=["customers"])
LIST = reverse("admin:accounts_customer_changelist")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def people(store: Store) -> Store:
    for number in range(3):
        CustomerFactory(store, email=f"ann{number}@example.com")
    return store


def test_begin_at_a_list_with_its_filters(cockpit, people):
    shown = cockpit().get(f"{LIST}?q=ann1").content.decode()

    assert f'href="{NEW}?q=ann1"' in shown


def test_answer_a_short_list_at_once(cockpit, people):
    client = cockpit("CUSTOMER:VIEW")

    assert "1 rows" in " ".join(client.get(f"{NEW}?q=ann1").content.decode().split())
    answer = client.post(f"{NEW}?q=ann1", {"format": "jsonl"})

    assert b"ann1@example.com" in b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].endswith('.jsonl"')


@pytest.mark.parametrize("order", ["0", "-0", "-3.0"])
def test_come_in_the_order_that_the_list_shows(cockpit, people, order):
    client = cockpit()
    page = client.get(f"{LIST}?o={order}")
    shown = [row.email for row in page.context["cl"].result_list]
    [tool] = [each for each in page.context["list_tools"] if each.icon == "download"]

    answer = client.post(tool.url, {"format": "csv"})

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == shown
    assert len(shown) == 3


def test_lead_over_a_long_ones_progress_to_its_file(cockpit, people, monkeypatch):
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2)
    client = cockpit("CUSTOMER:VIEW")

    page = client.post(NEW, {"format": "xlsx"}).url

    assert 'http-equiv="refresh"' in client.get(page).content.decode()
    job = ExportJob.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    link = jobs.link_to(job).rpartition(":")[0].rpartition(":")[0]
    assert link in client.get(page).content.decode()
    assert page in client.get(reverse("admin:exports")).content.decode()


def test_need_the_right_of_the_list(cockpit, people):
    client = cockpit("POS:VIEW")
    bought = cockpit("REWARD_CAMPAIGN:VIEW")

    assert client.get(NEW).status_code == 403
    # It names people.
    assert bought.get(reverse("admin:export_new", args=["bought-rewards"])).status_code == 403
    assert (
        "exports/new"
        not in bought.get(reverse("admin:campaigns_coupon_changelist")).content.decode()
    )


def test_tell_of_filters_that_the_list_has_not(cockpit, people):
    answer = cockpit().get(f"{NEW}?nonsense=1", follow=True)

    assert "no such filter" in answer.content.decode()


@pytest.mark.parametrize("kind", ["nothing", "x-y"])
def test_know_their_lists(cockpit, people, kind):
    assert cockpit().get(reverse("admin:export_new", args=[kind])).status_code == 404
