"""
Files in: customers against raw COPY and against django-import-export, purchases against the till.

All through a job, from the first byte of the file to the last committed row. The floor of customers
is COPY into a staging table and one statement that inserts the same rows into the same tables.
"""

import io
import itertools
import os
import resource
import time
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from tests.benchmarks.results import Result

QUICK = bool(os.environ.get("QUICK"))
CUSTOMERS = 4_000 if QUICK else 50_000
DOCUMENTS = 2_000 if QUICK else 20_000
BUYERS = 400 if QUICK else 2_000
ONE_BY_ONE = 200 if QUICK else 1_000
LINES = 3
MEMORY_MEGABYTES_MAX = 400


def run() -> Iterator[Result]:
    yield from bring_in_customers()
    yield bring_in_purchases()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Result(
        "imports: memory at the most",
        MEMORY_MEGABYTES_MAX / megabytes,
        1,
        f"{megabytes:.0f} MB, at most {MEMORY_MEGABYTES_MAX}",
    )


def bring_in_customers() -> Iterator[Result]:
    ours = CUSTOMERS / timed(lambda: take("customers", people("ours", CUSTOMERS), open_store()))
    floor = CUSTOMERS / timed(lambda: copy_and_insert(open_store()))
    yield Result(
        f"imports: {CUSTOMERS:,} customers against COPY and an insert",
        ours / floor,
        0.4,
        f"{ours:.0f}/s, the floor {floor:.0f}/s",
    )
    few = CUSTOMERS // 5
    library = few / timed(lambda: import_export_in_bulk(open_store(), few))
    yield Result(
        "imports: customers against django-import-export in bulk",
        ours / library,
        3,
        f"{ours:.0f}/s, the library {library:.0f}/s",
    )


def bring_in_purchases() -> Result:
    from loyalty.core.actors import SYSTEM
    from transactions.services import purchases

    store, code = open_store(with_rules=True), uuid.uuid4().hex[:6]
    take("customers", people(code, BUYERS), store)
    described = [document(code, number) for number in range(ONE_BY_ONE + 50)]
    for warm in described[:50]:
        purchases.register(store=store, document=warm, actor=SYSTEM)

    def register() -> None:
        for each in described[50:]:
            purchases.register(store=store, document=each, actor=SYSTEM)

    single = ONE_BY_ONE / timed(register)
    file = receipts(code, DOCUMENTS)
    ours = DOCUMENTS / timed(lambda: take("transactions", file, store))
    return Result(
        f"imports: {DOCUMENTS:,} purchases against one by one",
        ours / single,
        10,
        f"{ours:.0f}/s, one by one {single:.0f}/s",
    )


def timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def open_store(*, with_rules: bool = False) -> Any:
    from earning.models import RuleType
    from tests.factories import LevelFactory, StoreFactory
    from tests.factories.earning import EarningRuleFactory

    store = StoreFactory(code=f"bench-{uuid.uuid4().hex[:8]}")
    for number, condition in enumerate((0, 100, 1_000)):
        LevelFactory(store, name=f"Level {number}", condition_value=Decimal(condition))
    if with_rules:
        EarningRuleFactory(store=store, type=RuleType.POINTS)
        EarningRuleFactory(store=store, type=RuleType.PRODUCT_PURCHASE)
    store.refresh_from_db()
    return store


def take(kind: str, text: str, store: Any) -> None:
    from loyalty.core.actors import SYSTEM
    from loyalty.core.imports import drafts, kinds, running

    found = kinds.get(kind)
    assert found is not None
    file = io.BytesIO(text.encode())
    job = drafts.keep(store=store, kind=found, file=file, name=f"{kind}.csv", actor=SYSTEM)
    running.run(drafts.start(job=job, actor=SYSTEM).pk)
    job.refresh_from_db()
    assert job.rows_ok == job.rows_done > 0, (job.error, job.rows.first())


def people(code: str, count: int) -> str:
    head = "email;firstName;lastName;active;gender;agreement1;phone;address.city\n"
    return head + "".join(
        f"{code}{number}@example.com;Ann;Member {number};true;female;true;"
        f"{600_000_000 + number};Warszawa\n"
        for number in range(count)
    )


def receipts(code: str, count: int) -> str:
    head = (
        "documentNumber;purchaseDate;documentType;customer.name;customer.email;"
        "items.item.sku.code;items.item.name;items.item.quantity;items.item.grossValue;"
        "items.item.category;items.item.maker\n"
    )
    return head + "".join(
        f"{code}-file-{number};2026-03-14T10:29:05+01:00;sell;Ann;"
        f"{code}{number * 7 % BUYERS}@example.com;SKU{line};Tea;1;12.34;drinks;Best\n"
        for number in range(count)
        for line in range(LINES)
    )


def document(code: str, number: int) -> Any:
    from transactions.services.documents import Buyer, Document, Line

    return Document(
        number=f"{code}-till-{number}",
        lines=tuple(
            Line(f"SKU{line}", "Tea", Decimal(1), Decimal("12.34"), "drinks", "Best")
            for line in range(LINES)
        ),
        buyer=Buyer(name="Ann", email=f"{code}{number * 7 % BUYERS}@example.com"),
    )


def copy_and_insert(store: Any) -> None:
    """Send the same customers by COPY, and insert all that belongs to them by one statement."""
    from accounts.models import Level
    from accounts.services import customer_batches as batches
    from loyalty.core.models import uuid7

    level = Level.objects.in_store(store).earliest("condition_value")
    staged = ", ".join(batches.STAGED)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(batches.STAGE)
        with cursor.cursor.copy(f"copy customer_stage ({staged}) from stdin") as copy:
            for number in range(CUSTOMERS):
                copy.write(
                    f"{number}\t{uuid7()}\t{uuid7()}\tAnn\tMember {number}\t"
                    f"floor{number}@example.com\t{600_000_000 + number}\t\\N\tfemale\t\\N\t"
                    '{"city": "Warszawa"}\t{}\t[]\tt\tf\tf\tactive\t\t'
                    f"{level.pk}\t{level.uuid}\tf\t\\N\t\\N\t2026-03-14\t"
                    '{"email": "x"}\n'
                )
        cursor.execute(batches.INSERT_AND_TELL, _arguments(store))


def _arguments(store: Any) -> dict[str, Any]:
    from django.utils import timezone

    from accounts.ledger.models import PointType

    return {
        "store": store.pk,
        "now": timezone.now(),
        "point_type": PointType.objects.in_store(store).get(is_default=True).pk,
        "manual": "manual",
        "registration": "registration",
        "actor_kind": "system",
        "actor_id": "",
        "username": "",
        "ip_address": None,
    }


def import_export_in_bulk(store: Any, count: int) -> None:
    """
    Let the library register the same customers in its bulk mode, with all rows that belong to them.

    It recognises by e-mail who is there already, as our import does by all three identifiers, and
    is spared the checks of the values, which it would make by several queries for each row.
    """
    import tablib
    from import_export.instance_loaders import CachedInstanceLoader
    from import_export.resources import ModelResource

    from accounts.ledger.models import Wallet
    from accounts.models import Customer, Level

    level = Level.objects.in_store(store).earliest("condition_value")
    wallets = iter(Wallet.objects.bulk_create(Wallet(store=store) for _ in range(count)))
    columns = ["email", "first_name", "last_name", "gender", "agreement1", "phone", "address"]

    class CustomerModelResource(ModelResource):  # type: ignore[misc]  # the library is not typed
        class Meta:
            model = Customer
            fields = columns
            import_id_fields = ("email",)
            instance_loader_class = CachedInstanceLoader
            use_bulk = True
            skip_diff = True
            batch_size = 1_000

        def get_queryset(self) -> Any:
            return Customer.objects.in_store(store)

        def before_save_instance(self, instance: Any, row: Any, **options: Any) -> None:
            instance.store = store
            instance.wallet = next(wallets)
            instance.level = level
            instance.status = "active"

    rows = tablib.Dataset(headers=columns)
    for number in range(count):
        rows.append(
            [
                f"lib{number}@example.com",
                "Ann",
                f"Member {number}",
                "female",
                1,
                f"6{number:08d}",
                '{"city": "Warszawa"}',
            ]
        )
    with transaction.atomic():
        result = CustomerModelResource().import_data(rows, raise_errors=True)
        assert not result.has_errors()
        write_what_belongs_to(store, level)


def write_what_belongs_to(store: Any, level: Any) -> None:
    """Write for all customers of a store what a registration writes beside them, by the ORM."""
    from django.utils import timezone

    from accounts.ledger.models import PointType, WalletBalance
    from accounts.models import Customer, LevelChange
    from loyalty.core.models import AuditEntry, Event

    now = timezone.now()
    point_type = PointType.objects.in_store(store).get(is_default=True)
    for born in batched(Customer.objects.in_store(store).iterator(1_000), 1_000):
        WalletBalance.objects.bulk_create(
            WalletBalance(wallet_id=each.wallet_id, point_type=point_type) for each in born
        )
        LevelChange.objects.bulk_create(
            LevelChange(customer=each, new_level=level, reason="registration", changed_at=now)
            for each in born
        )
        AuditEntry.objects.bulk_create(
            AuditEntry(
                store=store,
                created_at=now,
                event_type="RegisterCustomer",
                entity_type="Customer",
                entity_id=str(each.uuid),
                data={"email": each.email, "first_name": each.first_name},
            )
            for each in born
        )
        Event.objects.bulk_create(
            Event(
                store=store,
                type=fact,
                subject=each.uuid,
                customer_id=each.pk,
                payload={"customerId": str(each.uuid)},
                recorded_at=now,
            )
            for each in born
            for fact in facts_of_newcomers()
        )


def facts_of_newcomers() -> tuple[str, ...]:
    """Return what is told of a newcomer who is active and wants no newsletter."""
    from accounts.services import customer_batches

    return customer_batches.FACTS[:4]


def batched(entries: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(itertools.islice(entries, size)):
        yield batch
