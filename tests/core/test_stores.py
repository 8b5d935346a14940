"""Source: STO-1…4, SET-1."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from accounts.ledger.models import Wallet
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry, Event, Store
from loyalty.core.services import stores
from loyalty.core.store_settings import SettingsRefused
from tests.factories import StoreFactory

pytestmark = pytest.mark.django_db
NO_CURRENCY = "There is no such currency. Write its three letters, such as EUR."


def test_create_opens_a_store_that_is_ready():
    store = stores.create(code="beans", name="Beans", currency="eur", actor=SYSTEM)

    assert (store.code, store.currency, store.is_active) == ("beans", "EUR", True)
    assert Wallet.objects.in_store(store).count() == 4
    event = Event.objects.get(type="store.created", store=store)
    assert event.payload["code"] == "beans"
    assert AuditEntry.objects.get(store=store).event_type == "CreateStore"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"code": ""}, "code", "This value should not be blank."),
        ({"code": "a b"}, "code", "A code has letters, digits, - and _, at most 64 of them."),
        ({"code": "a" * 65}, "code", "A code has letters, digits, - and _, at most 64 of them."),
        ({"code": "Admin"}, "code", "This code is reserved."),
        ({"name": " "}, "name", "This value should not be blank."),
        ({"currency": "EURO"}, "currency", NO_CURRENCY),
        ({"currency": "EUT"}, "currency", NO_CURRENCY),
    ],
)
def test_create_refuses(fields: dict[str, str], field: str, message: str):
    before = Store.objects.count()

    with pytest.raises(InvalidFields) as refusal:
        stores.create(**{"code": "beans", "name": "Beans", "currency": "EUR"} | fields)

    assert refusal.value.errors == {field: [message]}
    assert Store.objects.count() == before


def test_create_refuses_a_code_that_another_store_has_in_other_letters():
    StoreFactory(code="Beans")

    with pytest.raises(stores.CodeUsed):
        stores.create(code="bEANS", name="Beans", currency="EUR")


def test_update_changes_name_and_activity_only():
    """STO-1."""
    store = StoreFactory(code="beans", currency="EUR")

    stores.update(store=store, name="More beans", is_active=False, actor=SYSTEM)

    store.refresh_from_db()
    assert (store.name, store.is_active) == ("More beans", False)
    entry = AuditEntry.objects.filter(store=store).latest("pk")
    assert entry.data["name"]["new"] == "More beans"
    assert entry.data["active"] == {"old": True, "new": False}


def test_change_settings_replaces_them_and_tells_the_rules():
    store = StoreFactory(setting_values={"programName": "Old"})
    form = store.settings.as_wire() | {"programName": "New", "webhookHeaderValue": "secret"}

    changed = stores.change_settings(store=store, form=form, actor=SYSTEM)

    store.refresh_from_db()
    assert store.settings.program_name == "New"
    assert changed.rules_version == store.rules_version
    assert store.rules_version > 0
    entry = AuditEntry.objects.get(store=store, event_type="UpdateSettings")
    assert entry.data == {
        "programName": {"old": "Old", "new": "New"},
        "webhookHeaderValue": {"old": "", "new": "***"},
    }


def test_change_settings_writes_nothing_when_one_is_refused():
    store = StoreFactory()
    form = store.settings.as_wire() | {"programName": ""}

    with pytest.raises(SettingsRefused):
        stores.change_settings(store=store, form=form, actor=SYSTEM)

    store.refresh_from_db()
    assert store.setting_values == {}


@pytest.mark.parametrize(
    "statement",
    [
        "update core_event set type = 'x'",
        "delete from core_event",
        "update core_auditentry set username = 'x'",
        "delete from core_auditentry",
    ],
)
def test_the_database_refuses_to_change_what_is_appended(statement: str):
    from django.db import IntegrityError, transaction

    StoreFactory()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_archive_may_take_old_audit_entries_away():
    StoreFactory()

    with connection.cursor() as cursor:
        cursor.execute("set local loyalty.archiving = 'on'")
        cursor.execute("delete from core_auditentry")

    assert not AuditEntry.objects.exists()


def test_an_installation_has_a_default_store():
    """STO-4."""
    migration = import_module("loyalty.core.migrations.0003_default_store")
    Store.objects.filter(code="DEFAULT").update(code="FORMER")

    for _ in range(2):
        migration.create_default_store(apps, None)

    assert Store.objects.filter(code="DEFAULT").count() == 1
