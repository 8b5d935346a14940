"""A batch of newcomers leaves behind what registering one after the other does."""

import re
from collections import defaultdict
from datetime import UTC, date, datetime

import pytest

from accounts.ledger.models import WalletBalance
from accounts.models import Customer, Level, LevelChange, Pos, Segment
from accounts.services import customer_batches, customer_data, customers
from accounts.services.customer_batches import Newcomer
from accounts.services.customers import Registration
from earning.models import RuleType
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry, Event
from tests.factories import CustomerFactory, LevelFactory, PosFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
A_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@pytest.mark.parametrize(
    ("settings", "is_rich"),
    [
        pytest.param({}, False, id="plain"),
        pytest.param({}, True, id="with-rules-and-segments"),
        pytest.param({"preferredCommunicationMethod": "sms"}, False, id="by-text-message"),
    ],
)
def test_leaves_what_one_after_the_other_leaves(settings, is_rich):
    one_by_one, at_once = shop(settings, is_rich=is_rich), shop(settings, is_rich=is_rich)

    told = [outcome_of(one_by_one, each) for each in newcomers(one_by_one)]
    done = customer_batches.bring_in_many(
        store=at_once, newcomers=newcomers(at_once), actor=SYSTEM, now=NOW
    )

    assert [str(d.errors) if isinstance(d, InvalidFields) else "registered" for d in done] == told
    assert len(set(told)) > 4
    expected, found = everything(one_by_one), everything(at_once)
    for part in expected:
        assert found[part] == expected[part]


def test_refuses_all_where_there_is_no_level_to_begin_with():
    store = StoreFactory()

    [outcome] = customer_batches.bring_in_many(
        store=store, newcomers=newcomers(store)[:1], actor=SYSTEM, now=NOW
    )

    assert outcome.errors == {"level": [customer_data.NO_ENTRY_LEVEL]}
    assert not Customer.objects.in_store(store).exists()


def test_takes_the_same_number_of_queries_whatever_the_number(django_assert_num_queries):
    store = shop({}, is_rich=False)
    many = [person(number) for number in range(40)]
    customer_batches.bring_in_many(store=store, newcomers=many[:2], actor=SYSTEM, now=NOW)

    for part in (many[2:4], many[4:]):
        # A savepoint and its release, who is known, the table, the point type, the rows, the facts.
        with django_assert_num_queries(6):
            customer_batches.bring_in_many(store=store, newcomers=part, actor=SYSTEM, now=NOW)


def shop(settings, *, is_rich):
    store = StoreFactory(setting_values=settings)
    LevelFactory(store, name="Entry")
    LevelFactory(store, name="Gold", condition_value=100)
    LevelFactory(store, name="Old", condition_value=200, is_active=False)
    PosFactory(store)
    if is_rich:
        for event in ("oloy.account.created", "oloy.customer.newsletter_subscription"):
            EarningRuleFactory(store=store, name=event, type=RuleType.EVENT, event_name=event)
        criterion = {"id": "c", "type": "customer_has_labels", "labels": [{"key": "vip"}]}
        Segment.objects.create(
            store=store, name="VIP", parts=[{"id": "p", "criteria": [criterion]}]
        )
    CustomerFactory(store, email="known@example.com", phone="+48601000900", last_name="Known")
    store.refresh_from_db()
    return store


def person(number, *, is_active=True, is_told=False, **fields):
    given = {
        "first_name": " Ann ",
        "last_name": "New",
        "email": f"Ann{number}@example.com",
        "phone": f"+48 601 000 {number:03d}",
        "agreement1": True,
    }
    return Newcomer(Registration(**given | fields), is_active=is_active, is_told=is_told)


def newcomers(store):
    levels = Level.objects.in_store(store)
    gold, old = (levels.filter(condition_value=value).first() for value in (100, 200))
    pos = Pos.objects.in_store(store).first()
    return [
        person(1, birth_date=date(1990, 1, 31), labels=[{"key": "vip", "value": "yes"}]),
        person(2, is_active=False),
        person(3, is_active=False, is_told=True, agreement2=True),
        person(4, agreement2=True, labels=[{"key": "vip", "value": ""}], pos=pos),
        person(5, level=gold, loyalty_card_number="Card-5", address={"city": "Łódź"}),
        person(6, level=old),
        person(7, email="ann1@example.com"),
        person(8, loyalty_card_number="CARD-5"),
        person(9, email="known@example.com", phone=None),
        person(10, email="no address", last_name=""),
        person(11, email=None, phone=None, company={"name": "Shop"}),
        person(12, company={"name": "Shop", "nip": "1"}, agreement3=True),
        person(13, agreement1=False, phone="+48601000001"),
    ]


def outcome_of(store, newcomer):
    try:
        customers.bring_in(
            store=store,
            data=newcomer.data,
            is_active=newcomer.is_active,
            is_told=newcomer.is_told,
            actor=SYSTEM,
            now=NOW,
        )
    except InvalidFields as refusal:
        return str(refusal.errors)
    return "registered"


def everything(store):
    """Return all that is stored of a store's customers, with names instead of ids."""
    names = {}
    for customer in Customer.objects.in_store(store).select_related("wallet"):
        names[str(customer.uuid)] = names["customer", customer.pk] = str(customer.email)
        names[str(customer.wallet.uuid)] = f"wallet of {customer.email}"
    for level in Level.objects.in_store(store):
        names[str(level.uuid)] = names["level", level.pk] = str(level.condition_value)

    def named(value):
        return A_UUID.sub(lambda found: names.get(found[0], "some"), str(value))

    facts = defaultdict(list)
    for fact in Event.objects.filter(store=store, recorded_at=NOW).order_by("pk"):
        facts[names.get(("customer", fact.customer_id))].append((fact.type, named(fact.payload)))
    rows = Customer.objects.in_store(store).exclude(email="known@example.com").order_by("email")
    return {
        "customers": [stored(row, names) for row in rows],
        "facts": facts,
        "balances": sorted(
            WalletBalance.objects.filter(wallet__store=store).values_list("active", "earned")
        ),
        "levels": [
            (
                names["customer", change.customer_id],
                names["level", change.new_level_id],
                change.reason,
            )
            for change in LevelChange.objects.filter(customer__store=store).order_by("pk")
        ],
        "trail": [
            (
                entry.event_type,
                entry.username,
                named(entry.entity_id),
                named({**entry.data, "level_id": names.get(("level", entry.data.get("level_id")))}),
            )
            for entry in AuditEntry.objects.filter(store=store, created_at=NOW).order_by("pk")
        ],
    }


def stored(row, names):
    own = {"id", "uuid", "store_id", "wallet_id", "activation_token", "pos_id"}
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in own
    }
    for name in ("level_id", "manually_assigned_level_id"):
        values[name] = names.get(("level", values[name]))
    return values | {"token": len(row.activation_token), "has_pos": row.pos_id is not None}
