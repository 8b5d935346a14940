"""What a customer can have, and in words why not (§2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from accounts.models import CustomerStatus, Segment, SegmentMembership
from campaigns.models import CampaignCategory
from campaigns.selectors import audience, availability, reasons
from campaigns.selectors import campaigns as lists
from campaigns.selectors.campaigns import Filters
from campaigns.services import rewards
from campaigns.services.campaign_data import CampaignText
from loyalty.core import clock
from tests.campaigns.conftest import STAFF
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def window(name, start, end):
    return {f"is_all_time_{name}": False, f"{name}_from": start, f"{name}_to": end}


@pytest.fixture
def gold(store):
    return LevelFactory(store, name="Gold")


@pytest.fixture
def silver(store):
    return LevelFactory(store, name="Silver", condition_value=50)


@pytest.fixture
def customer(store, gold):
    customer = CustomerFactory(store)
    give_points(customer, 80)
    return customer


def listed(customer, filters=lists.NO_FILTERS, *, now=None, **options):
    found = availability.list_available(customer, filters, now=now or clock.now(), **options)
    return {offer.campaign.name: offer for offer in found}


def test_the_worked_example(customer, store, gold, silver):
    """VIS-10, VIS-11, VIS-12, VIS-13."""
    now = clock.now()
    tomorrow = window("active", now + DAY, now + 2 * DAY)
    ended = window("visible", now - 2 * DAY, now - DAY)
    fifty = {"cost_in_points": Decimal(50), "level": gold}
    CampaignFactory(store, name="A", **fifty)
    CampaignFactory(store, name="B", **fifty, **tomorrow)
    CampaignFactory(store, name="C", **fifty, **ended)
    CampaignFactory(store, name="D", **fifty, is_active=False)
    CampaignFactory(store, name="E", cost_in_points=Decimal(50), level=silver)
    CampaignFactory(store, name="F", cost_in_points=Decimal(90), level=gold)

    found = listed(customer, now=now)

    assert {name: offer.can_be_bought for name, offer in found.items()} == {
        "A": True,
        "B": False,
        "F": False,
    }
    assert found["B"].will_be_active_from == now + DAY
    assert found["B"].will_be_active_to == now + 2 * DAY
    assert found["A"].will_be_active_from is None
    more = listed(customer, now=now, additional_points=Decimal(10))
    assert {name: offer.can_be_bought for name, offer in more.items()} == {
        "A": True,
        "B": False,
        "E": True,
        "F": True,
    }


@pytest.mark.parametrize(
    ("flag", "start", "end", "is_active"),
    [
        pytest.param(True, NOW, NOW + DAY, True, id="from-its-first-moment"),
        pytest.param(True, NOW - DAY, NOW, True, id="to-its-last-moment"),
        pytest.param(True, NOW + DAY, NOW + DAY, False, id="before"),
        pytest.param(True, NOW - DAY, NOW - DAY, False, id="after"),
        pytest.param(False, NOW - DAY, NOW + DAY, False, id="switched-off"),
    ],
)
def test_active(store, gold, flag, start, end, is_active):
    """VIS-1."""
    campaign = CampaignFactory(store, level=gold, is_active=flag, **window("active", start, end))

    assert campaign.is_active_at(NOW) is is_active
    found = lists.list_campaigns(store).active_at(NOW)
    assert list(found) == ([campaign] if is_active else [])


@pytest.mark.parametrize(
    ("type", "is_visible"),
    [
        pytest.param("gift_code", True, id="gift"),
        pytest.param("custom_campaign_code", True, id="custom"),
        pytest.param("cashback", False, id="cashback"),
        pytest.param("percentage_discount_code", False, id="percentage"),
    ],
)
def test_visible(store, gold, type, is_visible):
    """VIS-2."""
    campaign = CampaignFactory(store, type, level=gold)

    assert campaign.is_visible_at(NOW) is is_visible
    assert lists.list_campaigns(store).visible_at(NOW).exists() is is_visible


@pytest.mark.parametrize(
    ("is_member", "is_active", "is_listed"),
    [
        pytest.param(True, True, True, id="member"),
        pytest.param(False, True, False, id="no-member"),
        pytest.param(True, False, False, id="segment-switched-off"),
    ],
)
def test_members_of_a_segment_are_meant(customer, store, is_member, is_active, is_listed):
    """VIS-3, VIS-4."""
    segment = Segment.objects.create(store=store, name="Tea", is_active=is_active)
    if is_member:
        SegmentMembership.objects.create(customer=customer, segment=segment, since=NOW)
    campaign = CampaignFactory(store, levels=(), segments=(str(segment.uuid),), name="Tea")

    assert ("Tea" in listed(customer)) is is_listed
    assert reasons.is_targeted(campaign, customer) is is_listed
    assert list(audience.list_targeted(campaign)) == ([customer] if is_listed else [])
    assert audience.count_targeted(store, [campaign]) == {campaign.pk: int(is_listed)}


def test_everybody_meant_is_counted_once(customer, store, gold):
    """VIS-3: the union of levels and segments."""
    segment = Segment.objects.create(store=store, name="Tea", is_active=True)
    SegmentMembership.objects.create(customer=customer, segment=segment, since=NOW)
    campaign = CampaignFactory(store, level=gold, segments=(str(segment.uuid),))
    assert audience.count_targeted(store, [campaign]) == {campaign.pk: 1}
    assert audience.list_targeted(campaign).count() == 1


def test_used_up_rewards_are_not_listed(customer, store, gold):
    """VIS-10."""
    limit = {"is_unlimited": False, "limit": 5, "limit_per_user": 1}
    mine = CampaignFactory(store, level=gold, name="Mine", **limit)
    empty = CampaignFactory(store, level=gold, name="Empty", coupons=("A",))
    other = CustomerFactory(store)
    rewards.buy(campaign=mine, customer=customer, actor=STAFF)
    rewards.buy(campaign=empty, customer=other, actor=STAFF, without_points=True)

    assert listed(customer) == {}
    assert list(listed(other)) == ["Mine"]


def test_custom_rewards_are_listed_where_nothing_is_sold(customer, store, gold):
    """VIS-14, CUST-2: as what can be earned."""
    CampaignFactory(store, "custom_campaign_code", level=gold, name="Scan")

    assert list(listed(customer)) == ["Scan"]
    assert listed(customer, is_for_sale_only=True) == {}
    assert not listed(customer)["Scan"].can_be_bought


def test_filters_must_all_hold(customer, store, gold):
    """§2.3: several labels and several flags at once."""
    category = CampaignCategory.objects.create(store=store)
    CampaignFactory(
        store,
        level=gold,
        name="Both",
        labels=(("a", "1"), ("b", "2")),
        is_featured=True,
        is_public=True,
        categories=(str(category.uuid),),
        translations={"en": CampaignText(name="Both"), "pl": CampaignText(name="Oba")},
    )
    CampaignFactory(store, level=gold, name="One", labels=(("a", "1"),), is_featured=True)

    def names(**filters):
        return set(listed(customer, Filters(**filters)))

    assert names(labels=(("a", "1"),)) == {"Both", "One"}
    assert names(labels=(("a", "1"), ("b", None))) == {"Both"}
    assert names(labels=((None, "2"),)) == {"Both"}
    assert names(labels=(("a", "2"),)) == set()
    assert names(is_featured=True, is_public=True) == {"Both"}
    assert names(is_featured=True, is_public=False) == {"One"}
    assert names(categories=(category.uuid,)) == {"Both"}
    assert names(has_segment=True) == set()
    assert names(name="OB", locale="pl") == {"Both"}
    assert names(name="bot", locale="pl") == set()
    assert names(name="on", locale="pl") == {"One"}


def test_the_list_costs_few_queries(customer, store, gold, django_assert_num_queries):
    """VIS-10: as many queries for 2 rewards as for 20."""
    for _ in range(2):
        CampaignFactory(store, level=gold)
    with django_assert_num_queries(7):
        assert len(listed(customer)) == 2
    for _ in range(18):
        CampaignFactory(store, level=gold)
    with django_assert_num_queries(7):
        assert len(listed(customer)) == 20


def why(customer, campaign, now=None):
    found = reasons.why_not(campaign, customer, now=now or clock.now())
    return {reason.why.value: reason.text for reason in found}


def test_says_in_words_why_not(customer, store, gold, silver):
    """VIS-12: reasons that a customer can do something about."""
    now = clock.now()
    dear = CampaignFactory(store, level=gold, cost_in_points=Decimal("100.50"))
    assert why(customer, dear) == {"points": "You need 20.5 more points."}

    starts = datetime(2030, 6, 7, 10, tzinfo=UTC)
    later = CampaignFactory(store, level=gold, **window("active", starts, starts + DAY))
    assert why(customer, later).keys() == {"not_yet"}
    assert why(customer, later)["not_yet"].startswith("This reward starts on June 7, 2030")
    assert why(customer, later, now=starts + 2 * DAY).keys() >= {"over"}

    limit = {"is_unlimited": False, "limit": 2, "limit_per_user": 2}
    twice = CampaignFactory(store, level=gold, **limit)
    assert why(customer, twice) == {}
    rewards.buy(campaign=twice, customer=customer, actor=STAFF, quantity=2, without_points=True)
    assert why(customer, twice) == {
        "limit": "This reward was taken as often as it can be.",
        "limit_per_customer": "You have already taken this reward 2 times; more is not possible.",
    }
    with translation.override("pl"):
        assert why(customer, dear) == {"points": "Brakuje punktów: 20.5."}

    hidden = window("visible", now - 2 * DAY, now - DAY)
    others = CampaignFactory(store, level=silver, is_active=False, **hidden)
    assert why(customer, others).keys() == {"switched_off", "not_visible", "not_targeted"}
    customer.status = CustomerStatus.BLOCKED
    assert why(customer, dear).keys() == {"status", "points"}


def test_a_basket_counts_its_earlier_entries(customer, store, gold):
    """VAL-1, VAL-2, VAL-3: the worked example."""
    limit = {"is_unlimited": False, "limit": 9, "limit_per_user": 1}
    a = CampaignFactory(store, level=gold, cost_in_points=Decimal(40), **limit)
    b = CampaignFactory(store, level=gold, cost_in_points=Decimal(20))
    poor = CustomerFactory(store)
    give_points(poor, 10)

    found = availability.check_basket(
        poor, [a, a, b], additional_points=Decimal(100), now=clock.now()
    )

    assert found.is_left == (True, False, True)
    assert (found.is_all_left, found.is_balance_enough) == (False, True)
    dear = availability.check_basket(
        poor, [a, a, b], additional_points=Decimal(89), now=clock.now()
    )
    assert not dear.is_balance_enough


def test_public_rewards(store, gold):
    """VIS-2: flag on, public and visible."""
    shown = CampaignFactory(store, level=gold, is_public=True)
    CampaignFactory(store, level=gold)
    CampaignFactory(store, level=gold, is_public=True, is_active=False)

    assert list(lists.list_public(store, now=NOW)) == [shown]


def test_names_of_what_a_reward_names(customer, store, gold):
    """VIS-5."""
    campaign = CampaignFactory(store, level=gold)

    names = audience.get_names(store, [campaign])

    assert names.levels[gold.pk] == (str(gold.uuid), "Gold")
