"""A page far down a list …"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Customer, StaffUser
from loyalty.core.api import views
from loyalty.core.models import Store
from tests.factories import CustomerFactory
from tests.support.api import ApiClient

COUNT = 23


@pytest.fixture
def sam(db: None) -> ApiClient:
    return ApiClient(StaffUser.objects.create_superuser("sam-the-staff", "Open-Sesame-1"))


@pytest.fixture
def crowded(store: Store) -> Store:
    """A store with customers, of whom several registered at once and several never bought."""
    now = timezone.now()
    for place in range(COUNT):
        customer = CustomerFactory(store, created_at=now - timedelta(hours=place // 3))
        if place % 4:
            Customer.objects.filter(pk=customer.pk).update(
                last_transaction_at=now - timedelta(days=place % 5)
            )
    return store


def pages(client: ApiClient, store: Store, **query: Any) -> list[list[str]]:
    path = f"{store.code}/customer"
    answers = [client.get(path, {"page": n, "perPage": 4, **query}).data for n in range(1, 8)]
    assert {answer["total"] for answer in answers} == {COUNT}
    return [[row["customerId"] for row in answer["customers"]] for answer in answers]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="newest-first"),
        pytest.param({"sort": "createdAt"}, id="oldest-first"),
        pytest.param({"sort": "lastTransactionDate"}, id="without-a-date-last"),
        pytest.param({"sort": "lastTransactionDate", "direction": "desc"}, id="without-first"),
        pytest.param({"sort": "averageTransactionAmount"}, id="computed"),
    ],
)
def test_is_the_one_that_an_offset_would_read(
    crowded: Store, sam: ApiClient, monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
) -> None:
    """GEN-5, CUS-60: no list ends at the 10,000th entry."""
    by_offset = pages(sam, crowded, **query)

    monkeypatch.setattr(views, "DEEP", 1)

    assert pages(sam, crowded, **query) == by_offset
    assert [len(page) for page in by_offset] == [4, 4, 4, 4, 4, 3, 0]
    assert len({one for page in by_offset for one in page}) == COUNT


def test_is_answered_where_there_is_nothing_any_more(store: Store, sam: ApiClient) -> None:
    """CUS-60."""
    answer = sam.get(f"{store.code}/customer", {"page": 900_000, "perPage": 1000})

    assert (answer.status_code, answer.data) == (200, {"customers": [], "total": 0})


def test_skips_by_keys_alone_and_from_the_nearer_end(
    crowded: Store, sam: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "DEEP", 1)
    with CaptureQueriesContext(connection) as captured:
        sam.get(f"{crowded.code}/customer", {"page": 6, "perPage": 4})

    [keys] = [one["sql"] for one in captured if "LIMIT 3" in one["sql"]]

    assert "OFFSET" not in keys
    selected = keys.partition(" FROM ")[0]
    assert selected in {
        'SELECT "accounts_customer"."id"',
        'SELECT "accounts_customer"."id" AS "pk"',
    }


def test_a_scroll_misses_nobody_while_others_register(crowded: Store, sam: ApiClient) -> None:
    """CUS-60: who was there at its beginning is read once, whoever comes meanwhile."""
    there = {str(uuid) for uuid in Customer.objects.values_list("uuid", flat=True)}
    path, scroll, read = f"{crowded.code}/customer", "", []
    while True:
        answer = sam.get(path, {"perPage": 5, "scrollId": scroll}).data
        if not answer["customers"]:
            break
        read += [row["customerId"] for row in answer["customers"]]
        scroll = answer["scrollId"]
        CustomerFactory(crowded)

    assert sorted(read) == sorted(there)
