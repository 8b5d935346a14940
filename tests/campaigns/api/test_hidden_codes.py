"""Staff who may not change rewards see no more of a code than its end, wherever it is told."""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from accounts.models import Customer, Level, Resource
from campaigns.models import Coupon, RewardType
from campaigns.services import coupons, rewards
from loyalty.core import coupon_codes
from loyalty.core.actors import SYSTEM, Actor
from loyalty.core.exports import jobs, kinds
from loyalty.core.exports.jobs import Asked
from loyalty.core.exports.writing import Format
from loyalty.core.imports import drafts, running
from loyalty.core.imports import kinds as import_kinds
from loyalty.core.models import Event, Store
from tests.campaigns.conftest import STAFF
from tests.factories.campaigns import CampaignFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

CODE, FREE = "SUMMER-4F2K-99X", "WINTER-77AA-11Q"
ALL = tuple(f"{resource.value}:VIEW" for resource in Resource)
VERA = replace(
    STAFF,
    is_super=False,
    permissions={name.partition(":")[0]: frozenset({"VIEW"}) for name in ALL},
)


@pytest.fixture
def bought(shop: Store, entry: Level, alice: Customer) -> Coupon:
    campaign = CampaignFactory(
        shop, RewardType.GIFT_CODE, level=entry, name="Mug", coupons=(CODE, FREE)
    )
    [coupon] = rewards.buy(campaign=campaign, customer=alice, actor=SYSTEM)
    mark = coupons.Mark(
        campaign_uuid=campaign.uuid,
        customer_uuid=alice.uuid,
        coupon_uuid=coupon.uuid,
        code=CODE,
        is_used=True,
    )
    coupons.mark(store=shop, marks=[mark], actor=STAFF)
    coupons.mark(store=shop, marks=[replace(mark, is_used=False)], actor=STAFF)
    coupons.cancel(store=shop, coupon_uuid=coupon.uuid, actor=STAFF, frees_code=True)
    return Coupon.objects.select_related("campaign", "customer").get(pk=coupon.pk)


def addresses(coupon: Coupon) -> dict[str, str]:
    customer, campaign = coupon.customer.uuid, coupon.campaign.uuid
    return {
        "bought": "SHOP/campaign/bought",
        "of-customer": f"SHOP/admin/customer/{customer}/campaign/bought",
        "details": f"SHOP/admin/customer/{customer}/campaign/bought?includeDetails=1",
        "audience": f"SHOP/campaign/{campaign}/customers/visible",
        "transfers": "SHOP/points/transfer",
        "history": f"SHOP/admin/customer/{customer}/history",
        "customer": f"SHOP/customer/{customer}",
        "customers": "SHOP/admin/customer",
        "data": f"SHOP/customer/{customer}/data",
        "events": "event?perPage=1000",
        "event": f"event/{Event.objects.get(type='points.spent').pk}",
    }


NAMES = [
    "bought",
    "of-customer",
    "details",
    "audience",
    "transfers",
    "history",
    "data",
    "customer",
    "customers",
    "events",
    "event",
]


@pytest.mark.parametrize("name", NAMES)
def test_shows_the_end_alone(bought: Coupon, name: str) -> None:
    client = ApiClient(StaffFactory(*ALL))

    answer = client.get(addresses(bought)[name])

    text = answer.content.decode()
    assert answer.status_code == 200
    assert CODE not in text
    assert FREE not in text
    assert "99X" in text


@pytest.mark.parametrize("name", NAMES)
def test_shows_all_to_who_may_change_rewards(bought: Coupon, sam: ApiClient, name: str) -> None:
    assert CODE in sam.get(addresses(bought)[name]).content.decode()


@pytest.mark.parametrize("path", ["SHOP/campaign", "SHOP/campaign/{id}"])
def test_keeps_the_key_of_a_pool_empty(bought: Coupon, viewer: ApiClient, path: str) -> None:
    """VIS-16, for staff, too."""
    answer = viewer.get(path.format(id=bought.campaign.uuid)).data

    document = answer["campaigns"][0] if "campaigns" in answer else answer
    assert (document["coupons"], document["couponsCount"]) == ([], 2)


def test_shows_customers_and_sellers_the_customers_own(
    bought: Coupon, app: ApiClient, mona: ApiClient
) -> None:
    """VIS-16: their own codes, and none of the pool."""
    customer = bought.customer.uuid
    for client, path in (
        (app, "SHOP/customer/campaign/bought?includeDetails=1"),
        (mona, f"SHOP/seller/customer/{customer}/campaign/bought?includeDetails=1"),
    ):
        text = client.get(path).content.decode()
        assert CODE in text
        assert FREE not in text


TELLING = {"bought-rewards", "codes", "points-transfers", "postings", "events"}


@pytest.mark.parametrize("kind", sorted(kind.name for kind in kinds.list_all()))
def test_files_hide_them_too(bought: Coupon, shop: Store, kind: str) -> None:
    text = exported(shop, kind, VERA)

    assert CODE not in text
    assert FREE not in text
    assert ("99X" in text) == (kind in TELLING)


@pytest.mark.parametrize("kind", ["bought-rewards", "codes", "events"])
def test_files_hold_them_for_who_may_change_rewards(bought: Coupon, shop: Store, kind: str) -> None:
    assert CODE in exported(shop, kind, STAFF)


@pytest.mark.parametrize("path", ["core/event/", "core/event/{id}/change/", "core/auditentry/"])
@pytest.mark.parametrize("is_editor", [False, True])
def test_the_cockpits_events_hide_them_too(bought: Coupon, path: str, is_editor: bool) -> None:
    client = Client()
    client.force_login(StaffFactory() if is_editor else StaffFactory(*ALL))
    client.post(f"/cockpit/store/{bought.store.code}/")

    spent = Event.objects.get(type="points.spent")
    page = client.get(f"/cockpit/{path.format(id=spent.pk)}", follow=True)

    assert page.status_code == 200
    assert (CODE in page.content.decode()) == (is_editor and "change" in path)


def test_kept_webhooks_hide_them_too() -> None:
    body = json.dumps([{"coupon": CODE, "points": 3, "comment": f"Mug, coupon: {CODE}"}])

    assert coupon_codes.body_for(STAFF, body)[0]["coupon"] == CODE
    assert coupon_codes.body_for(VERA, body) == [
        {"coupon": "••••99X", "points": 3, "comment": "Mug, coupon: ••••99X"}
    ]


@pytest.mark.parametrize(
    ("maker", "reader", "is_given"),
    [
        pytest.param(STAFF, VERA, False, id="whole-for-a-viewer"),
        pytest.param(VERA, VERA, True, id="hidden-for-a-viewer"),
        pytest.param(VERA, STAFF, True, id="hidden-for-an-editor"),
        pytest.param(STAFF, STAFF, True, id="whole-for-an-editor"),
        pytest.param(STAFF, replace(STAFF, store_ids=frozenset({1})), False, id="of-more-stores"),
    ],
)
def test_a_finished_file_is_for_who_sees_as_much_as_its_maker(
    bought: Coupon, shop: Store, maker: Actor, reader: Actor, is_given: bool
) -> None:
    kind = kinds.get("codes")
    assert kind is not None
    job = jobs.start(Asked(kind, Format.CSV, shop, maker, jobs.parse_query("")))
    jobs.run(job.pk)
    job.refresh_from_db()

    assert (jobs.to_json(job, reader)["downloadUrl"] is not None) == is_given


@pytest.mark.parametrize("path", ["rows", "refused"])
def test_rows_of_a_file_of_codes_are_for_who_may_bring_them_in(
    bought: Coupon, shop: Store, sam: ApiClient, viewer: ApiClient, path: str
) -> None:
    kind = import_kinds.get("coupon-codes")
    assert kind is not None
    file = BytesIO(f"campaignName;code\nMug;{FREE}\n".encode())
    kept = drafts.keep(store=shop, kind=kind, file=file, name="codes", actor=STAFF)
    job = drafts.start(job=kept, actor=STAFF)
    running.run(job.pk)

    address = f"SHOP/admin/import/{job.uuid}"
    assert viewer.get(address).data["totalDuplicates"] == 1
    assert viewer.get(f"{address}/{path}").status_code == 403
    answer = sam.get(f"{address}/{path}")
    assert FREE in b"".join(answer).decode()


def exported(store: Store, kind: str, actor: Any) -> str:
    found = kinds.get(kind)
    assert found is not None
    asked = Asked(found, Format.CSV, store, actor, jobs.parse_query(""))
    return b"".join(jobs.pieces(asked)).decode()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        pytest.param("", "", id="none"),
        pytest.param("12", "••••", id="short"),
        pytest.param("ABCDEF", "••••", id="half-would-be-told"),
        pytest.param("ABCDEFG", "••••EFG", id="end"),
    ],
)
def test_tells_little_of_a_code(code: str, shown: str) -> None:
    assert coupon_codes.hidden(code) == shown


def test_leaves_other_comments_alone() -> None:
    assert coupon_codes.hidden_in("For a friend") == "For a friend"
    assert coupon_codes.hidden_in("Mug, coupon: ABCDEFG") == "Mug, coupon: ••••EFG"
