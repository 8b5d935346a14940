"""Chapter Audit. Source: AUD-1…6."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from loyalty.core.actors import Actor, ActorKind
from loyalty.core.models import ArchivedAuditEntry, AuditArchive, AuditEntry, Store
from loyalty.core.services import audit, audit_archives, forgetting
from tests.factories import CustomerFactory, SellerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2019, 3, 6, 11, 12, 29, tzinfo=UTC)
MONA = Actor(kind=ActorKind.STAFF, id=7, uuid=uuid4(), name="mona", ip_address="8.8.8.8")


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory("AUDIT"))


def entry(store: Store | None = None, actor: Actor | None = MONA, **fields: Any) -> AuditEntry:
    given: dict[str, Any] = {
        "event_type": "UpdateLevel",
        "entity_type": "Level",
        "entity_id": "1",
        "now": NOW,
    }
    return audit.record(actor, store=store, **given | fields)


def ids(answer: Any) -> list[str]:
    return [row["auditLogId"]["auditLogId"] for row in answer.data["logs"]]


def csv_of(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_lists_as_printed(client: ApiClient, store: Store):
    """AUD-1, AUD-2: an act of nobody who is signed in says so."""
    made = entry(store, None, event_type="ActivateCustomer", entity_type="Customer", entity_id="c")

    answer = client.get("audit/log", {"eventType": "ActivateCustomer"})

    assert answer.status_code == 200
    assert list(answer.data) == ["logs", "total"]
    assert answer.data["logs"] == [
        {
            "auditLogId": {"auditLogId": str(made.uuid)},
            "createdAt": "2026-11-21T12:00:00+0000",
            "eventType": "ActivateCustomer",
            "entityType": "customer",
            "entityId": "c",
            "username": "<notlogged>",
            "data": [],
        }
    ]


def test_shows_old_and_new_values(client: ApiClient, store: Store):
    entry(store, event_type="UpdatePos", data={"name": {"old": "Bagno", "new": "Rynek"}})

    [row] = client.get("audit/log", {"eventType": "UpdatePos"}).data["logs"]

    assert row["data"] == {"name": {"old": "Bagno", "new": "Rynek"}}


@pytest.mark.parametrize(
    "query",
    [
        {"entityType": "customer"},
        {"entityType": "Customer"},
        {"eventType": "MoveCustomerToLevel"},
        {"entityId": "c-7"},
        {"username": "sam"},
        {"createdAtFrom": "2026-11-25"},
        {"createdAtFrom": "2026-11-25 09:30", "createdAtTo": "2026-11-25"},
    ],
)
def test_filters(client: ApiClient, store: Store, query: dict[str, str]):
    """AUD-1."""
    later = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    sam = Actor(kind=ActorKind.STAFF, id=8, uuid=uuid4(), name="sam")
    entry(store)
    wanted = entry(
        store,
        sam,
        event_type="MoveCustomerToLevel",
        entity_type="Customer",
        entity_id="c-7",
        now=later,
    )

    assert ids(client.get("audit/log", query)) == [str(wanted.uuid)]
    by_id = {"auditLogId": str(wanted.uuid)}
    assert ids(client.get("audit/log", by_id)) == [str(wanted.uuid)]


def test_the_last_day_is_included_and_the_next_is_not(client: ApiClient, store: Store):
    evening = entry(store, now=datetime(2024, 9, 27, 23, 59, 59, tzinfo=UTC))
    entry(store, now=datetime(2024, 9, 28, tzinfo=UTC))

    found = client.get("audit/log", {"createdAtFrom": "2024-09-27", "createdAtTo": "2024-09-27"})

    assert ids(found) == [str(evening.uuid)]


@pytest.mark.parametrize(
    "query", [{"auditLogId": "x"}, {"createdAtFrom": "soon"}, {"createdAtTo": "2026-13-01"}]
)
def test_what_cannot_be_finds_nothing(client: ApiClient, store: Store, query: dict[str, str]):
    entry(store)

    assert client.get("audit/log", query).data == {"logs": [], "total": 0}


def test_sorts_and_pages(client: ApiClient, store: Store):
    """The newest first, unless asked otherwise: the documented `firstName` is no column here."""
    made = [
        entry(store, entity_type="Page", entity_id=str(n), now=NOW + timedelta(hours=n))
        for n in range(5)
    ]
    newest_first = [str(each.uuid) for each in reversed(made)]
    asked = {"entityType": "page", "perPage": "2"}

    assert ids(client.get("audit/log", asked)) == newest_first[:2]
    assert ids(client.get("audit/log", asked | {"page": "3"})) == newest_first[4:]
    oldest = client.get("audit/log", asked | {"sort": "entityId", "direction": "ASC"})
    assert ids(oldest) == newest_first[:-3:-1]
    assert oldest.data["total"] == 5


@pytest.mark.parametrize("count", [2, 20])
def test_costs_the_same_for_every_length(client: ApiClient, store: Store, count: int):
    for _ in range(count):
        entry(store, entity_type="Page")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("audit/log", {"entityType": "page", "perPage": "2"})

    assert len(queries) == 3


def test_staff_of_some_stores_see_these_and_their_own_deeds(store: Store, api: Api):
    other = StoreFactory()
    here, there = entry(store, entity_id="here"), entry(other, entity_id="there")
    nowhere = entry(None, entity_id="nowhere")
    clerk = StaffFactory("AUDIT", stores=[store])
    own = entry(None, Actor(kind=ActorKind.STAFF, id=1, uuid=clerk.uuid, name="c"))
    client = api(clerk)

    seen = set(ids(client.get("audit/log", {"perPage": "1000"})))

    assert {str(here.uuid), str(own.uuid)} <= seen
    assert not {str(there.uuid), str(nowhere.uuid)} & seen
    exported = {row[0] for row in csv_of(client.get("audit/log/export"))[1:]}
    assert exported == seen


def test_exports_as_printed(client: ApiClient, store: Store):
    """AUD-4: the columns of the reference, no pages, nobody's name empty, no formulas."""
    by_mona = entry(store, entity_type="Seller", data={"name": {"old": "=1+1", "new": "x"}})
    by_nobody = entry(store, None, entity_type="Seller", entity_id="=2", now=LONG_AGO)

    answer = client.get("audit/log/export", {"entityType": "seller", "perPage": "1"})

    assert answer["Content-Type"].startswith("text/csv")
    assert csv_of(answer) == [
        [
            "Log ID",
            "Username",
            "User type",
            "User ID",
            "Event type",
            "Entity type",
            "Entity ID",
            "Created at",
            "Additional information",
            "IP",
        ],
        [
            str(by_mona.uuid),
            "mona",
            "admin",
            str(MONA.uuid),
            "UpdateLevel",
            "seller",
            "1",
            "2026-11-21T12:00:00+00:00",
            '{"name": {"new": "x", "old": "=1+1"}}',
            "8.8.8.8",
        ],
        [
            str(by_nobody.uuid),
            *("", "", "", "UpdateLevel", "seller", "'=2", "2019-03-06T11:12:29+00:00", "[]", ""),
        ],
    ]


def test_archives_as_printed(client: ApiClient, store: Store):
    """AUD-5, AUD-6: done, already there, nothing to do; then the list and the file."""
    old = entry(store, now=LONG_AGO, data={"name": {"old": "a & b", "new": "<c>\x01"}})
    entry(store, None, now=LONG_AGO + timedelta(days=5))
    body = {"archive": {"beforeDate": "2019-03-11"}}
    name = "audit_log_archive_before_2019_03_11.xml"

    assert client.post("audit/log/archive", body).data == {"totalArchived": 1, "filename": name}
    assert client.post("audit/log/archive", body).data == {
        "totalArchived": 0,
        "filename": name,
        "message": "Archive for this date range has already been generated.",
    }
    assert client.post("audit/log/archive", {"archive": {"beforeDate": "2018-01-01"}}).data == {
        "totalArchived": 0,
        "message": "No logs to archive from this time range. The file was not created.",
    }
    assert client.get("audit/log/archive").data == {"archives": [name], "total": 1}
    assert not AuditEntry.objects.filter(uuid=old.uuid).exists()
    answer = client.get(f"audit/log/archive/{name}")
    assert answer["Content-Type"].startswith("application/xml")
    log = ElementTree.fromstring(b"".join(answer.streaming_content))  # our own
    [element] = log.findall("entry")
    assert element.attrib == {"id": str(old.uuid), "createdAt": "2019-03-06T11:12:29+00:00"}
    assert [(child.tag, child.text) for child in element] == [
        ("user", "mona"),
        ("userId", str(MONA.uuid)),
        ("userType", "admin"),
        ("event", "UpdateLevel"),
        ("entityType", "level"),
        ("entityId", "1"),
        ("data", '{"name": {"new": "<c>\\u0001", "old": "a & b"}}'),
        ("origin", "8.8.8.8"),
    ]


@pytest.mark.parametrize("before", [None, "2026-11-20", "2030-01-01"])
def test_archives_nothing_younger_than_a_year(store: Store, before: str | None):
    """AUD-5: the limit is a year before today's midnight."""
    young = entry(store, now=datetime(2025, 11, 21, tzinfo=UTC))
    old = entry(store, now=datetime(2025, 11, 20, 23, 59, 59, tzinfo=UTC))
    day = datetime.strptime(before, "%Y-%m-%d").replace(tzinfo=UTC).date() if before else None

    outcome = audit_archives.archive(before=day, actor=MONA, now=NOW)

    assert outcome.archive is not None
    assert outcome.archive.filename == "audit_log_archive_before_2025_11_21.xml"
    assert ArchivedAuditEntry.objects.get().uuid == old.uuid
    assert AuditEntry.objects.filter(uuid=young.uuid).exists()
    told = AuditEntry.objects.get(event_type="ArchiveAuditLog")
    assert (told.username, told.data["count"]) == ("mona", 1)


def test_a_refused_date_moves_nothing(client: ApiClient, store: Store):
    entry(store, now=LONG_AGO)

    answer = client.post("audit/log/archive", {"archive": {"beforeDate": "yesterday"}})

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["beforeDate"]["errors"]
    assert not AuditArchive.objects.exists()
    assert AuditEntry.objects.filter(created_at=LONG_AGO).count() == 1


def test_the_trail_is_still_kept_after_archiving(store: Store):
    """Nobody can delete entries but by archiving, not even later in its transaction."""
    entry(store, now=LONG_AGO)
    left = entry(store)
    audit_archives.archive(before=None, actor=MONA, now=NOW)

    with pytest.raises(Exception, match="append-only"):
        left.delete()


def test_archives_are_for_staff_of_all_stores(store: Store, api: Api):
    entry(store, now=LONG_AGO)
    made = audit_archives.archive(before=None, actor=MONA, now=NOW).archive
    clerk = api(StaffFactory("AUDIT", stores=[store]))

    assert clerk.post("audit/log/archive").status_code == 403
    assert clerk.get("audit/log/archive").data == {"archives": [], "total": 0}
    assert clerk.get(f"audit/log/archive/{made}").status_code == 404
    assert AuditArchive.objects.count() == 1


def test_an_unknown_file_is_not_found(client: ApiClient):
    assert client.get("audit/log/archive/..%2Fsecret").status_code == 404
    assert client.get("audit/log/archive/x.xml").status_code == 404


def test_sellers_and_customers_are_kept_out(store: Store, api: Api):
    for person in (SellerFactory(store), CustomerFactory(store)):
        assert api(person).get("audit/log").status_code == 403


def test_a_person_is_forgotten_in_archives_too(store: Store):
    alice = uuid4()
    acting = Actor(
        kind=ActorKind.CUSTOMER, id=1, uuid=alice, name="alice@example.com", ip_address="8.8.4.4"
    )
    customer = {"entity_type": "Customer", "entity_id": alice, "now": LONG_AGO}
    entry(
        store, acting, data={"email": {"old": "a@example.com", "new": "b@example.com"}}, **customer
    )
    audit_archives.archive(before=None, actor=MONA, now=NOW)

    with transaction.atomic():
        forgetting.forget_in_audit(person=alice)

    kept = ArchivedAuditEntry.objects.get()
    assert (kept.username, kept.ip_address, kept.data) == ("anonymized", None, {})
    assert (kept.event_type, kept.entity_id) == ("UpdateLevel", str(alice))
