"""Coupons in customers' hands: used, delivered, cancelled, expired (§5)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer
from campaigns.api.open_loyalty import webhooks
from campaigns.models import Coupon, CouponCode
from campaigns.selectors import bought, usage
from campaigns.services import coupon_jobs, coupons, rewards
from loyalty.core import clock
from loyalty.core.errors import NotFound
from loyalty.core.models import AuditEntry, Event
from tests.campaigns.conftest import SELLER, STAFF, acting, points_of
from tests.factories.accounts import CustomerFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.core import StoreFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NOW = clock.now() + DAY


def buy(customer, now=NOW, **fields) -> Coupon:
    campaign = CampaignFactory(customer.store, **fields)
    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=STAFF, now=now)
    return Coupon.objects.select_related("campaign", "customer").get(pk=coupon.pk)


def row(coupon, is_used=True, **changes):
    named = coupons.Mark(
        campaign_uuid=coupon.campaign.uuid,
        customer_uuid=coupon.customer.uuid,
        coupon_uuid=coupon.uuid,
        code=coupon.code,
        is_used=is_used,
    )
    return replace(named, **changes)


def mark(*marks, actor=STAFF, now=NOW):
    return coupons.mark(store=Coupon.objects.first().store, marks=marks, actor=actor, now=now)


def test_using_a_coupon(customer):
    """USE-2, USE-8."""
    coupon, sale = buy(customer), SaleFactory(customer).uuid

    [used] = mark(row(coupon, transaction_uuid=sale))

    coupon.refresh_from_db()
    assert used == coupon
    assert (coupon.is_used, coupon.used_at, coupon.delivery_status) == (True, NOW, "ordered")
    assert coupon.used_for_transaction_uuid == sale
    fact = Event.objects.get(type="campaign.usage_changed")
    assert (fact.customer_id, fact.payload["used"]) == (customer.pk, True)
    assert not Event.objects.filter(type="campaign.reward_redeemed").exists()


def test_tracked_rewards_tell_who_sends_them(customer):
    """USE-9."""
    coupon = buy(customer, type="gift_code", has_fulfillment_tracking=True)

    mark(row(coupon))

    assert Event.objects.filter(type="campaign.reward_redeemed").count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"campaign_uuid": uuid4()}, id="campaign"),
        pytest.param({"customer_uuid": uuid4()}, id="customer"),
        pytest.param({"coupon_uuid": uuid4()}, id="coupon"),
        pytest.param({"code": "other"}, id="code"),
    ],
)
def test_one_bad_row_refuses_the_whole_call(customer, changes):
    """USE-3, USE-4."""
    good, bad = buy(customer), buy(customer)

    with pytest.raises(NotFound):
        mark(row(good), row(bad, **changes))

    assert not Coupon.objects.filter(is_used=True).exists()


def test_a_coupon_is_used_once(customer):
    """USE-4, also within one call."""
    coupon = buy(customer)

    with pytest.raises(coupons.CannotBeUsed):
        mark(row(coupon), row(coupon))
    mark(row(coupon))
    with pytest.raises(coupons.CannotBeUsed):
        mark(row(coupon))


@pytest.mark.parametrize(
    ("fields", "later", "can"),
    [
        pytest.param({"days_inactive": 3}, 2 * DAY, False, id="waits"),
        pytest.param({"days_inactive": 3}, 3 * DAY, True, id="CPN-5-waited-before-the-job"),
        pytest.param({"days_valid": 10}, 10 * DAY - MINUTE, True, id="valid"),
        pytest.param({"days_valid": 10}, 10 * DAY, False, id="CPN-5-ended-before-the-job"),
    ],
)
def test_only_what_can_be_used_now(customer, fields, later, can):
    """CPN-5, USE-4."""
    coupon = buy(customer, **fields)

    assert coupon.can_be_used_at(NOW + later) is can
    if can:
        mark(row(coupon), now=NOW + later)
    else:
        with pytest.raises(coupons.CannotBeUsed):
            mark(row(coupon), now=NOW + later)
    coupon.refresh_from_db()
    assert coupon.is_used is can


def test_only_a_sale_of_the_same_customer_is_taken(customer):
    """USE-8."""
    coupon, sale = buy(customer), SaleFactory(customer)
    foreign = [
        *(uuid4(), SaleFactory(CustomerFactory(customer.store)).uuid),
        *(SaleFactory(CustomerFactory()).uuid, UnmatchedSaleFactory(customer.store).uuid),
        ReturnFactory(sale).uuid,
    ]

    for uuid in foreign:
        with pytest.raises(coupons.UnknownSale):
            mark(row(coupon, transaction_uuid=uuid))

    coupon.refresh_from_db()
    assert (coupon.is_used, coupon.used_for_transaction_uuid) == (False, None)


def test_sales_are_read_at_once(customer):
    rows = [
        row(buy(customer), transaction_uuid=SaleFactory(customer, now=NOW).uuid) for _ in range(2)
    ]
    with CaptureQueriesContext(connection) as two:
        mark(*rows)
    rows = [
        row(buy(customer), transaction_uuid=SaleFactory(customer, now=NOW).uuid) for _ in range(6)
    ]

    with CaptureQueriesContext(connection) as six:
        mark(*rows)

    reads = [
        [query for query in each if 'FROM "transactions_transaction"' in query["sql"]]
        for each in (two, six)
    ]
    assert [len(each) for each in reads] == [1, 1]


def test_an_empty_list_is_refused(store):
    """USE-2."""
    with pytest.raises(coupons.NothingToMark):
        coupons.mark(store=store, marks=[], actor=STAFF)


def test_staff_may_take_a_use_back(customer):
    """USE-5."""
    coupon = buy(customer)
    mark(row(coupon, transaction_uuid=SaleFactory(customer).uuid))

    mark(row(coupon, is_used=False))

    coupon.refresh_from_db()
    assert (coupon.is_used, coupon.used_at, coupon.used_for_transaction_uuid) == (False, None, None)


def test_customers_use_their_own_and_take_nothing_back(customer):
    """USE-6."""
    coupon = buy(customer)
    stranger = CustomerFactory(customer.store)

    with pytest.raises(NotFound):
        mark(row(coupon), actor=acting(stranger))
    mark(row(coupon), actor=acting(customer))
    with pytest.raises(coupons.CannotBeUnused):
        mark(row(coupon, is_used=False), actor=acting(customer))
    coupon.refresh_from_db()
    assert coupon.is_used


def test_sellers_take_back_their_own_mark_for_ten_minutes(customer):
    """USE-7, and its undo."""
    coupon = buy(customer)
    colleague = replace(SELLER, uuid=uuid4())
    back = row(coupon, is_used=False)
    mark(row(coupon), actor=SELLER)

    with pytest.raises(coupons.UndoTooLate):
        mark(back, actor=colleague)
    with pytest.raises(coupons.UndoTooLate):
        mark(back, actor=SELLER, now=NOW + 10 * MINUTE + timedelta(seconds=1))
    mark(back, actor=SELLER, now=NOW + 10 * MINUTE)

    coupon.refresh_from_db()
    assert not coupon.is_used
    mark(row(coupon), actor=STAFF)
    with pytest.raises(coupons.UndoTooLate):
        mark(back, actor=SELLER)


@pytest.mark.parametrize("actor", [STAFF, SELLER], ids=["staff", "seller"])
def test_what_a_return_gave_back_stays_used(customer, actor):
    """RET-6: the original stays used, or it would be worth its amount twice."""
    sale = SaleFactory(customer, 100)
    campaign = CampaignFactory(customer.store, "percentage_discount_code")
    [coupon] = rewards.buy(
        campaign=campaign, customer=customer, actor=STAFF, transaction_uuid=sale.uuid
    )
    mark(row(coupon, transaction_uuid=sale.uuid), actor=actor)
    ReturnFactory(sale, 50)

    with pytest.raises(coupons.GivenBack):
        mark(row(coupon, is_used=False), actor=actor)

    coupon.refresh_from_db()
    assert (coupon.is_used, coupon.used_for_transaction_uuid) == (True, sale.uuid)


def test_delivery_status(customer):
    """DEL-1, DEL-2, DEL-3."""
    coupon = buy(customer)
    given = {"store": customer.store, "customer": customer, "coupon_uuid": coupon.uuid}

    for status in ("delivered", "ordered", "canceled", "shipped", ""):
        coupons.change_delivery(**given, status=status, actor=STAFF)
        coupon.refresh_from_db()
        assert coupon.delivery_status == status
    with pytest.raises(coupons.UnknownDeliveryStatus):
        coupons.change_delivery(**given, status="cancelled", actor=STAFF)
    stranger = CustomerFactory(customer.store)
    with pytest.raises(NotFound):
        coupons.change_delivery(**given | {"customer": stranger}, status="", actor=STAFF)
    assert Event.objects.filter(type="campaign.delivery_status_changed").count() == 5


LIMIT = {"is_unlimited": False, "limit": 2, "limit_per_user": 1}


def cancel(coupon, **options):
    return coupons.cancel(
        store=coupon.customer.store, coupon_uuid=coupon.uuid, actor=STAFF, **options
    )


def test_a_cancelled_coupon_frees_nothing(customer):
    """LIM-1, CPN-1."""
    coupon = buy(customer, coupons=("A",), **LIMIT)

    cancel(coupon)

    coupon.refresh_from_db()
    assert (coupon.status, coupon.holds_code) == ("cancelled", True)
    assert CouponCode.objects.get().is_issued
    tally = usage.get_tally(coupon.campaign)
    assert (tally.used, tally.free) == (1, 0)
    assert points_of(customer) == 90
    with pytest.raises(coupons.NotCancellable):
        cancel(coupon)
    with pytest.raises(coupons.CannotBeUsed):
        mark(row(coupon))


def test_staff_may_free_its_code_and_its_limit(customer):
    """LIM-1: unless the staff member says so."""
    coupon = buy(customer, coupons=("A",), **LIMIT)

    cancel(coupon, frees_code=True, frees_limit=True)

    tally = usage.get_tally(coupon.campaign)
    assert (tally.used, tally.free) == (0, 1)
    [again] = rewards.buy(campaign=coupon.campaign, customer=customer, actor=STAFF, now=NOW)
    assert again.code == "A"
    assert AuditEntry.objects.get(event_type="CancelCoupon").data["freesCode"] is True


def test_who_comes_back_after_their_limit_was_freed_is_one_customer(customer):
    coupon = buy(customer, **LIMIT)

    cancel(coupon, frees_limit=True)

    assert usage.get_tally(coupon.campaign).customers == 0
    rewards.buy(campaign=coupon.campaign, customer=customer, actor=STAFF, now=NOW)
    tally = usage.get_tally(coupon.campaign)
    assert (tally.used, tally.customers) == (1, 1)


def test_what_a_return_gave_back_frees_no_limit(customer):
    """It is no purchase, and was not counted as one."""
    sale = SaleFactory(customer, 100)
    campaign = CampaignFactory(customer.store, "percentage_discount_code")
    [coupon] = rewards.buy(
        campaign=campaign, customer=customer, actor=STAFF, transaction_uuid=sale.uuid
    )
    mark(row(coupon, transaction_uuid=sale.uuid))
    ReturnFactory(sale, 50)

    cancel(Coupon.objects.get(origin="return"), frees_limit=True)

    assert usage.get_tally(campaign).used == 1
    assert usage.get_customer_usages(customer.pk, [campaign.pk]) == {campaign.pk: 1}
    assert AuditEntry.objects.get(event_type="CancelCoupon").data["freesLimit"] is False


def test_a_used_coupon_is_not_cancelled(customer):
    coupon = buy(customer)
    mark(row(coupon))

    with pytest.raises(coupons.NotCancellable):
        cancel(coupon)


def test_the_jobs_write_down_what_time_has_done(customer):
    """CPN-1, CPN-4: bought 1 March 10:00, inactive 3, valid 10."""
    waits = buy(customer, days_inactive=3, days_valid=10)
    used = buy(customer, days_valid=1)
    ever = buy(customer)
    mark(row(used))

    assert coupon_jobs.activate_due(NOW + 3 * DAY - MINUTE) == 0
    assert coupon_jobs.activate_due(NOW + 3 * DAY) == 1
    assert coupon_jobs.expire_due(NOW + 13 * DAY - MINUTE) == 0
    assert coupon_jobs.expire_due(NOW + 13 * DAY) == 1
    assert coupon_jobs.expire_due(NOW + 13 * DAY) == 0
    statuses = dict(Coupon.objects.values_list("pk", "status"))
    assert statuses == {waits.pk: "expired", used.pk: "active", ever.pk: "active"}


def test_coupons_that_end_on_the_day_are_told_of(db):
    """CPX-1: exactly that day, by its own setting, once; NT-1: with the end as a number."""
    store = StoreFactory(setting_values={"expireCouponsNotificationDays": 5})
    buyer = CustomerFactory(store)
    coupon = buy_free(buyer, days_valid=5)
    buy_free(buyer, days_valid=4)
    buy_free(buyer, days_valid=6)
    buy_free(buyer)

    assert coupon_jobs.warn_of_expiring(NOW) == 1
    assert coupon_jobs.warn_of_expiring(NOW) == 0

    fact = Event.objects.get(type="campaign.coupon_expiring_soon")
    assert (fact.store, fact.customer_id, fact.subject) == (store, buyer.pk, buyer.uuid)
    assert fact.payload["couponId"] == str(coupon.uuid)
    assert fact.payload["expiresAt"] == int(coupon.active_to.timestamp())
    assert coupon.code not in str(fact.payload)
    [message] = webhooks.expiring_coupons(store, [fact])
    assert message.type == "campaign.coupon_expiration"
    assert message.data == [
        {
            "customerId": str(buyer.uuid),
            "customerEmail": buyer.email,
            "customerPhone": buyer.phone,
            "customerLoyaltyCardNumber": buyer.loyalty_card_number,
            "coupon": coupon.code,
            "couponExpiresAt": int(coupon.active_to.timestamp()),
            "couponStatus": "active",
        }
    ]


def test_waiting_coupons_are_told_of_and_used_or_cancelled_ones_are_not(db):
    """CPX-1."""
    store = StoreFactory(setting_values={"expireCouponsNotificationDays": 5})
    buyer = CustomerFactory(store)
    waiting = buy_free(buyer, days_inactive=2, days_valid=3)
    used, canceled = buy_free(buyer, days_valid=5), buy_free(buyer, days_valid=5)
    mark(row(used))
    cancel(canceled)
    for coupon in (waiting, used, canceled):
        coupon.refresh_from_db()
    gone = CustomerFactory(store)
    buy_free(gone, days_valid=5)
    Customer.objects.filter(pk=gone.pk).update(status="deleted")

    assert coupon_jobs.warn_of_expiring(NOW) == 1

    fact = Event.objects.get(type="campaign.coupon_expiring_soon")
    assert fact.payload["couponId"] == str(waiting.uuid)


def buy_free(buyer, **fields):
    return buy(buyer, cost_in_points=Decimal(0), **fields)


def test_a_pool_that_runs_out_is_told_of_once(customer):
    """LIM-2: fewer free codes than the threshold."""
    coupon = buy(customer, coupons=("A", "B", "C"), low_stock_threshold=2)
    assert coupon_jobs.alert_low_stock() == 0

    rewards.buy(campaign=coupon.campaign, customer=customer, actor=STAFF, now=NOW)

    assert coupon_jobs.alert_low_stock() == 1
    assert coupon_jobs.alert_low_stock() == 0
    fact = Event.objects.get(type="campaign.pool_low")
    assert (fact.payload["free"], fact.payload["threshold"]) == (1, 2)


def test_bought_lists_and_their_filters(customer):
    """RPT-3, §5.5: each range filters its own column."""
    first = buy(customer, now=NOW, days_inactive=1, days_valid=1)
    second = buy(customer, now=NOW + DAY)
    mark(row(second), now=NOW + 2 * DAY)
    store = customer.store

    def found(**filters):
        return [c.pk for c in bought.list_bought(store, bought.Filters(**filters))]

    assert found() == [second.pk, first.pk]
    assert found(is_used=True) == [second.pk]
    assert found(delivery_status="ordered") == [second.pk]
    assert found(purchased_at=(NOW, NOW)) == [first.pk]
    assert found(used_at=(NOW + 2 * DAY, None)) == [second.pk]
    assert found(active_since=(NOW + DAY, None)) == [first.pk]
    assert found(active_to=(NOW + 2 * DAY, NOW + 2 * DAY)) == [first.pk]
    assert found(active_to=(None, NOW)) == []
    [newest, _] = bought.list_of_customer(customer)
    assert newest.campaign_uuid == second.campaign.uuid
    assert list(bought.list_of_customer(CustomerFactory(store))) == []


def test_the_report_fills_every_cell(customer):
    """RPT-1, RPT-2."""
    customer.phone = "48500100200"
    customer.save(update_fields=["phone"])
    coupon = buy(customer, name="Mug", tax_price_value=Decimal("1.20"))
    mark(row(coupon))

    [cells] = list(bought.iterate_report(customer.store))

    bought_at = NOW.astimezone(customer.store.zone)
    assert cells == (
        "Mug",
        f"{bought_at:%Y-%m-%d %H:%M:%S}",
        "10.00",
        "1.20",
        customer.email,
        "48500100200",
        "Alice",
        customer.last_name,
        "90.00",
        "1",
    )
