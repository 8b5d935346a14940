"""Customers choose rewards, use coupons and redeem points, on the portal's pages."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Coupon, RewardType
from campaigns.services import rewards
from campaigns.services.campaign_data import CampaignText
from tests.campaigns.conftest import STAFF, points_of
from tests.factories import CustomerFactory
from tests.factories.accounts import LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points


def text_of(response) -> str:
    return html.unescape(re.sub(r"[\s\xa0]+", " ", response.content.decode()))


def reward_url(campaign) -> str:
    return f"/portal/rewards/{campaign.uuid}/"


def coupon_url(coupon) -> str:
    return f"/portal/coupons/{coupon.uuid}/"


@pytest.fixture
def cup(alice):
    give_points(alice, 100)
    texts = {
        "en": CampaignText(name="Cup", usage_instruction="Show it **there**."),
        "pl": CampaignText(name="Kubek"),
    }
    return CampaignFactory(
        alice.store, translations=texts, coupons=("CUP-1", "CUP-2"), cost_in_points=Decimal(20)
    )


def buy(campaign, customer) -> Coupon:
    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
    return coupon


@pytest.mark.parametrize(
    "page", ["rewards", "coupons", "cashback", "rewards/0195f0de-0000-7000-8000-000000000001"]
)
def test_the_pages_need_a_sign_in(client, store, page):
    assert client.get(f"/portal/{page}/")["Location"] == "/portal/sign-in/"
    assert client.post(f"/portal/{page}/")["Location"] == "/portal/sign-in/"


def test_shows_what_can_be_had_and_what_is_missing(signed_in, alice, cup):
    """VIS-10, VIS-12."""
    CampaignFactory(alice.store, name="Dear", cost_in_points=Decimal("120.5"))
    CampaignFactory(alice.store, name="Hidden", is_active=False)

    page = signed_in.get("/portal/rewards/")

    assert [card.name for card in page.context["within_reach"]] == ["Cup"]
    [later] = page.context["later"]
    assert (later.name, later.reasons) == ("Dear", ["You need 20.5\N{NO-BREAK SPACE}points more."])


def test_leaves_out_what_is_over_and_what_is_for_others(signed_in, alice, cup):
    """VIS-3."""
    now = timezone.now()
    window = {"active_from": now - timedelta(days=2), "active_to": now - timedelta(days=1)}
    CampaignFactory(alice.store, name="Over", is_all_time_active=False, **window)
    gold = LevelFactory(alice.store, condition_value=999)
    others = CampaignFactory(alice.store, level=gold, name="Gold only")

    page = text_of(signed_in.get("/portal/rewards/"))

    assert "Over" not in page
    assert "Gold only" not in page
    assert signed_in.get(reward_url(others)).status_code == 404


def test_lists_rewards_in_as_many_queries_for_ten_as_for_two(signed_in, alice, cup):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            signed_in.get("/portal/rewards/")
        return len(queries)

    CampaignFactory(alice.store)
    few = count()
    for _ in range(8):
        CampaignFactory(alice.store)

    assert count() == few


def test_asks_before_it_sells(signed_in, alice, cup):
    page = text_of(signed_in.get(reward_url(cup)))

    assert "20 points" in page
    assert "80 points" in page
    assert not Coupon.objects.exists()


def test_buys_for_points_and_shows_the_code(signed_in, alice, cup):
    """BUY-1."""
    key = signed_in.get(reward_url(cup)).context["key"]

    answer = signed_in.post(reward_url(cup), {"key": key})

    coupon = Coupon.objects.get()
    page = signed_in.get(answer["Location"])
    [ticket] = page.context["ready"]
    assert answer["Location"] == f"/portal/coupons/?new={coupon.uuid}"
    assert points_of(alice) == Decimal(80)
    assert ticket.code == "CUP-1"
    assert ticket.picture.startswith("data:image/svg+xml")
    assert "Show it <strong>there</strong>." in page.content.decode()


def test_buys_once_what_is_sent_twice(signed_in, alice, cup):
    for _ in range(2):
        answer = signed_in.post(reward_url(cup), {"key": "one"})

    assert answer["Location"] == "/portal/coupons/"
    assert Coupon.objects.count() == 1
    assert points_of(alice) == Decimal(80)


def test_says_in_words_that_points_are_missing(signed_in, alice):
    dear = CampaignFactory(alice.store, cost_in_points=Decimal(5))

    answer = signed_in.post(reward_url(dear), {"key": "one"}, headers={"accept-language": "pl"})

    assert answer.status_code == 422
    assert "Masz na to za mało punktów." in text_of(answer)
    assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        pytest.param(RewardType.DISCOUNT_CODE, {"is_active": False}, id="switched-off"),
        pytest.param(RewardType.CASHBACK, {"coupons": None}, id="cashback"),
        pytest.param(RewardType.CUSTOM_CAMPAIGN_CODE, {"coupons": None}, id="custom"),
        pytest.param(RewardType.PERCENTAGE_DISCOUNT_CODE, {"coupons": None}, id="percentage"),
    ],
)
def test_sells_nothing_that_is_not_for_sale(signed_in, alice, type, fields):
    """BUY-3."""
    campaign = CampaignFactory(alice.store, type, **fields)

    assert signed_in.post(reward_url(campaign), {"key": "one"}).status_code == 404
    assert not Coupon.objects.exists()


def test_sells_nothing_of_another_store(signed_in, cup):
    elsewhere = CampaignFactory(cost_in_points=Decimal(0))

    assert signed_in.post(reward_url(elsewhere), {"key": "one"}).status_code == 404
    assert not Coupon.objects.exists()


def test_speaks_the_customers_language_of_coupons(signed_in, alice, cup):
    buy(cup, alice)

    page = text_of(signed_in.get("/portal/coupons/", headers={"accept-language": "pl"}))

    assert "Kubek" in page


def test_shows_no_code_that_does_not_work(signed_in, alice, cup):
    """CPN-5: not yet, or not any more."""
    soon = CampaignFactory(alice.store, coupons=("SOON-1",), days_inactive=3)
    buy(soon, alice)
    over = buy(cup, alice)
    Coupon.objects.filter(pk=over.pk).update(active_to=timezone.now() - timedelta(hours=1))

    page = signed_in.get("/portal/coupons/")

    assert not page.context["ready"]
    assert len(page.context["later"]) == len(page.context["over"]) == 1
    assert "SOON-1" not in page.content.decode()
    assert "CUP-1" not in page.content.decode()


def test_marks_a_coupon_as_used_after_asking(signed_in, alice, cup):
    """USE-4, USE-8."""
    coupon = buy(cup, alice)

    asked = signed_in.get(coupon_url(coupon)).status_code
    coupon.refresh_from_db()
    assert (asked, coupon.is_used) == (200, False)
    answer = signed_in.post(coupon_url(coupon))

    coupon.refresh_from_db()
    assert answer["Location"] == "/portal/coupons/?used"
    assert coupon.is_used


def test_marks_no_coupon_twice(signed_in, alice, cup):
    coupon = buy(cup, alice)
    signed_in.post(coupon_url(coupon))
    coupon.refresh_from_db()
    used_at = coupon.used_at

    answer = signed_in.post(coupon_url(coupon))

    coupon.refresh_from_db()
    assert answer.status_code == 422
    assert coupon.used_at == used_at


def test_knows_no_coupon_of_somebody_else(signed_in, alice, cup):
    bob = CustomerFactory(alice.store)
    give_points(bob, 20)
    coupon = buy(cup, bob)

    assert signed_in.get(coupon_url(coupon)).status_code == 404
    assert signed_in.post(coupon_url(coupon)).status_code == 404
    coupon.refresh_from_db()
    assert not coupon.is_used


@pytest.fixture
def money(alice):
    give_points(alice, 100)
    return CampaignFactory(
        alice.store, RewardType.CASHBACK, coupons=None, point_value=Decimal("0.05")
    )


def test_says_what_points_are_worth_before_it_redeems_them(signed_in, alice, money):
    """CSH-4."""
    page = signed_in.post("/portal/cashback/", {"points": "30,5"})

    assert page.context["quote"].reward_amount == Decimal("1.53")
    assert points_of(alice) == Decimal(100)
    assert not Coupon.objects.exists()


def test_redeems_points_for_money(signed_in, alice, money):
    """CSH-5."""
    sent = {"points": "40", "amount": "2.00", "key": "one", "confirmed": "1"}

    for _ in range(2):
        signed_in.post("/portal/cashback/", sent)

    assert points_of(alice) == Decimal(60)
    assert Coupon.objects.get().reward_amount == Decimal("2.00")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        pytest.param({"points": "many"}, "Please type how many points", id="no-number"),
        pytest.param({"points": "-5"}, "Please type how many points", id="below-zero"),
        pytest.param({"points": "NaN"}, "Please type how many points", id="not-finite"),
        pytest.param({"points": "101"}, "You do not have enough points", id="too-many"),
        pytest.param(
            {"points": "101", "amount": "5.05", "confirmed": "1"},
            "You do not have enough points",
            id="too-many-confirmed",
        ),
        pytest.param(
            {"points": "10", "amount": "9.99", "confirmed": "1"},
            "The worth of your points has changed",
            id="another-worth",
        ),
    ],
)
def test_redeems_nothing(signed_in, alice, money, sent, sentence):
    """CSH-5, CSH-6."""
    page = signed_in.post("/portal/cashback/", sent | {"key": "one"})

    assert page.status_code == 422
    assert sentence in text_of(page)
    assert points_of(alice) == Decimal(100)
    assert not Coupon.objects.exists()


def test_has_no_page_for_money_where_none_is_offered(signed_in, alice):
    assert signed_in.get("/portal/cashback/").status_code == 404
