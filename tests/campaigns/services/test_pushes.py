"""Customers with a device are told of rewards that become available to them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import PushToken, Segment, SegmentMembership
from campaigns.models import CampaignPush, RewardCampaign
from campaigns.services import pushes
from loyalty.core.models import Event
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def owner(store, **fields):
    """A customer with a device."""
    customer = CustomerFactory(store, **fields)
    PushToken.objects.create(customer=customer, token="device-1", created_at=NOW)
    return customer


def news(store, **fields):
    campaign = CampaignFactory(store, **fields)
    text = fields.get("push_notification_text", "Try it")
    RewardCampaign.objects.filter(pk=campaign.pk).update(push_notification_text=text)
    return campaign


def told():
    facts = Event.objects.filter(type="campaign.became_available").order_by("pk")
    return [(fact.customer_id, fact.payload["campaignId"]) for fact in facts]


@pytest.fixture
def started(store):
    """A store whose first look is over."""
    pushes.push_new(NOW - HOUR)
    return store


def test_each_is_told_once_of_each_reward(started):
    """PSH-1: never twice, however often it runs."""
    alice, _without_device = owner(started), CustomerFactory(started)
    first, second = news(started), news(started)

    assert pushes.push_new(NOW) == 2
    assert pushes.push_new(NOW + HOUR) == 0

    assert told() == [(alice.pk, str(first.uuid)), (alice.pk, str(second.uuid))]


def test_the_first_run_only_notes_who_is_meant(store):
    """PSH-1: nobody hears of rewards that are there for years."""
    alice = owner(store)
    old = news(store)

    assert pushes.push_new(NOW) == 0
    assert told() == []
    assert CampaignPush.objects.get().customer_id == alice.pk
    bob = owner(store)
    assert pushes.push_new(NOW + HOUR) == 1
    assert told() == [(bob.pk, str(old.uuid))]


def test_who_comes_into_the_audience_is_told(started):
    """PSH-1: by level or segment."""
    alice, bob = owner(started), owner(started)
    gold = LevelFactory(started, condition_value=9)
    club = Segment.objects.create(store=started, name="Club", is_active=True)
    campaign = news(started, levels=(str(gold.uuid),), segments=(str(club.uuid),))
    assert pushes.push_new(NOW) == 0

    alice.level = gold
    alice.save(update_fields=["level"])
    SegmentMembership.objects.create(segment=club, customer=bob, since=NOW)

    assert pushes.push_new(NOW + HOUR) == 2
    assert told() == [(alice.pk, str(campaign.uuid)), (bob.pk, str(campaign.uuid))]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"is_active": False}, id="PSH-1-switched-off"),
        pytest.param({"push_notification_text": ""}, id="PSH-1-without-text"),
        pytest.param(
            {
                "is_all_time_visible": False,
                "visible_from": NOW + HOUR,
                "visible_to": NOW + 2 * HOUR,
            },
            id="PSH-1-hidden",
        ),
        pytest.param({"type": "cashback"}, id="PSH-1-never-visible"),
    ],
)
def test_not_of_rewards_that_nobody_sees(started, fields):
    owner(started)
    news(started, **fields)

    assert pushes.push_new(NOW) == 0

    assert (told(), CampaignPush.objects.count()) == ([], 0)


def test_not_customers_who_are_blocked(started):
    owner(started, status="blocked")
    news(started)

    assert pushes.push_new(NOW) == 0


def test_goes_on_by_chunks(started, monkeypatch):
    """PSH-1."""
    monkeypatch.setattr(pushes, "CHUNK", 2)
    owners = [owner(started) for _ in range(5)]
    news(started)

    assert pushes.push_new(timezone.now()) == 5

    assert [customer for customer, _ in told()] == [each.pk for each in owners]
