"""Pools filled in the background over the API: our own. POOL-5."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Level
from campaigns.models import PoolJob, RewardCampaign, RewardType
from campaigns.services import pool_jobs
from loyalty.core.models import Store
from tests.factories.campaigns import CampaignFactory
from tests.support.api import ApiClient


@pytest.fixture
def campaign(shop: Store, entry: Level, settings: Any, tmp_path: Any) -> RewardCampaign:
    settings.MEDIA_ROOT = tmp_path
    return CampaignFactory(shop, level=entry, coupons=("one",))


def path(campaign: RewardCampaign, end: str) -> str:
    return f"SHOP/campaign/{campaign.uuid}/coupons/{end}"


def test_generates_codes(sam: ApiClient, campaign: RewardCampaign) -> None:
    answer = sam.post(path(campaign, "generate"), {"pattern": "SPRING-########%", "count": 25})
    pool_jobs.run_all()
    listed = sam.get(path(campaign, "jobs"))

    [job] = listed.data["jobs"]
    assert answer.status_code == 200, answer.data
    assert (answer.data["status"], answer.data["total"]) == ("waiting", 25)
    assert (job["jobId"], job["status"], job["added"]) == (answer.data["jobId"], "done", 25)
    assert campaign.codes.filter(code__startswith="SPRING-").count() == 25


def test_loads_a_file(sam: ApiClient, campaign: RewardCampaign) -> None:
    """POOL-5: parted by semicolons or line ends, merged with what is there."""
    file = SimpleUploadedFile("codes.txt", b"two;three\none\r\n", "text/plain")

    answer = sam.http.post(f"/api/{path(campaign, 'file')}", {"coupons[file]": file}, **sam.headers)
    pool_jobs.run_all()

    assert answer.status_code == 200
    assert set(campaign.codes.values_list("code", flat=True)) == {"one", "two", "three"}


@pytest.mark.parametrize(
    "body",
    [
        {"pattern": "SPRING", "count": 5},
        {"pattern": "########", "count": 0},
        {"pattern": "########"},
        {},
    ],
)
def test_generates_nothing(sam: ApiClient, campaign: RewardCampaign, body: Any) -> None:
    assert sam.post(path(campaign, "generate"), body).status_code == 400
    assert not PoolJob.objects.exists()


def test_generates_nothing_where_there_is_no_pool(
    sam: ApiClient, shop: Store, entry: Level
) -> None:
    cashback = CampaignFactory(shop, RewardType.CASHBACK, level=entry)

    answer = sam.post(path(cashback, "generate"), {"pattern": "########", "count": 1})

    assert answer.status_code == 400
    assert not PoolJob.objects.exists()
