"""The cockpit's screens of bought rewards …"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import CampaignTally, Coupon, CouponStatus, CustomerUsage, RewardType
from campaigns.services import coupons, rewards
from campaigns.services.coupons import Mark
from loyalty.core.models import AuditEntry
from tests.campaigns.conftest import STAFF
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points

LIST = "admin:campaigns_coupon_changelist"


def url(coupon, view="change"):
    return reverse(f"admin:campaigns_coupon_{view}", args=[coupon.pk])


@pytest.fixture
def alice(store):
    LevelFactory(store)
    alice = CustomerFactory(store, first_name="Alice", last_name="Wonder", email="al@example.com")
    give_points(alice, 100)
    return alice


@pytest.fixture
def cup(store, alice):
    campaign = CampaignFactory(
        store, RewardType.GIFT_CODE, name="Cup", coupons=("CUP-0001", "CUP-0002")
    )
    [coupon] = rewards.buy(campaign=campaign, customer=alice, actor=STAFF)
    coupon.refresh_from_db()
    return coupon


def used(coupon, store):
    mark = Mark(
        campaign_uuid=coupon.campaign.uuid,
        customer_uuid=coupon.customer.uuid,
        coupon_uuid=coupon.uuid,
        code=coupon.code,
        is_used=True,
    )
    coupons.mark(store=store, marks=[mark], actor=STAFF)
    coupon.refresh_from_db()
    return coupon


# The list


@pytest.fixture
def both(store, alice, cup):
    """A used cup of Alice's, and a ticket of Bob's that works in two days for three."""
    used(cup, store)
    bob = CustomerFactory(store, first_name="Bob", last_name="Builder")
    give_points(bob, 100)
    ticket = CampaignFactory(
        store,
        RewardType.EVENT_CODE,
        name="Ticket",
        coupons=("TICKET",),
        is_single_coupon=True,
        days_inactive=2,
        days_valid=3,
    )
    rewards.buy(campaign=ticket, customer=bob, actor=STAFF)
    return ["Cup", "Ticket"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("", ["Cup", "Ticket"], id="all"),
        pytest.param("q=CUP-0001", ["Cup"], id="code"),
        pytest.param("q=CUP-0002", [], id="free-code"),
        pytest.param("q=TICKET", ["Ticket"], id="shared-code"),
        pytest.param("q=wonder", ["Cup"], id="customer"),
        pytest.param("is_used__exact=1", ["Cup"], id="used"),
        pytest.param("status__exact=inactive", ["Ticket"], id="status"),
        pytest.param("delivery_status__exact=ordered", ["Cup"], id="delivery"),
        pytest.param("campaign_type__exact=event_code", ["Ticket"], id="type"),
        pytest.param("purchased_at_from=2999-01-01", [], id="bought-later"),
        pytest.param("used_at_from=2000-01-01", ["Cup"], id="used-since"),
        pytest.param("active_since_from=2000-01-01", ["Ticket"], id="works-since"),
        pytest.param("active_to_to=2999-01-01", ["Ticket"], id="valid-until"),
    ],
)
def test_list_finds(cockpit, both, query, names):
    page = cockpit().get(f"{reverse(LIST)}?{query}")

    assert sorted(row.campaign_name for row in page.context["cl"].result_list) == names


def test_list_finds_the_coupons_of_one_customer_and_one_reward(cockpit, both, cup):
    client = cockpit()

    for query in (
        f"customer__id__exact={cup.customer_id}",
        f"campaign__id__exact={cup.campaign_id}",
    ):
        page = client.get(f"{reverse(LIST)}?{query}")
        assert [row.campaign_name for row in page.context["cl"].result_list] == ["Cup"]


def test_list_masks_codes_and_names_nobody_without_the_rights(cockpit, cup):
    page = cockpit("REWARD_CAMPAIGN:VIEW").get(reverse(LIST)).content.decode()

    assert "CUP-0001" not in page
    assert "Alice Wonder" not in page


def test_list_finds_nobody_by_name_without_the_right(cockpit, cup):
    page = cockpit("REWARD_CAMPAIGN").get(f"{reverse(LIST)}?q=wonder")

    assert not page.context["cl"].result_list


def test_report_has_what_the_list_has(cockpit, both):
    """RPT-1: its header as it was."""
    answer = cockpit().get(f"{reverse('admin:campaigns_coupon_csv')}?is_used__exact=1")

    header, row = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert header.startswith("0.Name,1.Date,2.Cost,3.Tax value,4.email")
    assert row.startswith("Cup,")
    assert row.endswith(",1")
    assert "al@example.com" in row
    assert answer["Content-Disposition"].startswith('attachment; filename="redeemed-rewards-report')


@pytest.mark.parametrize("right", ["REWARD_CAMPAIGN", "CUSTOMER"])
def test_report_needs_both_rights(cockpit, cup, right):
    assert cockpit(right).get(reverse("admin:campaigns_coupon_csv")).status_code == 403


def test_answer_a_filter_that_they_do_not_have_with_the_list(cockpit, alice):
    answer = cockpit().get(f"{reverse('admin:campaigns_coupon_csv')}?utm_source=mail")

    assert answer.url.startswith(reverse(LIST))


# One coupon


def test_page_tells_who_bought_it_as_they_were(cockpit, cup, alice):
    """BUY-10."""
    alice.email = "later@example.com"
    alice.save(update_fields=["email"])

    page = cockpit().get(url(cup)).content.decode()

    assert "CUP-0001" in page
    assert "al@example.com" in page


def test_page_masks_the_code_for_who_may_only_view(cockpit, cup):
    page = cockpit("REWARD_CAMPAIGN:VIEW").get(url(cup)).content.decode()

    assert "CUP-0001" not in page
    assert "Alice" not in page
    assert url(cup, "use") not in page


def test_page_names_the_coupon_without_its_code(cockpit, cup):
    """The history, too, is open to who may only view."""
    page = cockpit("REWARD_CAMPAIGN:VIEW").get(url(cup, "history")).content.decode()

    assert "CUP-0001" not in page


def test_marks_a_coupon_as_used_and_takes_that_back(cockpit, cup):
    """USE-4, USE-5, USE-8."""
    client = cockpit()

    client.post(url(cup, "use"))
    cup.refresh_from_db()
    assert (cup.is_used, cup.delivery_status) == (True, "ordered")
    client.post(url(cup, "use"))

    cup.refresh_from_db()
    assert (cup.is_used, cup.used_at) == (False, None)
    events = AuditEntry.objects.filter(entity_type="Coupon").order_by("pk")
    assert [entry.event_type for entry in events] == ["UseCoupon", "UnuseCoupon"]


def test_says_in_words_that_a_coupon_is_over(cockpit, cup):
    Coupon.objects.filter(pk=cup.pk).update(active_to=timezone.now() - timedelta(days=1))

    answer = cockpit().post(url(cup, "use"), follow=True)

    cup.refresh_from_db()
    assert "This coupon cannot be used." in answer.content.decode()
    assert not cup.is_used


@pytest.mark.parametrize("status", ["shipped", "delivered", "canceled", ""])
def test_changes_the_delivery(cockpit, cup, store, status):
    """DEL-1, DEL-3."""
    used(cup, store)

    cockpit().post(url(cup, "delivery"), {"status": status})

    cup.refresh_from_db()
    assert cup.delivery_status == status


def test_knows_no_other_delivery(cockpit, cup):
    """DEL-2."""
    page = cockpit().post(url(cup, "delivery"), {"status": "lost"})

    cup.refresh_from_db()
    assert page.status_code == 200
    assert cup.delivery_status == ""


@pytest.mark.parametrize(
    ("chosen", "free", "counted"),
    [
        pytest.param({}, 1, 1, id="nothing-freed"),
        pytest.param({"frees_code": "on"}, 2, 1, id="code"),
        pytest.param({"frees_limit": "on"}, 1, 0, id="limit"),
        pytest.param({"frees_code": "on", "frees_limit": "on"}, 2, 0, id="both"),
    ],
)
def test_cancels_and_frees_what_is_ticked(cockpit, cup, chosen, free, counted):
    """LIM-1."""
    page = cockpit().post(url(cup, "cancel"), chosen, follow=True)

    assert f"{cup} is cancelled." in page.content.decode()
    cup.refresh_from_db()
    assert cup.status == CouponStatus.CANCELLED
    assert cup.campaign.codes.filter(is_issued=False).count() == free
    assert CustomerUsage.objects.get().used == counted
    assert sum(CampaignTally.objects.values_list("used", flat=True)) == counted
    assert Coupon.objects.get().cost_in_points == Decimal(10)


def test_cancels_no_used_coupon(cockpit, cup, store):
    used(cup, store)

    page = cockpit().post(url(cup, "cancel"), {"frees_code": "on"})

    cup.refresh_from_db()
    assert "This coupon was used, or cancelled before." in page.content.decode()
    assert cup.status == CouponStatus.ACTIVE


@pytest.mark.parametrize("view", ["use", "delivery", "cancel"])
def test_changes_nothing_for_who_may_only_view(cockpit, cup, view):
    answer = cockpit("REWARD_CAMPAIGN:VIEW").post(url(cup, view), {"status": "shipped"})

    cup.refresh_from_db()
    assert answer.status_code == 403
    assert (cup.is_used, cup.status, cup.delivery_status) == (False, "active", "")


@pytest.mark.parametrize("view", ["change", "use", "delivery", "cancel"])
def test_knows_no_coupon_of_another_store(cockpit, store, view):
    elsewhere = CampaignFactory(cost_in_points=Decimal(0))
    bob = CustomerFactory(elsewhere.store)
    [coupon] = rewards.buy(campaign=elsewhere, customer=bob, actor=STAFF)

    assert cockpit().get(url(coupon, view)).status_code == 404
