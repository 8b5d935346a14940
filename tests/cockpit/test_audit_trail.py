"""The audit trail, and the history of one object, as people read them …"""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.cockpit.trail import words
from accounts.services import levels
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry
from loyalty.core.services import audit
from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory
from tests.factories.core import StoreFactory, default_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRAIL = "admin:core_auditentry_changelist"
# What looks like a deed, and is none: kinds of things, and classes of the code.
COMMAND = re.compile(
    r"(Activate|Add|Anonymize|Archive|Assign|Block|Buy|Cancel|Change|Create|Deactivate|Delete"
    r"|Download|End|Expire|Export|Fill|Import|Issue|Move|Redeem|Register|Remove|Replay|Report"
    r"|Request|Resend|Reset|Retry|Revert|Rotate|Send|Set|Spend|Start|Test|Transfer|Unblock|Undo"
    r"|Unuse|Update|Use)([A-Z][a-z]+)+"
)


@pytest.fixture
def store(db):
    return default_store()


@pytest.fixture
def alice(store):
    LevelFactory(store, name="Bronze")
    return CustomerFactory(store, first_name="Alice", last_name="Wonder")


def entry(store, entity_type="Customer", event_type="MoveCustomerToLevel", entity_id="", **fields):
    given = {"entity_type": entity_type, "event_type": event_type, "entity_id": entity_id}
    return audit.record(SYSTEM, store=store, **given, **{"now": NOW, **fields})


def level_move(customer, old, new):
    data = audit.changes({"levelId": old}, {"levelId": new})
    return entry(customer.store, entity_id=customer.uuid, data=data)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.content.decode()))


def test_says_in_polish_what_was_done_to_whom(cockpit, alice):
    silver = LevelFactory(alice.store, name="Silver", condition_value=10)
    level_move(alice, alice.level, silver)

    page = cockpit("AUDIT", "CUSTOMER", "LEVEL").get(
        reverse(TRAIL), headers={"accept-language": "pl"}
    )

    assert "Ręcznie nadano klientowi poziom Klient Alice Wonder Poziom: Bronze → Silver" in (
        text_of(page)
    )
    assert reverse("admin:accounts_level_change", args=[silver.pk]) in page.content.decode()
    assert str(silver.uuid) not in page.content.decode()


def test_names_a_level_that_stands_in_an_entry_by_its_number(cockpit, alice):
    page = cockpit().get(reverse("admin:accounts_customer_history", args=[alice.pk]))

    assert "Registered a customer" in text_of(page)
    assert "Level: Bronze" in text_of(page)


def test_links_only_where_the_reader_may_go(cockpit, alice):
    level_move(alice, None, alice.level)

    page = cockpit("AUDIT").get(reverse(TRAIL), {"q": "MoveCustomerToLevel"})

    assert "Level: Bronze" in text_of(page)
    assert reverse("admin:accounts_level_change", args=[alice.level_id]) not in (
        page.content.decode()
    )
    assert f"Customer …{str(alice.uuid)[-6:]}" in text_of(page)
    assert "Alice" not in text_of(page)


def test_names_nothing_of_another_store(cockpit, alice):
    foreign = LevelFactory(StoreFactory(), name="Of Eve")
    level_move(alice, None, foreign)

    page = cockpit().get(reverse(TRAIL))

    assert "Of Eve" not in text_of(page)
    assert f"…{str(foreign.uuid)[-6:]}" in text_of(page)


def test_asks_as_much_for_twenty_entries_as_for_two(cockpit, store):
    LevelFactory(store, name="Bronze")
    client = cockpit()

    def add(count):
        for number in range(count):
            shop = PosFactory(store)
            level = LevelFactory(store, name=f"Level {number}")
            data = audit.changes({}, {"pos": [str(shop.uuid)], "levels": [str(level.uuid)]})
            entry(store, "EarningRule", "CreateEarningRule", data=data)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            page = client.get(reverse(TRAIL), {"about": "EarningRule"})
        return len(page.context["cl"].result_list), len(seen)

    add(2)
    queries()
    few, asked = queries()
    add(18)

    assert few == 2
    assert queries() == (20, asked)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"levelId": 12, "points": "many"}, id="no-uuid"),
        pytest.param({"levelId": {"old": ["x"], "new": {"a": 1}}}, id="odd-change"),
        pytest.param({"levelId": "9" * 40, "created_at": "yesterday"}, id="too-long"),
        pytest.param(["a", {"b": None}], id="list"),
        pytest.param({"parts": 3, "key": {"key": 1}, "": ""}, id="nonsense"),
    ],
)
@pytest.mark.parametrize("kind", ["Customer", "Segment", "Nothing we know"])
def test_shows_whatever_other_programs_wrote(cockpit, store, kind, data):
    """AUD-3: programs may write entries of their own."""
    made = AuditEntry.objects.create(
        store=store, event_type="DidSomething", entity_type=kind, data=data, created_at=NOW
    )
    client = cockpit()

    assert "Did something" in text_of(client.get(reverse(TRAIL)))
    address = reverse("admin:core_auditentry_change", args=[made.pk])
    assert client.get(address).status_code == 200


def test_writes_no_markup_of_others(cockpit, store):
    entry(store, "Pos", "UpdatePos", data={"name": {"old": "<b>old</b>", "new": "<i>new</i>"}})

    page = cockpit().get(reverse(TRAIL)).content.decode()

    assert "&lt;b&gt;old&lt;/b&gt; → &lt;i&gt;new&lt;/i&gt;" in page


def test_finds_a_deed_by_its_words(cockpit, alice):
    levels.assign_manually(
        customer=alice, level=LevelFactory(alice.store, name="Gold"), actor=SYSTEM
    )

    found = cockpit().get(
        reverse(TRAIL), {"q": "nadano klientowi"}, headers={"accept-language": "pl"}
    )

    assert [each.event_type for each in found.context["cl"].result_list] == ["MoveCustomerToLevel"]


def test_keeps_secrets_secret(cockpit, store):
    data = audit.changes({"password": audit.Secret("old")}, {"password": audit.Secret("new")})
    entry(store, "Seller", "UpdateSeller", data=data)

    assert "Password: ••• → •••" in text_of(cockpit().get(reverse(TRAIL)))


def test_has_words_for_every_deed_of_the_code():
    named = {
        node.value
        for room in ("accounts", "campaigns", "earning", "transactions", "loyalty")
        for path in (Path(settings.BASE_DIR) / room).rglob("*.py")
        if "audit" in (text := path.read_text()) or "records" in text
        if not {"models", "migrations"} & set(path.parts)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and COMMAND.fullmatch(node.value)
    }

    assert len(named) > 90
    assert [name for name in sorted(named) if words.deed(name) == words.words_of_deed(name)] == []
