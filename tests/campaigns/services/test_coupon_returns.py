"""Returns give used coupons back, and shrink those that a sale granted (§5.4)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from campaigns.models import Coupon, CouponOrigin
from campaigns.services import coupon_returns, rewards
from loyalty.core import clock
from loyalty.core.models import Event
from tests.campaigns.conftest import STAFF
from tests.factories.campaigns import CampaignFactory
from tests.factories.transactions import SaleFactory, register, return_of
from transactions.services import purchases

JUNE_1 = datetime(2100, 6, 1, tzinfo=UTC)
JUNE_10 = datetime(2100, 6, 10, tzinfo=UTC)


def percentage(customer, sale, percent, active_to=None, **changes) -> Coupon:
    """Give a percentage coupon of a sale, as an admin buys it."""
    campaign = CampaignFactory(
        customer.store, "percentage_discount_code", transaction_percentage_value=percent
    )
    [coupon] = rewards.buy(
        campaign=campaign, customer=customer, actor=STAFF, transaction_uuid=sale.uuid
    )
    Coupon.objects.filter(pk=coupon.pk).update(active_to=active_to, **changes)
    return Coupon.objects.get(pk=coupon.pk)


def used_on(customer, sale, percent, active_to=None):
    now = clock.now()
    used = {"is_used": True, "used_at": now, "used_for_transaction_uuid": sale.uuid}
    return percentage(customer, sale, percent, active_to, **used)


def given_back():
    found = Coupon.objects.filter(origin=CouponOrigin.RETURN).order_by("pk")
    return [(coupon.code, coupon.active_to) for coupon in found]


def test_the_worked_example(customer):
    """RET-1, RET-3, RET-4, RET-5, RET-6, TX-21: 100.00 paid with 10 and 6."""
    sale = SaleFactory(customer, 100)
    a = used_on(customer, sale, 10, JUNE_1)
    b = used_on(customer, sale, 6, JUNE_10)

    first = register(customer.store, return_of(sale, 50))

    assert given_back() == [("6", JUNE_10), ("2", JUNE_1)]
    a.refresh_from_db()
    b.refresh_from_db()
    assert (a.returned_amount, b.returned_amount) == (2, 6)
    assert a.is_used
    new = Coupon.objects.filter(origin="return").earliest("pk")
    assert (new.cost_in_points, new.campaign_id) == (0, b.campaign_id)
    assert (new.transaction_uuid, new.replaces_id) == (first.uuid, b.pk)

    register(customer.store, return_of(sale, 50))

    assert given_back() == [("6", JUNE_10), ("2", JUNE_1), ("8", JUNE_1)]
    assert Event.objects.filter(type="campaign.returned").count() == 3


def test_without_an_end_comes_last(customer):
    """RET-5: a coupon without end counts as ending last, ties smaller first."""
    sale = SaleFactory(customer, 100)
    used_on(customer, sale, 10, JUNE_10)
    used_on(customer, sale, 5)
    used_on(customer, sale, 4)

    register(customer.store, return_of(sale, 50))

    assert given_back() == [("4", None), ("5", None), ("0.5", JUNE_10)]


def test_rounds_once(customer):
    """RET-3, RET-7: 20/90 × 9 = 2.00; of 10 it would be 2.22."""
    sale = SaleFactory(customer, 90)
    coupon = used_on(customer, SaleFactory(customer, 100), 10)
    Coupon.objects.filter(pk=coupon.pk).update(used_for_transaction_uuid=sale.uuid)

    register(customer.store, return_of(sale, 20))

    assert given_back() == [("2.22", None)]


def test_rounds_half_a_cent_up(customer):
    """RET-3: 1.69/14 × 7 = 0.845, though 1.69/14 has no end."""
    sale = SaleFactory(customer, 14)
    used_on(customer, sale, 50)

    register(customer.store, return_of(sale, "1.69"))

    assert given_back() == [("0.85", None)]


def test_without_the_setting_nothing_comes_back(customer):
    """RET-9: the points' switch, too."""
    sale = SaleFactory(customer, 100)
    coupon = used_on(customer, sale, 10)
    customer.store.setting_values |= {"returns": False}
    customer.store.save(update_fields=["setting_values"])

    with pytest.raises(purchases.ReturnsNotEnabled):
        register(customer.store, return_of(sale, 50))

    coupon.refresh_from_db()
    assert (given_back(), coupon.returned_amount) == ([], 0)


def test_without_used_coupons_nothing_happens(customer):
    """RET-2."""
    sale = SaleFactory(customer, 100)
    percentage(customer, sale, 10)

    register(customer.store, return_of(sale, 50))

    assert Coupon.objects.count() == 1


@pytest.mark.parametrize(
    ("returns", "left"),
    [
        pytest.param([50], [("10", "cancelled"), ("5", "active")], id="half"),
        pytest.param(
            [50, 20],
            [("10", "cancelled"), ("5", "cancelled"), ("3", "active")],
            id="half-and-more",
        ),
        pytest.param([100], [("10", "cancelled")], id="all"),
        pytest.param([4], [("10", "active")], id="too-little-to-matter"),
    ],
)
def test_what_a_sale_granted_shrinks_with_it(customer, returns, left):
    """RET-8, TX-22."""
    sale = SaleFactory(customer, 100)
    grant(customer, sale)

    for value in returns:
        register(customer.store, return_of(sale, value))

    found = Coupon.objects.order_by("pk").values_list("code", "status")
    assert list(found) == left


def test_a_granted_coupon_that_was_used_stays(customer):
    """RET-8, TX-22."""
    sale = SaleFactory(customer, 100)
    coupon = grant(customer, sale)
    Coupon.objects.filter(pk=coupon.pk).update(is_used=True, used_at=clock.now())

    register(customer.store, return_of(sale, 50))

    assert list(Coupon.objects.values_list("code", "status")) == [("10", "active")]


def grant(customer, sale):
    campaign = CampaignFactory(
        customer.store, "percentage_discount_code", days_valid=30, transaction_percentage_value=10
    )
    return rewards.hand_out(
        campaign=campaign,
        customer=customer,
        sale_uuid=sale.uuid,
        gross_value=sale.gross_value,
        now=clock.now(),
    )


def test_a_smaller_one_keeps_the_dates(customer):
    """RET-8: same dates as the coupon that it replaces."""
    sale = SaleFactory(customer, 100)
    coupon = grant(customer, sale)

    register(customer.store, return_of(sale, 50), now=clock.now() + timedelta(days=3))

    smaller = Coupon.objects.get(origin="replacement")
    assert (smaller.active_to, smaller.replaces_id) == (coupon.active_to, coupon.pk)


def coupon_of(code, returned="0", active_to=None):
    return Coupon(code=code, returned_amount=Decimal(returned), active_to=active_to)


@pytest.mark.parametrize(
    ("coupons", "returned", "is_whole", "parts"),
    [
        pytest.param([("10", "0")], 50, False, ["5.00"], id="TX-21-half"),
        pytest.param([("10", "0"), ("20", "0")], 50, False, ["10", "5.00"], id="RET-5-both"),
        pytest.param([("10", "4")], 100, True, ["6"], id="RET-4-rest"),
        pytest.param([("10", "10")], 100, True, [], id="nothing-left"),
    ],
)
def test_parts(coupons, returned, is_whole, parts):
    """RET-3, RET-4, RET-5."""
    found = coupon_returns.parts_of(
        [coupon_of(*coupon) for coupon in coupons],
        Decimal(100),
        returned=Decimal(returned),
        is_whole=is_whole,
    )

    assert [str(part.amount) for part in found] == parts
