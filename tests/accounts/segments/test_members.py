"""Who is in a segment …"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from accounts.models import CustomerStatus, Segment
from accounts.services import customers, segment_members, segments
from accounts.services.segment_members import Changes
from accounts.tasks import recalculate_segments
from earning.models import RuleType
from loyalty.core import locks
from loyalty.core.actors import SYSTEM
from loyalty.core.jobs import Run
from loyalty.core.models import Event, JobRun, Store
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import ReturnFactory, SaleFactory
from tests.support.segments import criterion, make_segment, names_in
from transactions.models import Transaction

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ADDED, REMOVED = "customer.added_to_segment", "customer.removed_from_segment"
SPENDERS = [criterion("transaction_amount", from_amount="100")]

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Store:
    return StoreFactory()


def told(segment: Segment) -> list[tuple[str, str]]:
    facts = Event.objects.filter(payload__segmentId=str(segment.uuid)).order_by("pk")
    return [(fact.type, fact.payload["customerId"]) for fact in facts]


def test_sg5_recalculation_writes_the_difference_sg6(shop: Store) -> None:
    segment = make_segment(shop, SPENDERS)
    stays = CustomerFactory(shop, transactions_amount=Decimal(100))
    leaves = CustomerFactory(shop, transactions_amount=Decimal(99))
    comes = CustomerFactory(shop, transactions_amount=Decimal(500))
    for customer in (stays, leaves):
        segment.memberships.create(customer=customer, since=NOW - timedelta(days=9))

    changes = segment_members.recalculate(segment.pk, now=NOW)

    assert changes == Changes(added=1, removed=1)
    assert dict(segment.memberships.values_list("customer", "since")) == {
        stays.pk: NOW - timedelta(days=9),
        comes.pk: NOW,
    }
    assert sorted(told(segment)) == sorted([(ADDED, str(comes.uuid)), (REMOVED, str(leaves.uuid))])


def test_sg6_facts_of_a_recalculation_are_like_any_other(shop: Store) -> None:
    segment = make_segment(shop, SPENDERS)
    alice = CustomerFactory(shop, transactions_amount=Decimal(100))

    segment_members.recalculate(segment.pk, now=NOW)

    fact = Event.objects.get(type=ADDED)
    assert (fact.store, fact.subject, fact.customer_id) == (shop, alice.uuid, alice.pk)
    assert fact.payload == {"customerId": str(alice.uuid), "segmentId": str(segment.uuid)}
    assert fact.recorded_at == NOW
    assert fact.uuid.version == 7


def test_sg5_a_second_run_finds_nothing_to_do(shop: Store) -> None:
    segment = make_segment(shop, SPENDERS)
    CustomerFactory(shop, transactions_amount=Decimal(100))
    segment_members.recalculate(segment.pk, now=NOW)

    assert segment_members.recalculate(segment.pk, now=NOW) == Changes()


def test_sg5_the_chunks_add_up(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_members, "CHUNK", 2)
    segment = make_segment(shop, SPENDERS)
    for _ in range(5):
        CustomerFactory(shop, transactions_amount=Decimal(100))

    assert segment_members.recalculate(segment.pk, now=NOW) == Changes(added=5)
    assert segment.memberships.count() == 5


def test_sg5_who_changed_meanwhile_is_left_to_that_change(
    shop: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = make_segment(shop, SPENDERS)
    alice = CustomerFactory(shop, transactions_amount=Decimal(100))
    write = segment_members._write

    def after_a_purchase(*arguments: Any) -> Any:
        type(alice).objects.filter(pk=alice.pk).update(version=alice.version + 1)
        return write(*arguments)

    monkeypatch.setattr(segment_members, "_write", after_a_purchase)

    assert segment_members.recalculate(segment.pk, now=NOW) == Changes()
    assert names_in(segment) == set()


def test_sg5_only_one_process_is_at_a_segment(shop: Store) -> None:
    segment = make_segment(shop, SPENDERS)
    CustomerFactory(shop, transactions_amount=Decimal(100))
    found: list[bool] = []

    def try_it() -> None:
        with locks.alone(f"segment:{segment.pk}") as is_alone:
            found.append(is_alone)
        connection.close()

    with locks.alone(f"segment:{segment.pk}"):
        other = Thread(target=try_it)
        other.start()
        other.join()
    after = Thread(target=try_it)
    after.start()
    after.join()

    assert found == [False, True]


def test_sg5_the_job_takes_all_active_segments(shop: Store) -> None:
    CustomerFactory(shop, transactions_amount=Decimal(100))
    first = make_segment(shop, SPENDERS)
    second = make_segment(shop, [criterion("transaction_count", max=0)], name="New")
    inactive = make_segment(shop, SPENDERS, name="Off", is_active=False)

    recalculate_segments()

    assert JobRun.objects.get().counts == {"added": 2}
    counts = [segment.memberships.count() for segment in (first, second, inactive)]
    assert counts == [1, 1, 0]


def test_sg5_one_segment_that_fails_does_not_stop_the_others(
    shop: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = make_segment(shop, SPENDERS, name="A"), make_segment(shop, SPENDERS, name="B")
    CustomerFactory(shop, transactions_amount=Decimal(100))
    recalculate = segment_members._recalculate

    def failing(segment: Segment, now: datetime, run: Run) -> Changes:
        if segment == broken:
            raise RuntimeError
        return recalculate(segment, now, run)

    monkeypatch.setattr(segment_members, "_recalculate", failing)

    run = Run()

    assert segment_members.recalculate_all(NOW, run=run) == Changes(added=1)
    assert run.faults == [f"Segment {broken.pk}: RuntimeError: "]
    assert [broken.memberships.count(), whole.memberships.count()] == [0, 1]


def test_sg7_an_inactive_segment_keeps_its_members_c8(shop: Store) -> None:
    segment = make_segment(shop, SPENDERS)
    alice = CustomerFactory(shop, first_name="Alice")
    segment.memberships.create(customer=alice, since=NOW)
    segments.set_active(segment=segment, is_active=False, actor=SYSTEM)

    assert segment_members.recalculate(segment.pk, now=NOW) == Changes()
    customers.deactivate(customer=alice, actor=SYSTEM)

    assert names_in(segment) == {"Alice"}


# One customer, at once


def test_a_purchase_brings_its_customer_into_a_segment_at_once(shop: Store) -> None:
    segment = make_segment(shop, SPENDERS, [criterion("bought_skus", sku_ids=["sku2"])])
    alice = CustomerFactory(shop, first_name="Alice")

    SaleFactory(alice, "99.00", "1.00", now=NOW)

    assert names_in(segment) == {"Alice"}
    assert told(segment) == [(ADDED, str(alice.uuid))]
    assert segment_members.recalculate(segment.pk, now=NOW) == Changes()


def test_a_return_takes_its_customer_out_again(shop: Store) -> None:
    segment = make_segment(shop, SPENDERS)
    alice = CustomerFactory(shop)
    sale = SaleFactory(alice, "100.00", now=NOW)

    ReturnFactory(sale, "0.01", now=NOW)

    assert names_in(segment) == set()
    assert [fact for fact, _ in told(segment)] == [ADDED, REMOVED]


def test_er7_a_purchase_earns_by_the_segments_before_it_and_the_next_by_those_after(
    shop: Store,
) -> None:
    segment = make_segment(shop, SPENDERS)
    rule = EarningRuleFactory(
        store=shop, type=RuleType.POINTS, segments=[segment], point_value=Decimal(1)
    )
    assert rule
    shop.refresh_from_db()
    alice = CustomerFactory(shop)
    alice.store = shop

    first = SaleFactory(alice, "100.00", now=NOW)
    second = SaleFactory(alice, "7.00", now=NOW)

    assert [points_of(first), points_of(second)] == [0, 7]


def points_of(sale: Transaction) -> Decimal:
    from transactions.selectors import points

    return points.earned_by_sale(sale.uuid, NOW)


def test_a_change_of_the_customers_data_is_seen_at_once(shop: Store) -> None:
    segment = make_segment(shop, [criterion("customer_has_labels", labels=[{"key": "vip"}])])
    alice = CustomerFactory(shop, first_name="Alice")

    customers.update(
        customer=alice, changes={"labels": [{"key": "VIP", "value": ""}]}, actor=SYSTEM
    )

    assert names_in(segment) == {"Alice"}


def test_sg3_who_is_blocked_leaves_and_who_is_let_in_again_enters(shop: Store) -> None:
    segment = make_segment(shop, [criterion("transaction_count", max=0)])
    alice = CustomerFactory(shop, first_name="Alice")
    assert names_in(segment) == {"Alice"}

    customers.deactivate(customer=alice, actor=SYSTEM)
    assert names_in(segment) == set()

    customers.activate(customer=alice, actor=SYSTEM)
    assert names_in(segment) == {"Alice"}


def test_sg8_a_customer_may_be_in_many_segments(shop: Store) -> None:
    everybody = [criterion("transaction_count", min=0)]
    found = [make_segment(shop, everybody, name=name) for name in ("A", "B", "C")]

    CustomerFactory(shop, first_name="Alice")

    assert [names_in(segment) for segment in found] == [{"Alice"}] * 3


def test_time_alone_moves_customers_when_the_job_runs(shop: Store) -> None:
    segment = make_segment(shop, [criterion("anniversary", anniversary_type="birthday", days=1)])
    CustomerFactory(shop, first_name="Alice", birth_date=date(1990, 3, 10))

    segment_members.recalculate(segment.pk, now=NOW)
    assert names_in(segment) == {"Alice"}
    segment_members.recalculate(segment.pk, now=NOW + timedelta(days=1))
    assert names_in(segment) == set()


def test_a_purchase_asks_only_about_segments_that_it_can_change(
    shop: Store, django_assert_num_queries: Callable[..., Any]
) -> None:
    make_segment(shop, [criterion("customer_has_labels", labels=[{"key": "vip"}])])
    alice = CustomerFactory(shop)
    alice.store = shop
    segment_members.recheck(customer=alice, now=NOW)

    with django_assert_num_queries(0):
        segment_members.recheck(customer=alice, now=NOW, is_after_purchase=True)


def test_one_statement_checks_all_segments(
    shop: Store, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(10):
        make_segment(shop, SPENDERS, [criterion("bought_skus", sku_ids=["x"])], name=str(number))
    alice = CustomerFactory(shop)
    alice.store = shop
    segment_members.recheck(customer=alice, now=NOW)

    with django_assert_num_queries(1):
        segment_members.recheck(customer=alice, now=NOW, is_after_purchase=True)


def test_only_active_customers_are_found_by_a_check(shop: Store) -> None:
    segment = make_segment(shop, [criterion("transaction_count", min=0)])
    CustomerFactory(shop, status=CustomerStatus.ACTIVE)
    blocked = CustomerFactory(shop, status=CustomerStatus.BLOCKED)
    blocked.store = shop
    segment_members.recheck(customer=blocked, now=NOW)

    assert not segment.memberships.filter(customer=blocked).exists()
