"""
Segments against SQL written by hand for one segment: a rebuild, and one customer after a purchase.

The segment: has spent 100 or more, bought within 90 days, and bought at one of two points of sale.
"""

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from tests.benchmarks.results import Result

QUICK = bool(os.environ.get("QUICK"))
CUSTOMERS = 50_000 if QUICK else 1_000_000
TRANSACTIONS = 5 * CUSTOMERS
CHECKS = 500
# Of the store that one customer is checked in.
OTHER_SEGMENTS = 9
SECONDS_PER_CHECK_MAX = 0.002
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SINCE = datetime(2025, 12, 9, 23, tzinfo=UTC)  # midnight in Warsaw, 90 days before


def run() -> Iterator[Result]:
    from accounts.services import segment_members

    store, shops = fill()
    by_hand, ours = make_segments(store, shops)
    floor = timed(lambda: rebuild_by_hand(by_hand, shops))
    found = timed(lambda: segment_members.recalculate(ours.pk, now=NOW))
    members = ours.memberships.count()
    assert members == by_hand.memberships.count() > CUSTOMERS / 100
    yield Result(
        f"segments: rebuild of {CUSTOMERS:,} customers, {TRANSACTIONS:,} purchases",
        floor / found,
        0.5,
        f"{found:.1f} s for {members:,} members, by hand {floor:.1f} s",
    )
    floor = timed(lambda: rebuild_by_hand(by_hand, shops))
    found = timed(lambda: segment_members.recalculate(ours.pk, now=NOW))
    yield Result(
        "segments: the same where nothing has changed",
        floor / found,
        0.5,
        f"{found:.1f} s, by hand {floor:.1f} s",
    )
    median = check_one(store)
    yield Result(
        f"segments: one customer again, {OTHER_SEGMENTS + 1} segments",
        SECONDS_PER_CHECK_MAX / median,
        1,
        f"{median * 1000:.2f} ms, at most {SECONDS_PER_CHECK_MAX * 1000:.0f}",
    )


def timed(deed: Any) -> float:
    begun = time.perf_counter()
    deed()
    return time.perf_counter() - begun


def make_segments(store: Any, shops: list[Any]) -> tuple[Any, Any]:
    """Return a segment to be filled by hand, and the same for the product, which it alone knows."""
    from accounts.models import Segment
    from tests.support.segments import criterion, make_segment

    parts = (
        [criterion("transaction_amount", from_amount=Decimal(100))],
        [criterion("last_purchase_n_days_before", days=90)],
        [criterion("bought_in_pos", pos_ids=[str(shop.uuid) for shop in shops[:2]])],
    )
    by_hand = make_segment(store, *parts, name="By hand", is_active=False)
    ours = make_segment(store, *parts, name="Ours", is_active=False)
    Segment.objects.filter(pk=ours.pk).update(is_active=True)
    return by_hand, ours


@transaction.atomic
def rebuild_by_hand(segment: Any, shops: list[Any]) -> None:
    arguments = {
        "segment": segment.pk,
        "store": segment.store_id,
        "since": SINCE,
        "now": NOW,
        "shops": [shop.pk for shop in shops[:2]],
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND, arguments)


BY_HAND = """
    with wanted as materialized (
        select c.id, c.uuid from accounts_customer c
        where c.store_id = %(store)s and c.status = 'active' and c.transactions_amount >= 100
            and c.id in (select customer_id from transactions_transaction
                where store_id = %(store)s and purchased_at between %(since)s and %(now)s)
            and c.id in (select customer_id from transactions_transaction
                where store_id = %(store)s and pos_id = any(%(shops)s))
    ), added as (
        insert into accounts_segmentmembership (segment_id, customer_id, since)
        select %(segment)s, id, %(now)s from wanted
        on conflict (customer_id, segment_id) do nothing returning customer_id
    ), removed as (
        delete from accounts_segmentmembership m
        where segment_id = %(segment)s
            and not exists (select from wanted w where w.id = m.customer_id)
        returning customer_id
    )
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select gen_random_uuid(), %(store)s, moved.type, c.uuid, c.id,
        jsonb_build_object('customerId', c.uuid, 'segmentId', %(segment)s), %(now)s
    from (
        select customer_id, 'customer.added_to_segment' as type from added
        union all select customer_id, 'customer.removed_from_segment' from removed
    ) moved join accounts_customer c on c.id = moved.customer_id
"""


def check_one(store: Any) -> float:
    """Return the median seconds of a check after a purchase, of ever other customers."""
    from accounts.models import Customer, Segment
    from accounts.services import segment_members
    from loyalty.core.services import stores
    from tests.support.segments import criterion, make_segment

    for number in range(OTHER_SEGMENTS):
        made = make_segment(
            store,
            [criterion("transaction_count", min=number), criterion("bought_skus", sku_ids=["x"])],
            [criterion("last_purchase_n_days_before", days=10 * number + 1)],
            name=f"Segment {number}",
            is_active=False,
        )
        Segment.objects.filter(pk=made.pk).update(is_active=True)
    stores.touch_rules(store.pk)
    store.refresh_from_db()
    step = max(1, CUSTOMERS // CHECKS)
    customers = list(Customer.objects.in_store(store).order_by("pk")[1::step])
    seconds = []
    for customer in customers:
        customer.store = store
        with transaction.atomic():
            seconds.append(
                timed(
                    lambda customer=customer: segment_members.recheck(
                        customer=customer, now=NOW, is_after_purchase=True
                    )
                )
            )
    return statistics.median(seconds)


def fill() -> tuple[Any, list[Any]]:
    """Open a store with customers and purchases, made by the server from one of each."""
    from accounts.ledger.models import Wallet
    from accounts.models import Customer
    from tests.factories import CustomerFactory, PosFactory, StoreFactory
    from tests.factories.transactions import TransactionFactory
    from transactions.models import Transaction

    store = StoreFactory()
    shops = [PosFactory(store) for _ in range(20)]
    customer = CustomerFactory(store)
    document = TransactionFactory(store, customer=customer, pos=shops[0])
    multiply(Wallet, customer.wallet_id, CUSTOMERS, {})
    multiply(
        Customer,
        customer.pk,
        CUSTOMERS,
        {
            "wallet_id": f"{customer.wallet_id} + n",
            "email": "'c' || n || '@example.com'",
            "transactions_amount": "n %% 300",
            "transactions_count": "5",
        },
    )
    multiply(
        Transaction,
        document.pk,
        TRANSACTIONS,
        {
            "document_number": "'d' || n",
            "customer_id": f"{customer.pk} + 1 + (n::bigint * 7919) %% {CUSTOMERS}",
            "pos_id": f"{shops[0].pk} + abs(hashint4(n)::bigint) %% 20",
            "purchased_at": "timestamptz '2026-03-10 10:00Z'"
            " - abs(hashint4(n + 1000003)::bigint) %% 1000 * interval '1 day'",
        },
    )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    return store, shops


def multiply(
    model: Any,
    pk: int,
    count: int,
    changed: dict[str, str],
    arguments: Sequence[object] = (),
) -> None:
    """
    Copy a row `count` times under ascending keys; `changed`: SQL in the number n, by column.

    `arguments`: for the places in `changed`, in the order of the columns.
    """
    columns = [field.column for field in model._meta.concrete_fields if not field.generated]
    values = {"id": f"{pk} + n", "uuid": "gen_random_uuid()"} | changed
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {table} ({', '.join(columns)})"
            f" select {', '.join(values.get(column, column) for column in columns)}"
            f" from {table}, generate_series(1, %s) n where id = %s",
            [*arguments, count, pk],
        )
        # The sequence goes on behind them.
        cursor.execute("select setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, pk + count])
