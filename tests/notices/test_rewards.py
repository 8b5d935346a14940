"""Rewards: staff and customers are told …"""

from decimal import Decimal

import pytest
from django.core import mail

from accounts.models import PushToken
from campaigns.models import CampaignPush, PushStart, RewardCampaign
from campaigns.services import cashback, coupon_jobs, coupons, pushes, rewards
from loyalty.core import clock
from loyalty.core.actors import SYSTEM
from loyalty.core.messages import catalogue, senders, templates
from loyalty.core.messages.templates import Changes
from loyalty.core.models import Event
from tests.campaigns.conftest import STAFF
from tests.factories import CustomerFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.transactions import SaleFactory
from tests.support.messages import deliver, states
from transactions.services import labels
from transactions.services.documents import Label

pytestmark = pytest.mark.django_db
ADDRESS = {"street": "Long", "address1": "7", "postal": "80-001", "city": "Gdynia"}


def to_staff(store, occasion):
    """Have staff told of it."""
    [message] = templates.list_for(store, occasion)
    templates.change(
        message=message,
        changes=Changes(receivers="office@example.com", is_enabled=True),
        actor=SYSTEM,
    )


def latest(type):
    return Event.objects.filter(type=type).latest("pk")


@pytest.fixture
def buyer(store):
    customer = CustomerFactory(store, first_name="Alice", address=ADDRESS)
    give_points(customer, 100)
    return customer


def test_of_a_used_reward_that_is_to_be_sent(store, buyer):
    """USE-9."""
    to_staff(store, catalogue.REWARD_USED)
    campaign = CampaignFactory(store, "gift_code", name="Mug", has_fulfillment_tracking=True)
    [coupon] = rewards.buy(campaign=campaign, customer=buyer, actor=STAFF)
    mark = coupons.Mark(
        campaign_uuid=campaign.uuid,
        customer_uuid=buyer.uuid,
        coupon_uuid=coupon.uuid,
        code=coupon.code,
        is_used=True,
    )
    coupons.mark(store=store, marks=[mark], actor=STAFF)

    assert deliver(latest("campaign.reward_redeemed")) == 1

    [letter] = mail.outbox
    assert letter.to == ["office@example.com"]
    for said in ("Mug", "Alice", "Long", "Gdynia"):
        assert said in letter.body


def test_of_money_that_a_customer_wants(store, buyer):
    """CSH-5."""
    to_staff(store, catalogue.CASHBACK_REQUESTED)
    CampaignFactory(store, "cashback", point_value=Decimal(2))
    cashback.redeem(customer=buyer, points=Decimal(20), actor=STAFF)

    deliver(latest("campaign.bought"))

    [letter] = [letter for letter in mail.outbox if letter.to == ["office@example.com"]]
    assert "Alice" in letter.body
    assert "20" in letter.body
    assert "40.00" in letter.body


def test_of_a_pool_that_runs_out(store, buyer):
    """LIM-2: whoever is to load more codes, and nobody else."""
    to_staff(store, catalogue.POOL_LOW)
    CampaignFactory(store, name="Mug", coupons=("A", "B"), low_stock_threshold=3)
    coupon_jobs.alert_low_stock()

    assert deliver(latest("campaign.pool_low")) == 1

    [letter] = mail.outbox
    assert letter.to == ["office@example.com"]
    assert "only 2 codes are left of Mug" in letter.subject
    assert "below: 3" in letter.body


def test_of_a_reward_that_has_become_available(store, buyer, monkeypatch):
    """PSH-1, PSH-2: one push to each of the customer's devices."""
    sent = []
    monkeypatch.setattr(senders.ToFiles, "send", lambda self, parcel: sent.append(parcel))
    for device in ("phone", "tablet"):
        PushToken.objects.create(customer=buyer, token=device, created_at=clock.now())
    PushStart.objects.create(store=store, started_at=clock.now())
    campaign = CampaignFactory(store, name="Mug")
    RewardCampaign.objects.update(push_notification_text="A mug for you")
    pushes.push_new()

    deliver(latest("campaign.became_available"))

    assert [(one.address, one.title, one.text) for one in sent] == [
        ("phone", "Mug", "A mug for you"),
        ("tablet", "Mug", "A mug for you"),
    ]
    assert CampaignPush.objects.get().campaign_id == campaign.pk


def test_of_labels_that_were_added_to_a_purchase(store, buyer):
    """ER-3."""
    sale = SaleFactory(buyer, 10)
    [message] = templates.list_for(store, catalogue.LABELS_APPENDED)
    templates.change(message=message, changes=Changes(is_enabled=True), actor=SYSTEM)
    label = (Label("a", "1"),)
    labels.append(document=sale, labels=label, actor=SYSTEM)
    assert deliver(latest("transaction.labels_changed")) == 1
    labels.remove(document=sale, labels=label, actor=SYSTEM)

    deliver(latest("transaction.labels_changed"))

    assert [line[0] for line in states()] == ["labels_were_appended"]
