"""selectors.points … Source: TX-19, TX-23."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.ledger.models import Lot
from accounts.services import points as points_services
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import ReturnFactory, SaleFactory
from transactions.models import Transaction
from transactions.selectors import points

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 8, tzinfo=UTC)


def sale_of(**settings) -> Transaction:
    """Register a sale that earned 30 points."""
    customer = CustomerFactory(StoreFactory(setting_values=settings))
    EarningRuleFactory(store=customer.store)
    return SaleFactory(customer, "30.00", now=NOW)


def cancel(sale):
    lot = Lot.objects.get(transaction_uuid=sale.uuid)
    points_services.cancel(store=sale.store, transfer_uuid=lot.uuid, now=NOW)


def expire(sale):
    lot = Lot.objects.get(transaction_uuid=sale.uuid)
    points_services.expire(store=sale.store, transfer_uuid=lot.uuid, now=NOW)


def spend(sale):
    points_services.spend(customer=sale.customer, amount=Decimal(30), issuer="admin", now=NOW)


def pay_something_else(sale):
    points_services.add(customer=sale.customer, amount=Decimal(7), issuer="admin", now=NOW)


def leave(sale):
    pass


LOCKED = {"allTimeNotLocked": False, "pointsDaysLocked": 10}
FIVE_DAYS = {"pointsDaysExpiryAfter": "after_x_days", "pointsDaysActiveCount": 5}


@pytest.mark.parametrize(
    ("settings", "act", "days", "earned"),
    [
        pytest.param({}, leave, 0, 30, id="active"),
        pytest.param(LOCKED, leave, 0, 30, id="pending"),
        pytest.param({}, spend, 0, 30, id="spent"),
        pytest.param({}, pay_something_else, 0, 30, id="beside-others"),
        pytest.param({}, cancel, 0, 0, id="cancelled"),
        pytest.param({}, expire, 0, 0, id="expired-by-hand"),
        pytest.param(FIVE_DAYS, leave, 1, 30, id="not-yet-expired"),
        pytest.param(FIVE_DAYS, leave, 9, 0, id="due"),
    ],
)
def test_count_what_a_sale_earned(settings, act, days, earned):
    sale = sale_of(**settings)
    act(sale)
    now = NOW + timedelta(days=days)

    one = points.earned_by_sale(sale.uuid, now)
    many = points.earned_by_sales([sale.uuid], now)
    listed = points.with_points(Transaction.objects.filter(pk=sale.pk), now).get()

    assert one == many.get(sale.uuid, Decimal(0)) == listed.points_earned == Decimal(earned)
    assert listed.points_revoked == 0


def test_count_what_returns_cost():
    sale = sale_of()
    back, rest = ReturnFactory(sale, "10.00", now=NOW), ReturnFactory(sale, "5.00", now=NOW)

    assert points.revoked_by_returns([back.uuid, rest.uuid, sale.uuid]) == {
        back.uuid: Decimal(10),
        rest.uuid: Decimal(5),
    }
    assert points.taken_back_of_sale(sale.uuid) == Decimal(15)
    listed = points.with_points(Transaction.objects.filter(pk=back.pk), NOW).get()
    assert (listed.points_earned, listed.points_revoked) == (0, 10)
