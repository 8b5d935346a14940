"""What a store's points add up to."""

from datetime import UTC, datetime
from decimal import Decimal

from accounts.ledger import supply
from accounts.ledger.models import PointType
from accounts.selectors import points_statistics
from tests.factories.accounts import CustomerFactory
from tests.factories.campaigns import give_points

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


def test_what_can_still_be_given_out_is_owed_to_nobody(store):
    give_points(CustomerFactory(store), 40)

    supply.limit(PointType.objects.get(store=store), Decimal(1000), now=NOW)

    assert points_statistics.sum_owed(store) == 40
