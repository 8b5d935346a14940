"""Points become money (§6.1)."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.ledger.errors import InvalidAmount
from accounts.ledger.models import Posting
from accounts.models import CustomerStatus
from campaigns import providers
from campaigns.models import Coupon
from campaigns.services import cashback, coupons, refusals
from loyalty.core import clock
from loyalty.core.errors import NotFound
from loyalty.core.models import AuditEntry, Event
from tests.campaigns.conftest import STAFF, acting, points_of
from tests.factories.accounts import LevelFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.core import StoreFactory

PAYTM = providers.PROVIDERS["paytm"]


def open_cashback(customer, value, **fields):
    level = fields.pop("level", customer.level)
    return CampaignFactory(
        customer.store, "cashback", level=level, point_value=Decimal(value), **fields
    )


def quote(customer, points, **options):
    return cashback.simulate(customer=customer, points=Decimal(points), **options)


def redeem(customer, points, **options):
    options = {"actor": STAFF} | options
    return cashback.redeem(customer=customer, points=Decimal(points), **options)


@pytest.mark.parametrize(
    ("points", "value", "amount"),
    [
        pytest.param("10", "3.00", "30.00", id="CSH-3-ten"),
        pytest.param("20", "2.00", "40.00", id="CSH-3-twenty"),
        pytest.param("5", "10.00", "50.00", id="CSH-8"),
        pytest.param("0.5", "0.01", "0.01", id="CSH-3-halves-up"),
        pytest.param("0", "3.00", "0.00", id="CSH-4-nothing"),
        pytest.param("1000", "1.00", "1000.00", id="CSH-4-beyond-the-balance"),
    ],
)
def test_what_points_are_worth(customer, points, value, amount):
    """CSH-3, CSH-4, CSH-8."""
    open_cashback(customer, value)

    found = quote(customer, points)

    assert (str(found.reward_amount), str(found.point_value)) == (amount, value)
    assert not Coupon.objects.exists()


def test_the_best_open_one_counts(customer):
    """CSH-1, CSH-2."""
    first = open_cashback(customer, 3)
    open_cashback(customer, 3)
    two = open_cashback(customer, 2)
    open_cashback(customer, 9, is_active=False)
    open_cashback(customer, 9, level=LevelFactory(customer.store, condition_value=9))
    past = clock.now() - timedelta(days=1)
    window = {"is_all_time_active": False, "active_from": past, "active_to": past}
    closed = open_cashback(customer, 9, **window)

    assert quote(customer, 1).campaign == first
    assert quote(customer, 1, campaign_uuid=two.uuid).campaign == two
    for uuid in (closed.uuid, uuid4()):
        with pytest.raises(cashback.CashbackNotAvailable):
            quote(customer, 1, campaign_uuid=uuid)


def test_redeeming_spends_the_points(customer):
    """CSH-5, CPN-6, BUY-9."""
    campaign = open_cashback(customer, 2, name="Money")

    found, coupon = redeem(customer, 20, actor=acting(customer))

    assert found.reward_amount == 40
    assert points_of(customer) == 80
    stored = Coupon.objects.get(pk=coupon.pk)
    assert (stored.code, stored.cost_in_points, stored.status) == ("", 20, "active")
    assert (stored.active_since, stored.active_to) == (None, None)
    assert (stored.reward_amount, stored.campaign_id) == (40, campaign.pk)
    assert Posting.objects.get(uuid=stored.posting_uuid).comment == "Money, cashback"


@pytest.mark.parametrize(
    ("points", "options", "refusal"),
    [
        pytest.param(101, {}, refusals.NotEnoughPoints, id="CSH-5-points"),
        pytest.param(0, {}, cashback.InvalidPoints, id="CSH-5-nothing"),
        pytest.param("10.555", {}, InvalidAmount, id="PA-22"),
        pytest.param(
            10, {"point_value": Decimal(3)}, cashback.CashbackNotValid, id="CSH-6-point-value"
        ),
        pytest.param(
            10, {"reward_amount": Decimal(21)}, cashback.CashbackNotValid, id="CSH-6-amount"
        ),
    ],
)
def test_refusals_change_nothing(customer, points, options, refusal):
    """CSH-5, CSH-6."""
    open_cashback(customer, 2)

    with pytest.raises(refusal):
        redeem(customer, points, **options)

    assert points_of(customer) == 100
    assert not Coupon.objects.exists()


def test_what_was_shown_may_be_checked(customer):
    """CSH-6."""
    open_cashback(customer, 2)

    found, _ = redeem(customer, 10, point_value=Decimal("2.00"), reward_amount=Decimal(20))

    assert found.reward_amount == 20


def test_customers_of_other_statuses_get_no_money(customer):
    """BUY-7."""
    open_cashback(customer, 2)
    customer.status = CustomerStatus.BLOCKED
    customer.save(update_fields=["status"])

    with pytest.raises(refusals.NotAllowed):
        redeem(customer, 10)

    assert points_of(customer) == 100


def answer(customer, coupon, status):
    body = {
        "type": "GRATIFICATION",
        "requestGuid": "r-1",
        "orderId": f"{customer.uuid}_{coupon.uuid}",
        "status": status,
        "statusCode": "GE_1",
        "statusMessage": "told",
    }
    raw = json.dumps(body).encode()
    return PAYTM.read(raw, PAYTM.sign(raw, "s3cret"))


@pytest.fixture(autouse=True)
def secret(settings):
    settings.CASHBACK_SECRETS = {"paytm": "s3cret"}


@pytest.fixture
def waiting(customer):
    open_cashback(customer, 2, cashback_provider="paytm")
    _, coupon = redeem(customer, 20)
    return coupon


def settle(customer, coupon, status):
    given = answer(customer, coupon, status)
    return cashback.settle_payout(store=customer.store, provider="paytm", answer=given)


def test_a_payout_that_went_well(customer, waiting):
    """CSH-7."""
    assert waiting.payout_status == "requested"

    settle(customer, waiting, "PENDING")
    settle(customer, waiting, "SUCCESS")
    settle(customer, waiting, "FAILURE")

    waiting.refresh_from_db()
    assert (waiting.payout_status, waiting.payout_message) == ("paid", "told")
    assert points_of(customer) == 80
    assert Event.objects.filter(type="campaign.cashback_status_changed").count() == 1


def test_a_payout_that_failed_gives_the_points_back(customer, waiting):
    """CSH-7: once, however often the provider says so."""
    settle(customer, waiting, "FAILURE")
    settle(customer, waiting, "FAILURE")

    waiting.refresh_from_db()
    assert (waiting.payout_status, waiting.status) == ("failed", "cancelled")
    assert points_of(customer) == 100


def cancel(coupon):
    return coupons.cancel(store=coupon.store, coupon_uuid=coupon.uuid, actor=STAFF)


def test_a_cancelled_cashback_is_not_paid_out(customer, waiting):
    """CSH-7: a late failure gives nothing back, either: what comes back is up to who cancelled."""
    cancel(waiting)
    settle(customer, waiting, "FAILURE")

    waiting.refresh_from_db()
    assert (waiting.payout_status, waiting.status) == ("cancelled", "cancelled")
    assert points_of(customer) == 80
    [fact] = Event.objects.filter(type="campaign.cashback_status_changed")
    assert fact.payload["status"] == "cancelled"


def test_a_cashback_that_was_paid_although_it_was_cancelled_says_so(customer, waiting):
    """CSH-7: the provider may have been asked before."""
    cancel(waiting)
    settle(customer, waiting, "SUCCESS")

    waiting.refresh_from_db()
    assert (waiting.payout_status, waiting.status) == ("paid", "cancelled")


def test_a_cashback_that_was_paid_is_not_cancelled(customer, waiting):
    settle(customer, waiting, "SUCCESS")

    with pytest.raises(coupons.NotCancellable):
        cancel(waiting)

    waiting.refresh_from_db()
    assert (waiting.payout_status, waiting.status) == ("paid", "active")


def test_nobody_else_is_believed(customer, waiting, settings):
    """CSH-7: the signature is verified; without a secret nothing is believed."""
    body = json.dumps({"orderId": f"{customer.uuid}_{waiting.uuid}", "status": "SUCCESS"}).encode()

    with pytest.raises(providers.SignatureRefused):
        PAYTM.read(body, PAYTM.sign(body, "other"))
    with pytest.raises(providers.SignatureRefused):
        PAYTM.read(body + b" ", PAYTM.sign(body, "s3cret"))
    settings.CASHBACK_SECRETS = {"paytm": ""}
    with pytest.raises(providers.SignatureRefused):
        PAYTM.read(body, PAYTM.sign(body, ""))
    settings.CASHBACK_SECRETS = {"paytm": "s3cret"}
    with pytest.raises(providers.MalformedAnswer):
        PAYTM.read(b"[]", PAYTM.sign(b"[]", "s3cret"))


def test_another_store_knows_no_such_payout(customer, waiting):
    given = answer(customer, waiting, "FAILURE")

    with pytest.raises(NotFound):
        cashback.settle_payout(store=StoreFactory(), provider="paytm", answer=given)
    assert points_of(customer) == 80


def test_what_staff_redeem_for_a_customer_stands_in_the_trail(customer):
    """AUD-3."""
    campaign = open_cashback(customer, "0.5")

    _, coupon = redeem(customer, 20)

    entry = AuditEntry.objects.get(event_type="RedeemCashback")
    assert entry.entity_id == str(campaign.uuid)
    assert entry.data == {
        "customerId": str(customer.uuid),
        "coupon": str(coupon.uuid),
        "points": "20",
        "rewardAmount": "10",
    }


def test_what_customers_redeem_themselves_does_not(customer):
    open_cashback(customer, "0.5")

    redeem(customer, 20, actor=acting(customer))

    assert not AuditEntry.objects.filter(event_type="RedeemCashback").exists()
