"""Anonymizing a customer leaves no personal datum of them anywhere, and every figure as it was."""

import io
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from accounts.ledger import checks
from accounts.models import Customer, StaffUser
from accounts.selectors import balances, own_data
from accounts.services import customers, forgetting, points
from campaigns.models import Coupon
from campaigns.services import rewards
from earning.models import Invitation
from earning.services import invitations
from loyalty import webhooks
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.imports import drafts, kinds, running
from loyalty.core.models import (
    ArchivedAuditEntry,
    AuditArchive,
    AuditEntry,
    DeliveryState,
    Event,
    ImportJob,
    ImportRow,
    Store,
    WebhookDelivery,
)
from tests.factories import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.transactions import SaleFactory, document, register
from tests.support.api import ApiClient
from transactions.models import Transaction
from transactions.services.documents import Buyer

MARK = "zyxmark"
PERSON: dict[str, Any] = {
    "firstName": f"First{MARK}",
    "lastName": f"Last{MARK}",
    "email": f"mail.{MARK}@example.com",
    "phone": "+48777123321",
    "loyaltyCardNumber": f"CARD-{MARK}",
    "birthDate": "1971-03-27",
    "gender": "female",
    "agreement1": True,
    "agreement2": True,
    "address": {
        "street": f"Street{MARK}",
        "address1": f"House{MARK}",
        "address2": f"Flat{MARK}",
        "postal": f"Post{MARK}",
        "city": f"City{MARK}",
        "province": f"Prov{MARK}",
        "country": "PL",
    },
    "company": {"name": f"Company{MARK}", "nip": f"Nip{MARK}"},
    "labels": [{"key": f"key{MARK}", "value": f"value{MARK}"}],
}
# As they were before somebody corrected them.
EARLIER = {"email": f"older.{MARK}@example.com", "phone": "+48777123322"}
SECRETS = (MARK, "48777123321", "48777123322", "1971-03-27", "203.0.113.77")
PASSWORD = "Open-Sesame-1"


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def told(store: Store) -> Store:
    """A store whose webhooks are on; nothing is sent in these tests."""
    store.setting_values |= {"webhooks": True, "uriWebhooks": "https://example.com/hook"}
    store.save(update_fields=["setting_values"])
    return store


def live(store: Store, sam: ApiClient, friend: Customer) -> Customer:
    """Let a customer do what leaves traces of who they are, in every room."""
    path = f"{store.code}/customer"
    answer = sam.post(
        f"{path}/register",
        {"customer": PERSON | EARLIER},
        HTTP_IDEMPOTENCY_KEY="register-1",
    )
    customer = Customer.objects.get(uuid=answer.data["customerId"])
    customer.store = store
    invitations.invite(referrer=friend, email=PERSON["email"])
    sam.put(f"{path}/{customer.uuid}", {"customer": {k: PERSON[k] for k in EARLIER}})
    sam.post(
        f"{store.code}/pos/search/customer",
        {"search": {"email": PERSON["email"]}},
        HTTP_IDEMPOTENCY_KEY="search-1",
    )
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    sam.http.post(
        f"/api/{path}/{customer.uuid}/avatar",
        {"avatar[file]": _named(picture)},
        **sam.headers,
    )
    raw = customers.issue_temporary_password(customer=customer, actor=_staff())
    signed_in = ApiClient().form(
        "POST",
        f"{path}/login_check",
        {"_username": PERSON["email"], "_password": raw},
        REMOTE_ADDR="203.0.113.77",
    )
    assert signed_in.status_code == 200
    by_hand: dict[str, Any] = {"issuer": "admin", "actor": _staff()}
    points.add(customer=customer, amount=Decimal(100), comment=f"For {MARK}", **by_hand)
    points.spend(customer=customer, amount=Decimal(5), comment=f"Of {MARK}", **by_hand)
    points.transfer(
        sender=customer, receiver=friend, amount=Decimal(7), comment=f"By {MARK}", **by_hand
    )
    extra = points.add(customer=customer, amount=Decimal(1), issuer="system")
    points.cancel(store=store, transfer_uuid=extra.uuid, comment=f"Not {MARK}", actor=_staff())
    invitations.invite(referrer=customer, email=f"friend.of.{MARK}@example.com")
    full = Buyer(
        name=f"Buyer{MARK}",
        email=PERSON["email"],
        phone=PERSON["phone"],
        loyalty_card_number=PERSON["loyaltyCardNumber"],
        nip=f"Nip{MARK}",
        address={"street": f"Street{MARK}", "city": f"City{MARK}"},
    )
    SaleFactory(customer, "40.00", buyer=full)
    customer.refresh_from_db()
    customers.deactivate(customer=customer, actor=_staff())
    # Not theirs, because they were blocked.
    register(store, document(None, "30.00", buyer=full))
    customers.activate(customer=customer, actor=_staff())
    campaign = CampaignFactory(store, level=customer.level)
    rewards.buy(customer=customer, campaign=campaign, actor=_staff())
    webhooks.queue_messages(list(Event.objects.filter(type__in=webhooks.BUILDERS).order_by("pk")))
    customer.refresh_from_db()
    return customer


def _named(picture: io.BytesIO) -> io.BytesIO:
    picture.seek(0)
    picture.name = f"portrait-{MARK}.png"  # type: ignore[attr-defined]
    return picture


def _staff() -> Actor:
    return Actor(kind=ActorKind.STAFF, id=None, uuid=None, name="sam", is_super=True)


def dump() -> dict[str, str]:
    """Return every table as text."""
    tables: dict[str, str] = {}
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        for (table,) in cursor.fetchall():
            with cursor.copy(f'copy "{table}" to stdout') as rows:
                tables[table] = b"".join(bytes(chunk) for chunk in rows).decode()
    return tables


def found_in(tables: dict[str, str]) -> dict[str, list[str]]:
    return {
        table: [line for line in text.splitlines() if any(s in line.lower() for s in SECRETS)]
        for table, text in tables.items()
        if any(secret in text.lower() for secret in SECRETS)
    }


def figures(customer: Customer) -> dict[str, Any]:
    """Return what must not change."""
    return {
        "points": balances.get_figures(customer.wallet_id, timezone.now()),
        "sales": (customer.transactions_count, customer.transactions_amount, customer.level_id),
        "documents": sorted(Transaction.objects.values_list("gross_value", "customer_id")),
        "coupons": sorted(Coupon.objects.values_list("code", "cost_in_points", "status")),
        "invitations": sorted(Invitation.objects.values_list("status", "referrer_id")),
        "facts": list(Event.objects.order_by("pk").values_list("type", "subject", "recorded_at")),
        "audit": list(AuditEntry.objects.order_by("pk").values_list("event_type", "entity_id")),
        "deliveries": list(WebhookDelivery.objects.order_by("pk").values_list("type", "state")),
    }


@pytest.fixture
def sam(db: None) -> ApiClient:
    return ApiClient(StaffUser.objects.create_superuser("sam-the-staff", PASSWORD))


def test_leaves_no_personal_datum_in_any_table_or_file(
    told: Store,
    sam: ApiClient,
    media: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """8.3, decision 6: markers in everything that can hold them, then the whole database."""
    friend = CustomerFactory(told)
    customer = live(told, sam, friend)
    before = figures(customer)
    archived = list(AuditEntry.objects.order_by("pk").values())
    archive = AuditArchive.objects.create(before_date="2020-01-01", created_at=timezone.now())
    ArchivedAuditEntry.objects.bulk_create(
        ArchivedAuditEntry(archive=archive, **entry) for entry in archived
    )
    held = set(found_in(dump()))
    assert held >= {
        "accounts_customer",
        "accounts_tokensession",
        "campaigns_coupon",
        "core_archivedauditentry",
        "core_auditentry",
        "core_event",
        "core_idempotencyrecord",
        "core_webhookdelivery",
        "earning_invitation",
        "ledger_posting",
        "transactions_transaction",
    }
    assert [file for file in media.rglob("*") if file.is_file()]

    with django_capture_on_commit_callbacks(execute=True):
        answer = sam.post(f"{told.code}/admin/customer/{customer.uuid}/anonymize")

    assert (answer.status_code, answer.content) == (204, b"")
    assert found_in(dump()) == {}
    assert [file for file in media.rglob("*") if file.is_file()] == []
    customer.refresh_from_db()
    after = figures(customer)
    for name in ("points", "sales", "documents", "coupons", "invitations", "deliveries"):
        assert after[name] == before[name], name
    told_before, told_after = before["facts"], after["facts"]
    assert told_after[: len(told_before)] == told_before
    assert [fact for fact, *_ in told_after[len(told_before) :]] == [
        "customer.anonymized",
        "customer.updated",
    ]
    assert after["audit"] == [*before["audit"], ("AnonymizeCustomer", str(customer.uuid))]
    assert checks.find_differences() == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_empties_files_and_rows_that_were_brought_in(
    told: Store, sam: ApiClient, media: Path, kind: str, django_capture_on_commit_callbacks: Any
) -> None:
    """8.3: files that were brought in hold personal data, too; other people's files stay."""
    LevelFactory(told)

    def bring_in(email: str) -> ImportJob:
        cells = [["email", "firstName", "lastName", "active", "gender", "agreement1"]]
        cells += [[email, f"Ann{MARK}", "New", "true", "female", "true"]] * 2
        job = drafts.keep(
            store=told, kind=_customers_kind(), file=_table(kind, cells), name="f", actor=_staff()
        )
        running.run(drafts.start(job=job, actor=_staff()).pk)
        return job

    hers, others = bring_in(PERSON["email"]), bring_in("bob@example.com")
    customer = Customer.objects.get(email=PERSON["email"])
    assert ImportRow.objects.filter(job=hers).exclude(identifier="", content=None).exists()

    with django_capture_on_commit_callbacks(execute=True):
        forgetting.anonymize(customer=customer, actor=_staff())

    tables = dump()
    assert PERSON["email"] not in tables["core_importrow"]
    hers.refresh_from_db()
    others.refresh_from_db()
    assert (bool(hers.file), bool(others.file)) == (False, True)
    assert len([file for file in media.rglob("*") if file.is_file()]) == 1
    assert hers.rows_ok == 1


def _customers_kind() -> Any:
    found = kinds.get("customers")
    assert found is not None
    return found


def _table(kind: str, cells: list[list[str]]) -> io.BytesIO:
    if kind == "csv":
        return io.BytesIO("\n".join(";".join(row) for row in cells).encode())
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in cells:
        book.active.append(row)
    book.save(file)
    file.seek(0)
    return file


def test_keeps_what_is_said_of_others(told: Store, sam: ApiClient, media: Path) -> None:
    """8.3."""
    friend = CustomerFactory(told, first_name="Bob", email="bob@example.com", phone="+48600700800")
    SaleFactory(friend, "10.00")
    points.add(
        customer=friend, amount=Decimal(3), issuer="admin", actor=_staff(), comment="Thanks, Bob"
    )
    customer = live(told, sam, friend)

    forgetting.anonymize(customer=customer, actor=_staff())

    friend.refresh_from_db()
    assert (friend.first_name, friend.email) == ("Bob", "bob@example.com")
    assert friend.transactions.get().customer_data["email"] == "bob@example.com"
    assert Event.objects.filter(payload__comment="Thanks, Bob").count() == 1
    assert AuditEntry.objects.get(data__comment="Thanks, Bob")
    assert (
        "Bob" in WebhookDelivery.objects.get(type="customer.registered", lane_key=friend.uuid).body
    )
    made_up = points_comments(customer)
    assert set(made_up) <= {""} | {c for c in made_up if MARK not in c}


def points_of(customer: Customer) -> Any:
    return own_data.plain(balances.get_figures(customer.wallet_id, timezone.now()).points)


def points_comments(customer: Customer) -> list[str]:
    from accounts.ledger.models import Posting

    return list(
        Posting.objects.filter(to_wallet=customer.wallet_id).values_list("comment", flat=True)
    )


def test_sends_on_what_waits_for_receivers_without_the_person(
    told: Store, sam: ApiClient, media: Path
) -> None:
    """8.3, NT-1: the body of what was delivered goes."""
    customer = live(told, sam, CustomerFactory(told))
    mine = WebhookDelivery.objects.filter(customer_id=customer.pk)
    delivered = mine.get(type="transaction.registered")
    mine.filter(pk=delivered.pk).update(
        state=DeliveryState.DELIVERED, attempts=[{"at": "x", "answer": MARK, "status": 200}]
    )

    forgetting.anonymize(customer=customer, actor=_staff())

    delivered.refresh_from_db()
    assert (delivered.body, delivered.attempts[0]["answer"]) == ("", "")
    waiting = mine.get(type="customer.registered")
    assert waiting.state == DeliveryState.WAITING
    assert f'"customerId":"{customer.uuid}"' in waiting.body
    assert '"email":null' in waiting.body


def test_shuts_the_customer_out(store: Store, sam: ApiClient) -> None:
    """8.3: no sign-in by what they knew, and their tokens end."""
    customer = CustomerFactory(store, email="gone@example.com", password=PASSWORD)
    alice = ApiClient(customer)
    status = f"{store.code}/customer/{customer.uuid}/status"
    assert alice.get(status).status_code == 200

    forgetting.anonymize(customer=customer, actor=_staff())

    assert alice.get(status).status_code == 401
    again = ApiClient().form(
        "POST",
        f"{store.code}/customer/login_check",
        {"_username": "gone@example.com", "_password": PASSWORD},
    )
    assert again.status_code == 401
    known = ApiClient().get(f"{store.code}/customer/check", {"emailOrPhone": "gone@example.com"})
    assert known.data == {"total": 0}


def test_happens_once_and_cannot_be_undone_by_an_edit(store: Store, sam: ApiClient) -> None:
    customer = CustomerFactory(store)
    path = f"{store.code}/admin/customer/{customer.uuid}/anonymize"

    assert [sam.post(path).status_code for _ in range(2)] == [204, 204]

    assert Event.objects.filter(type="customer.anonymized").count() == 1
    edit = sam.put(f"{store.code}/customer/{customer.uuid}", {"customer": {"firstName": "Alice"}})
    assert edit.status_code == 400
    assert Customer.objects.get(pk=customer.pk).first_name == forgetting.FIRST_NAME


def test_lets_the_address_register_again(store: Store, sam: ApiClient) -> None:
    customer = CustomerFactory(store, email="back@example.com")

    forgetting.anonymize(customer=customer, actor=_staff())

    assert CustomerFactory(store, email="back@example.com").pk != customer.pk


def test_takes_out_what_was_on_its_way(told: Store) -> None:
    """What another transaction had read before, and wrote after."""
    customer = CustomerFactory(told, email=f"late.{MARK}@example.com")
    forgetting.anonymize(customer=customer, actor=_staff())
    WebhookDelivery.objects.create(
        store=told,
        type="customer.registered",
        customer_id=customer.pk,
        lane_key=customer.uuid,
        body=f'{{"data":{{"customerId":"{customer.uuid}","email":"late.{MARK}@example.com"}}}}',
        digest=b"x",
        created_at=timezone.now(),
    )

    forgetting.forget_late(Event.objects.get(type="customer.anonymized"))

    assert MARK not in WebhookDelivery.objects.get(lane_key=customer.uuid).body


def test_takes_one_customer_out_of_a_list_for_receivers(told: Store) -> None:
    """PE-10's lists name many customers."""
    alice, bob = CustomerFactory(told), CustomerFactory(told)
    entries = ",".join(
        f'{{"customerId":"{one.uuid}","customerEmail":"{one.email}","points":5}}'
        for one in (alice, bob)
    )
    delivery = WebhookDelivery.objects.create(
        store=told,
        type="account.expiring_points_notification",
        lane_key=told.uuid,
        body=f'{{"type":"x","data":[{entries}]}}',
        digest=b"x",
        created_at=timezone.now(),
    )

    forgetting.anonymize(customer=alice, actor=_staff())

    delivery.refresh_from_db()
    assert alice.email not in delivery.body
    assert bob.email in delivery.body
    assert delivery.body.count('"points":5') == 2


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update core_event set payload = '{}'", id="event-without-leave"),
        pytest.param("update core_auditentry set data = '{}'", id="audit-without-leave"),
        pytest.param("update ledger_posting set comment = ''", id="posting-without-leave"),
    ],
)
def test_the_append_only_tables_refuse_all_others(store: Store, statement: str) -> None:
    customer = CustomerFactory(store)
    points.add(
        customer=customer, amount=Decimal(3), issuer="admin", actor=_staff(), comment="Hello"
    )

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update core_event set type = 'x'", id="event-type"),
        pytest.param("update core_event set payload = '{\"a\": 1}'", id="event-says-more"),
        pytest.param("delete from core_event", id="event-delete"),
        pytest.param("update core_auditentry set event_type = 'x'", id="audit-type"),
        pytest.param("update core_auditentry set data = '{\"a\": 1}'", id="audit-says-more"),
        pytest.param("update ledger_posting set comment = 'x'", id="posting-other-comment"),
        pytest.param("update ledger_posting set amount = 1, comment = ''", id="posting-amount"),
    ],
)
def test_leave_to_forget_is_leave_for_nothing_else(store: Store, statement: str) -> None:
    from loyalty.core.services import forgetting as core_forgetting

    customer = CustomerFactory(store)
    points.add(
        customer=customer, amount=Decimal(3), issuer="admin", actor=_staff(), comment="Hello"
    )

    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        core_forgetting.allowed(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_costs_the_same_however_many_purchases_there_are(store: Store) -> None:
    def queries(count: int) -> int:
        customer = CustomerFactory(store)
        for _ in range(count):
            SaleFactory(customer, "10.00")
        with CaptureQueriesContext(connection) as captured:
            forgetting.anonymize(customer=customer, actor=_staff())
        return len(captured)

    assert queries(1) == queries(6)


def test_deleting_shuts_out_and_leaves_out_of_lists(store: Store, sam: ApiClient) -> None:
    """8.3: purchases and points stay."""
    customer = CustomerFactory(store)
    SaleFactory(customer, "10.00")
    alice = ApiClient(customer)

    answers = [sam.delete(f"{store.code}/customer/{customer.uuid}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert alice.get(f"{store.code}/customer/{customer.uuid}/status").status_code == 401
    assert sam.get(f"{store.code}/customer").data["total"] == 0
    assert customer.transactions.count() == 1
    assert Event.objects.filter(type="customer.deleted").count() == 1
    assert AuditEntry.objects.filter(event_type="DeleteCustomer").count() == 1
    back = sam.post(f"{store.code}/admin/customer/{customer.uuid}/activate")
    assert back.status_code == 400


def test_of_another_store_nobody_is_forgotten(store: Store, sam: ApiClient) -> None:
    elsewhere = CustomerFactory()

    deeds = [
        sam.post(f"{store.code}/admin/customer/{elsewhere.uuid}/anonymize"),
        sam.delete(f"{store.code}/customer/{elsewhere.uuid}"),
    ]

    assert [deed.status_code for deed in deeds] == [404, 404]
    elsewhere.refresh_from_db()
    assert (elsewhere.anonymized_at, elsewhere.status) == (None, "active")
    assert timezone.now() - elsewhere.created_at < timedelta(hours=1)


# What is stored, to read


def test_a_customer_downloads_everything_that_is_stored_about_them(
    told: Store, sam: ApiClient, media: Path
) -> None:
    """Every value by which they can be told stands in the file, and who took it in the trail."""
    customer = live(told, sam, CustomerFactory(told))
    alice = ApiClient(customer)

    answer = alice.get(f"{told.code}/customer/{customer.uuid}/data")

    assert answer.status_code == 200
    text = answer.content.decode()
    texts = [value for value in PERSON.values() if isinstance(value, str)]
    texts += [*PERSON["address"].values(), *PERSON["company"].values(), *EARLIER.values()]
    assert [value for value in texts if value not in text] == []
    assert [c for c in ("For", "Of", "By", "Not") if f"{c} {MARK}" not in text] == []
    assert "203.0.113.77" in text
    assert [sale["grossValue"] for sale in answer.data["transactions"]] == ["40"]
    assert len(answer.data["coupons"]) == len(answer.data["evaluations"]) == 1
    assert answer.data["balance"]["points"] == points_of(customer)
    assert "password" not in answer.data["customer"]
    assert customer.password not in text
    entry = AuditEntry.objects.latest("pk")
    assert (entry.event_type, entry.actor_id) == ("DownloadCustomerData", str(customer.uuid))


def test_staff_download_it_and_nobody_else(store: Store, sam: ApiClient) -> None:
    customer = CustomerFactory(store)
    path = f"{store.code}/customer/{customer.uuid}/data"

    assert sam.get(path).data["customer"]["uuid"] == str(customer.uuid)
    assert ApiClient(CustomerFactory(store)).get(path).status_code == 404
    assert ApiClient().get(path).status_code == 401
    assert AuditEntry.objects.filter(event_type="DownloadCustomerData").count() == 1


def test_reads_it_in_a_number_of_queries_that_does_not_grow(store: Store, sam: ApiClient) -> None:
    def queries(count: int) -> int:
        customer = CustomerFactory(store)
        for _ in range(count):
            SaleFactory(customer, "10.00", "5.00")
        with CaptureQueriesContext(connection) as captured:
            own_data.get_everything(customer)
        return len(captured)

    assert queries(1) == queries(5)
