"""Rewards are bought by customers, sellers and staff (§4)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.ledger.models import Posting
from accounts.models import CustomerStatus
from campaigns.amounts import percentage_of
from campaigns.models import Coupon, CouponCode, CustomerUsage
from campaigns.selectors import availability, usage
from campaigns.services import campaigns, coupons, pools, refusals, rewards
from loyalty.core import clock
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import NotFound
from loyalty.core.models import Event
from tests.campaigns.conftest import SELLER, STAFF, acting, points_of
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, campaign_data, whole_points
from tests.factories.transactions import SaleFactory

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def assert_refused(refusal, customer, campaign, *, points=100, **arguments):
    """The purchase is refused, and nothing has changed."""
    before = Coupon.objects.count(), usage.get_tally(campaign), Event.objects.count()
    arguments = {"actor": STAFF} | arguments
    with pytest.raises(refusal):
        rewards.buy(campaign=campaign, customer=customer, **arguments)
    after = Coupon.objects.count(), usage.get_tally(campaign), Event.objects.count()
    assert after == before
    assert points_of(customer) == points


def test_a_coupon_is_paid_for_and_kept_as_it_was(customer):
    """BUY-1, BUY-9, BUY-10."""
    campaign = CampaignFactory(
        customer.store, "gift_code", name="Mug", tax_price_value=Decimal("1.20"), coupons=("M1",)
    )

    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=acting(customer))

    data = campaign_data("gift_code", level=customer.level, name="Cup", coupons=("M1",))
    campaigns.update(campaign=campaign, data=data, actor=SYSTEM)
    customer.first_name = "Changed"
    customer.save(update_fields=["first_name"])
    stored = Coupon.objects.get()
    assert (stored.pk, stored.code, stored.campaign_name) == (coupon.pk, "M1", "Mug")
    assert (stored.cost_in_points, stored.tax_price_value) == (10, Decimal("1.20"))
    assert (stored.customer_first_name, stored.customer_email) == ("Alice", customer.email)
    assert (stored.points_after, stored.status, stored.origin) == (90, "active", "bought")
    posting = Posting.objects.get(uuid=stored.posting_uuid)
    assert (posting.amount, posting.comment, posting.issuer) == (10, "Mug, coupon: M1", "api")
    fact = Event.objects.get(type="campaign.bought")
    assert (fact.customer_id, fact.payload["couponId"]) == (customer.pk, str(stored.uuid))
    assert "M1" not in str(fact.payload)


def test_several_coupons_are_several_purchases(customer):
    """BUY-2, BUY-9: in pool order, each with its transfer (LIM-2)."""
    campaign = CampaignFactory(customer.store, coupons=("C", "A", "B"))

    coupons = rewards.buy(campaign=campaign, customer=customer, actor=STAFF, quantity=2)

    assert [coupon.code for coupon in coupons] == ["C", "A"]
    assert [coupon.points_after for coupon in coupons] == [90, 80]
    assert Posting.objects.filter(kind="spend").count() == 2
    assert points_of(customer) == 80
    tally = usage.get_tally(campaign)
    assert (tally.used, tally.customers, tally.issued, tally.free) == (2, 1, 2, 1)


@pytest.mark.parametrize("quantity", [0, -1, 1001], ids=["none", "negative", "too-many"])
def test_refuses_a_quantity_that_is_none(customer, quantity):
    """BUY-2."""
    campaign = CampaignFactory(customer.store)

    assert_refused(refusals.InvalidQuantity, customer, campaign, quantity=quantity)


def test_all_or_nothing_where_the_points_are_short(customer):
    """BUY-2."""
    campaign = CampaignFactory(customer.store, cost_in_points=Decimal(40))

    assert_refused(refusals.NotEnoughPoints, customer, campaign, quantity=3)

    assert not CouponCode.objects.filter(is_issued=True).exists()


def test_all_or_nothing_where_the_codes_are_short(customer):
    """BUY-2, LIM-7."""
    campaign = CampaignFactory(customer.store)

    assert_refused(refusals.NoCouponsLeft, customer, campaign, quantity=4)


def test_free_rewards_make_no_transfer(customer):
    """BUY-9."""
    campaign = CampaignFactory(customer.store, cost_in_points=Decimal(0))

    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=acting(customer))

    assert (coupon.posting_uuid, coupon.points_after) == (None, 100)
    assert not Posting.objects.filter(kind="spend").exists()


@pytest.mark.parametrize("type", ["cashback", "custom_campaign_code"])
@pytest.mark.parametrize("actor", [STAFF, SELLER], ids=["staff", "seller"])
def test_cashback_and_custom_rewards_cannot_be_bought(customer, type, actor):
    """BUY-3, BUY-4."""
    campaign = CampaignFactory(customer.store, type)

    assert_refused(refusals.NotBuyable, customer, campaign, actor=actor)


YESTERDAY = {"from": NOW - 2 * DAY, "to": NOW - DAY}
HIDDEN = {
    "is_all_time_visible": False,
    "visible_from": YESTERDAY["from"],
    "visible_to": YESTERDAY["to"],
}
ENDED = {
    "is_all_time_active": False,
    "active_from": YESTERDAY["from"],
    "active_to": YESTERDAY["to"],
}


@pytest.mark.parametrize(
    ("fields", "staff_may"),
    [
        pytest.param({"is_active": False}, False, id="BUY-4-switched-off"),
        pytest.param(ENDED, False, id="BUY-4-activity-ended"),
        pytest.param(HIDDEN, True, id="BUY-4-hidden"),
        pytest.param({"levels": None}, True, id="BUY-8-for-others"),
    ],
)
def test_what_is_hidden_is_not_there(customer, fields, staff_may):
    """BUY-3, BUY-4, BUY-8."""
    if "levels" in fields:
        fields = {"levels": (str(LevelFactory(customer.store, condition_value=9).uuid),)}
    campaign = CampaignFactory(customer.store, **fields)

    for actor in (acting(customer), SELLER):
        assert_refused(NotFound, customer, campaign, actor=actor, now=NOW)
    if staff_may:
        assert rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
    else:
        assert_refused(NotFound, customer, campaign, now=NOW)


def test_another_store_s_reward_is_not_there(customer):
    assert_refused(NotFound, customer, CampaignFactory())


def test_staff_may_leave_the_points_out(customer):
    """BUY-5: limits and status still apply."""
    campaign = CampaignFactory(
        customer.store,
        cost_in_points=Decimal(500),
        is_unlimited=False,
        limit=1,
        limit_per_user=1,
    )

    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=STAFF, without_points=True)

    assert (coupon.cost_in_points, points_of(customer)) == (0, 100)
    assert_refused(refusals.LimitExceeded, customer, campaign, without_points=True)


def test_only_staff_may_leave_the_points_out(customer):
    """BUY-5."""
    campaign = CampaignFactory(customer.store)

    rewards.buy(campaign=campaign, customer=customer, actor=SELLER, without_points=True)

    assert points_of(customer) == 90


def test_customers_of_other_statuses_may_not_buy(customer):
    """BUY-7."""
    campaign = CampaignFactory(customer.store)
    customer.status = CustomerStatus.BLOCKED
    customer.save(update_fields=["status"])

    assert_refused(refusals.NotAllowed, customer, campaign)


def test_a_percentage_is_of_a_sale_of_this_customer(customer):
    """BUY-6."""
    campaign = CampaignFactory(customer.store, "percentage_discount_code")
    sale = SaleFactory(customer, 47)
    foreign = SaleFactory(CustomerFactory(customer.store), 47)

    assert_refused(refusals.TransactionRequired, customer, campaign)
    for uuid in (foreign.uuid, uuid4()):
        assert_refused(refusals.InvalidTransaction, customer, campaign, transaction_uuid=uuid)
    [coupon] = rewards.buy(
        campaign=campaign, customer=customer, actor=STAFF, transaction_uuid=sale.uuid, quantity=5
    )
    assert (coupon.code, coupon.cost_in_points, coupon.percentage) == ("5", 0, 10)
    assert coupon.transaction_uuid == sale.uuid


@pytest.mark.parametrize(
    ("gross", "value"),
    [
        pytest.param("100", 10, id="whole"),
        pytest.param("47", 5, id="up"),
        pytest.param("32", 3, id="down"),
        pytest.param("5", 1, id="half-up"),
        pytest.param("4", 0, id="PCT-2-nothing"),
    ],
)
def test_what_ten_percent_are_worth(gross, value):
    """PCT-1, PCT-2: the worked example."""
    assert percentage_of(Decimal(gross), 10) == value


def test_two_percentages_of_one_value_are_two_coupons(customer):
    """PCT-3: their codes are the same, and their ids tell them apart."""
    campaign = CampaignFactory(customer.store, "percentage_discount_code")
    options = {"campaign": campaign, "customer": customer, "actor": STAFF}

    [first] = rewards.buy(transaction_uuid=SaleFactory(customer, 47).uuid, **options)
    [second] = rewards.buy(transaction_uuid=SaleFactory(customer, 52).uuid, **options)

    assert (first.code, second.code) == ("5", "5")
    assert first.uuid != second.uuid


def test_a_percentage_waits_and_ends_as_other_coupons(customer):
    """PCT-4."""
    days = {"days_inactive": 3, "days_valid": 10}
    campaign = CampaignFactory(customer.store, "percentage_discount_code", **days)
    now = clock.now()

    [coupon] = rewards.buy(
        campaign=campaign,
        customer=customer,
        actor=STAFF,
        transaction_uuid=SaleFactory(customer, 100).uuid,
        now=now,
    )

    assert coupon.status == "inactive"
    assert coupon.active_since == now + timedelta(days=3)
    assert coupon.active_to == now + timedelta(days=13)


def test_a_percentage_worth_nothing_is_refused(customer):
    """PCT-2."""
    campaign = CampaignFactory(customer.store, "percentage_discount_code")
    sale = SaleFactory(customer, 4)

    assert_refused(refusals.CouponValueTooLow, customer, campaign, transaction_uuid=sale.uuid)


# The worked examples of LIM: fields, codes, (used in all, by the customer), what is left of both,
# and what buying two brings.
LIMITS = [
    pytest.param(
        {"is_unlimited": False, "limit": 10, "limit_per_user": 2},
        5,
        (4, 1),
        (1, 1),
        refusals.LimitPerCustomerExceeded,
        id="LIM-6-customer-s-limit",
    ),
    pytest.param(
        {"is_unlimited": False, "limit": 3, "limit_per_user": 3},
        5,
        (2, 0),
        (1, 3),
        refusals.LimitExceeded,
        id="LIM-6-limit-of-all",
    ),
    pytest.param({}, 5, (4, 4), (1, 1), refusals.NoCouponsLeft, id="LIM-6-pool"),
    pytest.param(
        {"is_unlimited": False, "limit": 10, "limit_per_user": 2, "is_single_coupon": True},
        1,
        (9, 0),
        (1, 1),
        refusals.LimitExceeded,
        id="LIM-4-single-limited",
    ),
    pytest.param(
        {"is_single_coupon": True},
        1,
        (90, 5),
        (usage.UNBOUNDED, usage.UNBOUNDED),
        None,
        id="LIM-4-single-unlimited",
    ),
]


@pytest.mark.parametrize(("fields", "codes", "used", "left", "refusal"), LIMITS)
def test_limits(customer, fields, codes, used, left, refusal):
    """LIM-1, LIM-3, LIM-4, LIM-5, LIM-6."""
    campaign = CampaignFactory(
        customer.store,
        coupons=tuple(f"L{n}" for n in range(codes)),
        cost_in_points=Decimal(1),
        **{**fields, **({"limit": 100, "limit_per_user": 100} if "limit" in fields else {})},
    )
    other = CustomerFactory(customer.store)
    in_all, own = used
    for buyer, quantity in ((other, in_all - own), (customer, own)):
        if quantity:
            rewards.buy(
                campaign=campaign,
                customer=buyer,
                actor=STAFF,
                quantity=quantity,
                without_points=True,
            )
    for name in ("limit", "limit_per_user"):
        setattr(campaign, name, fields.get(name))
    campaign.save(update_fields=["limit", "limit_per_user"])

    tally = usage.get_tally(campaign)
    assert (
        usage.usage_left(campaign, tally),
        usage.usage_left_for_customer(campaign, tally, own),
    ) == left
    if refusal:
        assert_refused(refusal, customer, campaign, quantity=2)
    else:
        coupons = rewards.buy(campaign=campaign, customer=customer, actor=STAFF, quantity=2)
        assert [coupon.code for coupon in coupons] == ["L0", "L0"]


@pytest.mark.parametrize("quantity", [1, 2])
def test_a_price_that_is_no_amount_of_points_is_refused(customer, quantity):
    """PA-22: the reward is older than the decimals."""
    campaign = CampaignFactory(customer.store, cost_in_points=Decimal("1.50"))
    whole_points(customer.store)

    assert_refused(refusals.InvalidCost, customer, campaign, quantity=quantity)


@pytest.fixture
def spring(customer):
    """A single coupon that each customer may have once, and had; its code is another one now."""
    campaign = CampaignFactory(
        customer.store,
        coupons=("WINTER",),
        is_single_coupon=True,
        is_unlimited=False,
        limit=9,
        limit_per_user=1,
        cost_in_points=Decimal(1),
    )
    buy_one(customer, campaign)
    pools.set_codes(campaign=campaign, codes=["SPRING", "WINTER"], is_appended=False, actor=STAFF)
    campaign.refresh_from_db()
    return campaign


def buy_one(customer, campaign):
    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
    return coupon


def left_of(campaign, customer):
    """What the lists say, and the page about one reward."""
    [listed] = availability.list_available(customer, now=clock.now())
    offer = availability.get_offer(campaign, customer, now=clock.now())
    assert listed.usage_left_for_customer == offer.usage_left_for_customer
    return offer.usage_left_for_customer


def test_only_uses_of_its_code_count_for_a_single_coupon(customer, spring):
    """LIM-5, LIM-6."""
    assert left_of(spring, customer) == 1

    assert buy_one(customer, spring).code == "SPRING"

    assert availability.get_offer(spring, customer, now=clock.now()).usage_left_for_customer == 0
    assert availability.list_available(customer, now=clock.now()) == []
    assert_refused(refusals.LimitPerCustomerExceeded, customer, spring, points=98)


def test_no_more_of_a_single_coupon_s_code_than_its_limit(customer, spring):
    """LIM-5, LIM-6."""
    assert_refused(refusals.LimitPerCustomerExceeded, customer, spring, points=99, quantity=2)

    assert left_of(spring, customer) == 1


def test_a_freed_use_of_a_single_coupon_s_code_counts_no_more(customer, spring):
    """LIM-1, LIM-5."""
    coupon = buy_one(customer, spring)

    coupons.cancel(store=customer.store, coupon_uuid=coupon.uuid, actor=STAFF, frees_limit=True)

    assert left_of(spring, customer) == 1
    assert buy_one(customer, spring).code == "SPRING"
    assert_refused(refusals.LimitPerCustomerExceeded, customer, spring, points=97)


def test_codes_of_a_pool_that_became_a_single_coupon_do_not_count(customer):
    """LIM-5."""
    campaign = CampaignFactory(
        customer.store,
        coupons=("ALL", "TWO", "TEN"),
        is_unlimited=False,
        limit=9,
        limit_per_user=2,
        cost_in_points=Decimal(1),
    )
    rewards.buy(campaign=campaign, customer=customer, actor=STAFF, quantity=2)

    campaign.is_single_coupon = True
    campaign.save(update_fields=["is_single_coupon"])

    assert left_of(campaign, customer) == 1
    assert buy_one(customer, campaign).code == "ALL"
    assert_refused(refusals.LimitPerCustomerExceeded, customer, campaign, points=97)


def test_a_single_coupon_uses_the_first_code_of_several(customer):
    """POOL-6, LIM-3."""
    campaign = CampaignFactory(customer.store, is_single_coupon=True, coupons=("ONE", "TWO"))

    bought = rewards.buy(campaign=campaign, customer=customer, actor=STAFF, quantity=2)

    assert [coupon.code for coupon in bought] == ["ONE", "ONE"]
    assert list(campaign.codes.filter(is_issued=True).values_list("code", flat=True)) == ["ONE"]


@pytest.mark.parametrize(
    ("inactive", "valid", "since", "to"),
    [
        pytest.param(3, 10, 3, 13, id="CPN-3-waits-then-ends"),
        pytest.param(0, 10, None, 10, id="CPN-2-at-once"),
        pytest.param(3, 0, 3, None, id="CPN-3-for-ever"),
        pytest.param(0, 0, None, None, id="neither"),
    ],
)
def test_dates_of_a_coupon(customer, inactive, valid, since, to):
    """CPN-2, CPN-3."""
    campaign = CampaignFactory(customer.store, days_inactive=inactive, days_valid=valid)
    now = clock.now()

    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=STAFF, now=now)

    assert coupon.active_since == (None if since is None else now + since * DAY)
    assert coupon.active_to == (None if to is None else now + to * DAY)
    assert coupon.status == ("active" if since is None else "inactive")


def test_the_type_is_fixed_once_a_coupon_was_issued(customer):
    """CAM-3."""
    campaign = CampaignFactory(customer.store, coupons=("A",))
    rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
    data = campaign_data("gift_code", level=customer.level, coupons=None)

    with pytest.raises(campaigns.InvalidFields) as refusal:
        campaigns.update(campaign=campaign, data=data, actor=SYSTEM)

    assert refusal.value.errors == {"type": [campaigns.TYPE_FIXED]}
    campaign.refresh_from_db()
    assert campaign.type == "discount_code"


def test_the_database_keeps_coupons_and_gives_no_code_twice(customer):
    """CPN-7, BUY-11."""
    campaign = CampaignFactory(customer.store)
    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=STAFF)

    with pytest.raises(IntegrityError), transaction.atomic():
        Coupon.objects.filter(pk=coupon.pk).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Coupon.objects.filter(pk=coupon.pk).update(campaign_name="x")
    coupon.pk, coupon.uuid = None, uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        coupon.save(force_insert=True)
    assert Coupon.objects.count() == 1


def test_a_purchase_is_one_statement(customer, django_assert_num_queries):
    """BUY-11: who buys holds others up no longer than needed. The first of a shard opens it."""
    campaign = CampaignFactory(customer.store)
    rewards.buy(campaign=campaign, customer=customer, actor=acting(customer))

    # And a savepoint, inside this test's transaction.
    with django_assert_num_queries(3):
        rewards.buy(campaign=campaign, customer=customer, actor=acting(customer))

    assert CustomerUsage.objects.get().used == 2


def test_sells_by_the_terms_of_now(customer):
    """BUY-11: whoever read the reward before it was changed pays what it costs since."""
    campaign = CampaignFactory(customer.store, coupons=("A", "B", "C"))
    rewards.buy(campaign=campaign, customer=customer, actor=acting(customer))
    dearer = campaign_data(
        level=customer.level, cost_in_points=Decimal(30), coupons=("A", "B", "C")
    )
    campaigns.update(campaign=campaign, data=dearer, actor=SYSTEM)

    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=acting(customer))
    campaigns.set_active(campaign=campaign, is_active=False, actor=SYSTEM)

    assert (coupon.cost_in_points, points_of(customer)) == (30, 60)
    assert_refused(NotFound, customer, campaign, points=60, actor=acting(customer))


@pytest.mark.parametrize("quantity", [1, 2], ids=["one-statement", "the-long-way"])
@pytest.mark.parametrize(
    "limit",
    [
        pytest.param({}, id="unlimited"),
        pytest.param({"is_unlimited": False, "limit": 9, "limit_per_user": 9}, id="limited"),
        pytest.param({"is_single_coupon": True}, id="single"),
    ],
)
def test_both_ways_write_the_same(customer, quantity, limit):
    """BUY-9, BUY-10, LIM-1: but for the number."""
    customer.address = {"city": "Gdynia"}
    customer.save(update_fields=["address"])
    campaign = CampaignFactory(
        customer.store, tax_price_value=Decimal("1.20"), days_inactive=1, days_valid=2, **limit
    )
    rewards.buy(campaign=campaign, customer=customer, actor=acting(customer), now=NOW)

    coupons = rewards.buy(
        campaign=campaign, customer=customer, actor=acting(customer), quantity=quantity, now=NOW
    )

    for place, bought in enumerate(coupons, 1):
        coupon = Coupon.objects.get(pk=bought.pk)
        for name in ("uuid", "code", "campaign_name", "posting_uuid", "points_after", "status"):
            assert getattr(bought, name) == getattr(coupon, name), name
        assert coupon.holds_code is not campaign.is_single_coupon
        assert (coupon.customer_first_name, coupon.shipping_address) == (
            "Alice",
            {"city": "Gdynia"},
        )
        assert (coupon.active_since, coupon.active_to) == (NOW + DAY, NOW + 3 * DAY)
        assert (coupon.points_after, coupon.tax_price_value) == (90 - 10 * place, Decimal("1.20"))
        posting = Posting.objects.get(uuid=coupon.posting_uuid)
        assert posting.comment == f"{campaign.name}, coupon: {coupon.code}"
        spent = Event.objects.get(
            type="points.spent", payload__pointsTransferId=str(coupon.posting_uuid)
        )
        assert spent.payload["comment"] == posting.comment
        fact = Event.objects.get(type="campaign.bought", payload__couponId=str(coupon.uuid))
        assert fact.payload["campaignName"] == campaign.name
    tally = usage.get_tally(campaign)
    issued = 1 + quantity if not campaign.is_single_coupon else 0
    assert (tally.used, tally.customers, tally.issued) == (1 + quantity, 1, issued)
    assert CustomerUsage.objects.get().used == 1 + quantity
