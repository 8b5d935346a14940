"""The jobs of the notices …"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Customer, Notice, NoticeKind
from accounts.selectors import notices
from accounts.services import notice_jobs, points
from loyalty.core.models import Event, Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
# The end of the tenth day after NOW, in Warsaw.
LAST = datetime(2026, 3, 11, 22, 59, 59, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def earner(store: Store, *amounts: object, expires_at: datetime = LAST) -> Customer:
    customer = CustomerFactory(store)
    for amount in amounts:
        points.add(
            customer=customer,
            amount=Decimal(str(amount)),
            issuer="admin",
            now=NOW,
            expires_at=expires_at,
        )
    return customer


def told(type: str = "points.expiring_soon") -> list[Event]:
    return list(Event.objects.filter(type=type).order_by("pk"))


def test_appends_one_fact_for_a_customer_and_day(store: Store) -> None:
    """PE-10, C7."""
    customer = earner(store, "10.5", 20)
    earner(store, 5, expires_at=LAST + timedelta(days=1))

    assert notice_jobs.warn_of_expiring_points(NOW) == 1

    [fact] = told()
    assert fact.store == store
    assert fact.subject == customer.uuid
    assert fact.customer_id == customer.pk
    assert fact.recorded_at == NOW
    assert fact.payload == {
        "customerId": str(customer.uuid),
        "points": "30.5",
        "expiresAt": "2026-03-11T23:59:59+01:00",
        "expiryDate": "2026-03-11",
    }


def test_tells_nobody_twice(store: Store) -> None:
    """PE-10: however often it runs on the day, and whatever is earned meanwhile."""
    customer = earner(store, 10)
    notice_jobs.warn_of_expiring_points(NOW)
    points.add(customer=customer, amount=Decimal(1), issuer="admin", now=NOW, expires_at=LAST)

    assert notice_jobs.warn_of_expiring_points(NOW + timedelta(hours=1)) == 0

    assert len(told()) == 1


def test_tells_of_the_next_day_on_the_next(store: Store) -> None:
    """PE-10."""
    customer = earner(store, 10)
    notice_jobs.warn_of_expiring_points(NOW)
    points.add(
        customer=customer,
        amount=Decimal(7),
        issuer="admin",
        now=NOW,
        expires_at=LAST + timedelta(days=1),
    )

    notice_jobs.warn_of_expiring_points(NOW + timedelta(days=1))

    assert [fact.payload["points"] for fact in told()] == ["10", "7"]


def test_goes_on_where_it_was_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """PE-10: stopped after the first batch, and run again."""
    customers = [earner(store, 10) for _ in range(5)]
    found = list(notices.iterate_expiring_points(store, NOW, batch=2))

    def stopped(store: Store, now: datetime):
        yield found[0]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(notices, "iterate_expiring_points", stopped)
        with pytest.raises(KeyboardInterrupt):
            notice_jobs.warn_of_expiring_points(NOW)
    assert len(told()) == 2

    assert notice_jobs.warn_of_expiring_points(NOW) == 3

    assert [fact.customer_id for fact in told()] == [customer.pk for customer in customers]


def test_warns_in_the_days_of_the_store() -> None:
    """PE-10: `expirePointsNotificationDays` is the store's, and so is its midnight."""
    store = StoreFactory(
        setting_values={"expirePointsNotificationDays": 3, "timezone": "Asia/Tokyo"}
    )
    earner(store, 10, expires_at=datetime(2026, 3, 4, 14, 59, 59, tzinfo=UTC))
    earner(store, 20, expires_at=datetime(2026, 3, 4, 15, 0, tzinfo=UTC))

    notice_jobs.warn_of_expiring_points(NOW)

    assert [fact.payload["expiresAt"] for fact in told()] == ["2026-03-04T23:59:59+09:00"]


def test_leaves_closed_stores_alone(store: Store) -> None:
    earner(store, 10)
    Store.objects.filter(pk=store.pk).update(is_active=False)

    assert notice_jobs.warn_of_expiring_points(NOW) == 0


def test_tells_of_the_level_to_come_once_a_period() -> None:
    """LV-17."""
    values = {
        "tierAssignType": "points",
        "levelDowngradeMode": "after_x_days",
        "levelDowngradeDays": 365,
        "levelDowngradeBase": "active_points",
    }
    store = StoreFactory(setting_values=values)
    low = LevelFactory(store, name="Low", condition_value=0, reward_value=0)
    high = LevelFactory(store, name="High", condition_value=10, reward_value=1)
    customer = CustomerFactory(store, created_at=NOW)
    points.add(customer=customer, amount=Decimal(10), issuer="admin", now=NOW)
    points.spend(customer=customer, amount=Decimal(10), issuer="admin", now=NOW)
    day = NOW + timedelta(days=355)

    assert notice_jobs.warn_of_expiring_levels(day) == 1
    assert notice_jobs.warn_of_expiring_levels(day + timedelta(hours=23)) == 0

    [fact] = told("level.expiring_soon")
    assert fact.customer_id == customer.pk
    assert fact.payload == {
        "customerId": str(customer.uuid),
        "levelId": str(high.uuid),
        "futureLevelId": str(low.uuid),
        "endsAt": "2027-03-01T10:00:00+01:00",
    }


def test_has_a_constraint_behind_it(store: Store) -> None:
    notice = {"customer": CustomerFactory(store), "kind": NoticeKind.POINTS, "day": LAST.date()}
    Notice.objects.create(**notice)

    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(**notice)


def test_forgets_notices_of_days_that_are_over(store: Store) -> None:
    earner(store, 10)
    notice_jobs.warn_of_expiring_points(NOW)

    notice_jobs.warn_of_expiring_points(NOW + timedelta(days=18))

    assert not Notice.objects.exists()
