"""
The list of customers over HTTP's view: pages, parts of names, and the price of its documents.

Pages far down cost what the first one costs; a piece out of the middle of a name, an address or a
number is found by the product's own index, beside which `pg_trgm`'s is measured where there is one.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import RequestFactory

from tests.benchmarks.bench_segments import multiply
from tests.benchmarks.results import Result

QUICK = bool(os.environ.get("QUICK"))
CUSTOMERS = 50_000 if QUICK else 1_000_000
DEPTH = CUSTOMERS * 9 // 10
REPEATS = 15 if QUICK else 60
SEARCH_SECONDS_MAX = 0.06
PER_PAGE = 50


def run() -> Iterator[Result]:
    store = fill()
    call = caller(store)
    plain = bare_view(store)
    first, deep, floor = medians(
        lambda: call({"page": 1, "perPage": PER_PAGE}),
        lambda: call({"page": DEPTH // PER_PAGE, "perPage": PER_PAGE}),
        lambda: plain(RequestFactory().get("/")),
    )
    yield Result(
        f"customers: page at {DEPTH:,} of {CUSTOMERS:,} against the first",
        first / deep,
        1 / 1.5,
        f"{deep * 1000:.1f} ms, the first {first * 1000:.1f} ms",
    )
    yield scrolling(call)
    yield from searching(store, call)
    yield Result(
        f"customers: list of {PER_PAGE} against a bare view of the same",
        floor / first,
        0.5,
        f"{first * 1000:.1f} ms, bare {floor * 1000:.1f} ms",
    )


def scrolling(call: Callable[[dict[str, Any]], Any]) -> Result:
    """A scroll's page at the end against the one at the beginning."""
    from django.core import signing

    from accounts.api.open_loyalty.customers import SCROLL_SALT
    from accounts.models import Customer

    def page(after: int | None) -> Any:
        scroll = signing.dumps({"query": [], "after": after}, salt=SCROLL_SALT, compress=True)
        return call({"scrollId": scroll, "perPage": PER_PAGE})

    last = Customer.objects.order_by("-pk").values_list("pk", flat=True)[DEPTH]
    first, deep = medians(lambda: page(None), lambda: page(last))
    return Result(
        f"customers: scrolled to {DEPTH:,} against the first page",
        first / deep,
        1 / 1.5,
        f"{deep * 1000:.1f} ms, the first {first * 1000:.1f} ms",
    )


def searching(store: Any, call: Callable[[dict[str, Any]], Any]) -> Iterator[Result]:
    """By a piece of each, of ever other customers."""
    step = CUSTOMERS // (REPEATS + 1)
    pieces = {
        "email": lambda n: f"r{n:07d}@ex",
        "phone": lambda n: f"{600000000 + n}"[-6:],
        "loyaltyCardNumber": lambda n: f"{n:08d}"[1:],
        "lastName": lambda n: f"on{n % 9973:04d}",
    }
    for name, piece in pieces.items():
        seconds = []
        for number in range(1, REPEATS + 1):
            begun = time.perf_counter()
            found = call({name: piece(number * step), "perPage": PER_PAGE})
            seconds.append(time.perf_counter() - begun)
            assert found["total"] >= 1, (name, piece(number * step))
        slow = sorted(seconds)[int(len(seconds) * 0.95)]
        yield Result(
            f"customers: search by a part of {name}, p95",
            SEARCH_SECONDS_MAX / slow,
            1,
            f"{slow * 1000:.1f} ms, at most {SEARCH_SECONDS_MAX * 1000:.0f}",
        )
    yield from against_pg_trgm(store)


def against_pg_trgm(store: Any) -> Iterator[Result]:
    """What the same costs with the extension, where the server offers it: size and time."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_relation_size('customer_by_folded_part')")
        ours = cursor.fetchone()[0]
        cursor.execute("select 1 from pg_available_extensions where name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return
        cursor.execute("create extension if not exists pg_trgm")
        cursor.execute(
            "create index trgm on accounts_customer using gin (upper(email) gin_trgm_ops)"
        )
        cursor.execute("vacuum analyze accounts_customer")
        cursor.execute("select pg_relation_size('trgm')")
        theirs = cursor.fetchone()[0]
        seconds = []
        step = CUSTOMERS // (REPEATS + 1)
        for number in range(1, REPEATS + 1):
            begun = time.perf_counter()
            cursor.execute(
                "select * from accounts_customer"
                " where store_id = %s and upper(email) like upper(%s)",
                [store.pk, f"%r{number * step:07d}@ex%"],
            )
            cursor.fetchall()
            seconds.append(time.perf_counter() - begun)
        cursor.execute("drop index trgm")
    slow = sorted(seconds)[int(len(seconds) * 0.95)]
    yield Result(
        "customers: the same statement by pg_trgm, p95",
        SEARCH_SECONDS_MAX / slow,
        1,
        f"{slow * 1000:.1f} ms; index of e-mails {theirs / 2**20:.0f} MB,"
        f" ours of all five {ours / 2**20:.0f} MB",
    )


def caller(store: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a function that asks the list's view, signed in as staff, and returns its answer."""
    import json

    from accounts.models import StaffUser
    from tests.support.api import ApiClient

    client = ApiClient(StaffUser.objects.create_superuser("sam", "Open-Sesame-1"))

    def call(query: dict[str, Any]) -> Any:
        answer = client.get(f"{store.code}/customer", query)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    return call


def bare_view(store: Any) -> Callable[[HttpRequest], JsonResponse]:
    """Return a view of Django alone: 50 customers as plain dictionaries, and a total."""
    from accounts.models import Customer

    columns = [field.name for field in Customer._meta.concrete_fields]

    def view(request: HttpRequest) -> JsonResponse:
        known = Customer.objects.in_store(store).exclude(status="deleted")
        page = known.order_by("-created_at", "-pk")[:PER_PAGE]
        rows = list(page.values(*columns, "pos__uuid", "pos__identifier", "seller__uuid"))
        return JsonResponse({"customers": rows, "total": known.count()})

    return view


def medians(*deeds: Callable[[], object]) -> list[float]:
    """Time each by turns, so that what else the machine does is no part of their ratios."""
    seconds: list[list[float]] = [[] for _deed in deeds]
    for _repeat in range(REPEATS):
        for deed, own in zip(deeds, seconds, strict=True):
            begun = time.perf_counter()
            deed()
            own.append(time.perf_counter() - begun)
    return [statistics.median(own) for own in seconds]


def fill() -> Any:
    from accounts.ledger.models import Wallet
    from accounts.models import Customer
    from tests.factories import CustomerFactory, StoreFactory

    store = StoreFactory()
    customer = CustomerFactory(store)
    multiply(Wallet, customer.wallet_id, CUSTOMERS, {})
    with connection.cursor() as cursor:
        # Built once over all of them, as a migration would.
        cursor.execute("drop index customer_by_folded_part")
    multiply(
        Customer,
        customer.pk,
        CUSTOMERS,
        {
            "wallet_id": f"{customer.wallet_id} + n",
            "last_name": "'Johnson' || lpad((n %% 9973)::text, 4, '0')",
            "email": "'customer' || lpad(n::text, 7, '0') || '@example.com'",
            "phone": "'+48' || (600000000 + n)",
            "loyalty_card_number": "lpad(n::text, 8, '0')",
            "created_at": "timestamptz '2025-01-01 10:00Z' + n * interval '20 seconds'",
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "create index customer_by_folded_part on accounts_customer using gin"
            " (accounts_customer_folded_parts("
            "first_name, last_name, email, loyalty_card_number, phone))"
        )
        cursor.execute("vacuum analyze accounts_customer")
    return store
