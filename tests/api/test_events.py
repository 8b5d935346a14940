"""Chapter Event. Source: campaigns-people spec 13.5."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from loyalty.core import events
from loyalty.core.api.open_loyalty.events import NAMES, type_of
from loyalty.core.models import Event, Store, uuid7
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient
from tests.support.segments import criterion, make_segment

Api = Callable[..., ApiClient]

DEADLINE = 60
NOW = datetime(2020, 10, 15, 10, 6, 38, tzinfo=UTC)


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory())


def fact(type: str, store: Store | None = None, **payload: Any) -> Event:
    with transaction.atomic():
        return events.append(type, store=store, subject=uuid7(), payload=payload, now=NOW)


def test_shows_one_as_printed(client: ApiClient, store: Store):
    event = fact(
        "points.spent",
        store,
        accountId="e5fbe6a2-18f6-4569-8c5c-8f87c7717d87",
        pointsTransferId="e82c96cf-32a3-43bd-9034-4df343e5f333",
        comment="Example comment",
        createdAt="2020-10-15T12:06:38+02:00",
        value="100",
        issuer="system",
    )

    answer = client.get(f"event/{event.pk}")

    assert answer.status_code == 200
    assert answer.data == {
        "id": event.pk,
        "uuid": str(event.subject),
        "payload": {
            "accountId": {"accountId": "e5fbe6a2-18f6-4569-8c5c-8f87c7717d87"},
            "pointsTransfer": {
                "id": {"pointsTransferId": "e82c96cf-32a3-43bd-9034-4df343e5f333"},
                "comment": "Example comment",
                "createdAt": "2020-10-15T10:06:38+00:00",
                "value": 100,
                "canceled": False,
                "issuer": "system",
            },
        },
        "type": "OpenLoyalty.Domain.Account.Event.PointsWereSpent",
        "recorderOn": "2020-10-15T10:06:38+00:00",
    }


def test_shows_a_move_between_levels_as_printed(client: ApiClient, store: Store):
    event = fact(
        "customer.moved_to_level",
        store,
        customerId="c",
        levelId="new",
        oldLevelId="old",
        manually=False,
        removeLevelManually=False,
    )

    assert client.get(f"event/{event.pk}").data["payload"] == {
        "customerId": {"customerId": "c"},
        "levelId": {"levelId": "new"},
        "oldLevelId": {"levelId": "old"},
        "updateAt": "2020-10-15T10:06:38+00:00",
        "manually": False,
        "removeLevelManually": False,
    }


def test_lists_in_ascending_order_from_an_id_on(client: ApiClient):
    facts = [fact("customer.registered") for _ in range(12)]

    first = client.get("event", {"fromId": facts[0].pk})
    rest = client.get("event", {"fromId": facts[10].pk, "perPage": 5})

    assert list(first.data) == ["events", "total"]
    assert [row["id"] for row in first.data["events"]] == [event.pk for event in facts[:10]]
    assert first.data["total"] == 12
    assert [row["id"] for row in rest.data["events"]] == [event.pk for event in facts[10:]]
    assert rest.data["total"] == 2


@pytest.mark.parametrize("query", [{"fromId": "x"}, {"fromId": 10**30}, {"fromId": -1}, {}])
def test_an_odd_start_means_the_beginning(client: ApiClient, query: dict[str, Any]):
    answer = client.get("event", query)

    assert answer.status_code == 200
    assert answer.data["events"][0]["id"] == Event.objects.earliest("pk").pk


@pytest.mark.django_db(transaction=True)
def test_who_asks_from_an_id_on_misses_nothing_that_is_committed_late(api: Api):
    """Two real connections: the fact with the lower id is committed last."""
    client = api(StaffFactory())
    begun = fact("begun").pk + 1
    has_written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                fact("slow")
                has_written.set()
                assert may_commit.wait(DEADLINE)
        finally:
            connection.close()

    def seen() -> list[str]:
        rows = client.get("event", {"fromId": begun}).data["events"]
        return [Event.objects.get(pk=row["id"]).type for row in rows]

    thread = threading.Thread(target=slow)
    thread.start()
    assert has_written.wait(DEADLINE)
    fact("quick")

    meanwhile = seen()
    may_commit.set()
    thread.join(DEADLINE)
    end = time.monotonic() + DEADLINE
    # Transactions in other databases of the server hold them back, too.
    while len(found := seen()) < 2 and time.monotonic() < end:
        time.sleep(0.05)

    assert meanwhile == []
    assert found == ["slow", "quick"]


@pytest.mark.parametrize("number", [0, 10**9, 10**30])
def test_an_unknown_one_is_not_found(client: ApiClient, number: int):
    assert client.get(f"event/{number}").status_code == 404


def test_staff_of_one_store_see_its_facts_only(store: Store, api: Api):
    other = fact("customer.registered", StoreFactory())
    own = fact("customer.registered", store)
    clerk = api(StaffFactory("AUDIT", stores=[store]))

    listed = [row["id"] for row in clerk.get("event", {"perPage": 100}).data["events"]]

    assert own.pk in listed
    assert other.pk not in listed
    assert clerk.get(f"event/{other.pk}").status_code == 404


def test_a_registration_tells_its_facts_under_their_names(client: ApiClient, store: Store):
    start = Event.objects.count()
    CustomerFactory(store)

    rows = client.get("event", {"perPage": 100}).data["events"][start:]

    types = {row["type"].removeprefix("OpenLoyalty.Domain.") for row in rows}
    assert {"User.Event.CustomerWasRegistered", "Account.Event.AccountWasCreated"} <= types


def test_sg6_a_segment_tells_who_came_under_the_documented_name(
    client: ApiClient, store: Store
) -> None:
    segment = make_segment(store, [criterion("transaction_count", min=0)])
    customer = CustomerFactory(store)

    rows = client.get("event", {"perPage": 100}).data["events"]

    [row] = [row for row in rows if row["type"].endswith("Event.CustomerAddedToSegment")]
    assert row["payload"]["segmentId"] == {"segmentId": str(segment.uuid)}
    assert row["payload"]["customerId"] == {"customerId": str(customer.uuid)}


def test_every_fact_has_a_name(db: None):
    for name in NAMES:
        area, _, rest = type_of(name).removeprefix("OpenLoyalty.Domain.").partition(".Event.")
        assert area
        assert rest


def test_a_fact_that_the_original_did_not_know_gets_a_name_in_its_manner(db: None):
    named = type_of("wallet.was_emptied")

    assert named == "OpenLoyalty.Domain.Wallet.Event.WasEmptied"
