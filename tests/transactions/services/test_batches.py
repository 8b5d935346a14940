"""A batch of documents leaves behind what registering one after the other does: row by row."""

import os
import random
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from accounts.ledger import amounts, checks, supply
from accounts.ledger.models import PointType, WalletBalance
from accounts.models import Customer, Pos, Segment
from earning.models import RuleType
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import Event, Store
from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.left_behind import everything
from tests.support import totals
from transactions.models import DocumentType, Transaction
from transactions.services import batches, purchases
from transactions.services.documents import Buyer, Document, Label, Line

pytestmark = pytest.mark.django_db

# `BATCH_DOCUMENTS=20000` proves it on as many as the benchmark brings in.
DOCUMENTS = int(os.environ.get("BATCH_DOCUMENTS", "240"))
CUSTOMERS = max(12, DOCUMENTS // 20)
CHUNK = 500 if DOCUMENTS > 1000 else 60
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)

PLAIN: dict[str, Any] = {
    "returns": True,
    "excludedDeliverySKUs": ["POST"],
    "excludeDeliveryCostsFromTierAssignment": True,
    "allTimeNotLocked": True,
}


@pytest.mark.parametrize(
    ("settings", "extras"),
    [
        pytest.param({}, (), id="plain"),
        pytest.param({"allTimeNotLocked": False, "pointsDaysLocked": 5}, (), id="locked-points"),
        pytest.param({}, ("segments", "first", "invited"), id="everything-that-is-rare"),
        pytest.param({"tierAssignType": "points"}, (), id="levels-follow-points"),
    ],
)
def test_leaves_what_one_after_the_other_leaves(settings, extras):
    one_by_one = shop("One", PLAIN | settings, extras)
    at_once = shop("Many", PLAIN | settings, extras)

    told = [
        outcome_of(one_by_one, document) for document in documents(one_by_one, random.Random(7))
    ]
    outcomes = []
    described = documents(at_once, random.Random(7))
    for start in range(0, len(described), CHUNK):
        part = described[start : start + CHUNK]
        done = batches.register_many(store=at_once, documents=part, actor=SYSTEM, now=NOW)
        outcomes += [text_of(outcome) for outcome in done]

    assert outcomes == told
    assert {text for text in told if text != "stored"} >= {
        "document_number_used",
        "unknown_pos",
        "sale_not_found",
        "return_exceeds_sale",
    }
    expected, found = everything(one_by_one, NOW), everything(at_once, NOW)
    assert [part for part in expected if found[part] != expected[part]] == []
    for customer in Customer.objects.in_store(at_once):
        assert totals.stored(customer) == totals.recount(customer)
    assert checks.find_differences() == []


def test_stores_nothing_twice_that_somebody_else_stored_meanwhile(monkeypatch):
    """The number is free when the batch looks, and taken when it writes."""
    store = shop("Race", PLAIN, ())
    described = documents(store, random.Random(3))[:8]
    described = [each for each in described if not each.is_return]
    purchases.register(store=store, document=described[1], actor=SYSTEM, now=NOW)
    before = Event.objects.count()
    looked = batches._Batch._prepare

    def blind(self, place):
        self.used = set()
        return looked(self, place)

    monkeypatch.setattr(batches._Batch, "_prepare", blind)
    done = batches.register_many(
        store=store, documents=[described[1], *described[3:7]], actor=SYSTEM, now=NOW
    )

    assert text_of(done[0]) == "document_number_used"
    again = Event.objects.filter(pk__gt=before, payload__documentNumber=described[1].number)
    assert again.count() <= 2
    assert checks.find_differences() == []


@pytest.mark.parametrize(
    ("refusal", "place"),
    [
        pytest.param("invalid_amount", 2, id="more-than-a-posting-holds"),
        pytest.param("invalid_amount", 3, id="more-than-a-wallet-counts"),
        pytest.param("supply_exhausted", 5, id="more-than-there-is-to-give"),
    ],
)
def test_what_the_ledger_refuses_stops_no_other(refusal, place):
    told = []
    for take in (one_by_one, at_once):
        store = shop("Large", PLAIN, ())
        buyers = list(Customer.objects.in_store(store).order_by("pk")[:6])
        described = [
            Document(
                number=f"D{number}",
                lines=(Line("TEA", "Tea", Decimal(1), Decimal(10), "drinks"),),
                buyer=Buyer(name="Ann", email=each.email),
                purchased_at=NOW,
            )
            for number, each in enumerate(buyers)
        ]
        if place == 2:
            EarningRuleFactory(
                store=store, type=RuleType.MULTIPLY_FOR_PRODUCT, sku_ids=["GOLD"], multiplier=200
            )
            store.refresh_from_db()
            lines = (Line("GOLD", "Gold", Decimal(1), Decimal(10) ** 10, "metals"),)
            described[place] = replace(described[place], lines=lines)
        elif place == 3:
            balances = WalletBalance.objects.filter(wallet=buyers[place].wallet)
            balances.update(earned=amounts.LARGEST_TOTAL - 5)
        else:
            point_type = PointType.objects.in_store(store).get()
            supply.limit(point_type, Decimal(50), now=NOW)
        told.append(take(store, described))

    assert told[0] == told[1] == [refusal if n == place else "stored" for n in range(6)]


def one_by_one(store: Store, described: list[Document]) -> list[str]:
    return [outcome_of(store, document) for document in described]


def at_once(store: Store, described: list[Document]) -> list[str]:
    done = batches.register_many(store=store, documents=described, actor=SYSTEM, now=NOW)
    return [text_of(outcome) for outcome in done]


def shop(name: str, settings: dict[str, Any], extras: tuple[str, ...]) -> Store:
    store = StoreFactory(setting_values=settings)
    entry = LevelFactory(store, name="Entry")
    for number, condition in enumerate((60, 300)):
        LevelFactory(store, name=f"Level {number}", condition_value=condition)
    PosFactory(store, name="Till")
    EarningRuleFactory(store=store, name="By value", excluded_skus=["BOOK"])
    EarningRuleFactory(
        store=store, name="Entry only", levels=[entry], type=RuleType.PRODUCT_PURCHASE
    )
    EarningRuleFactory(store=store, name="Times", type=RuleType.MULTIPLY_FOR_PRODUCT)
    if "first" in extras:
        EarningRuleFactory(
            store=store,
            name="First",
            type=RuleType.EVENT,
            event_name="oloy.transaction.customer_first_transaction",
        )
    if "invited" in extras:
        EarningRuleFactory(
            store=store, name="Friends", type=RuleType.REFERRAL, event_name="every_purchase"
        )
    if "segments" in extras:
        criterion = {"id": "c", "type": "transaction_count", "min": 2}
        segment = Segment.objects.create(
            store=store, name="Regulars", parts=[{"id": "p", "criteria": [criterion]}]
        )
        EarningRuleFactory(store=store, name="For regulars", segments=[segment])
        bought = {"id": "b", "type": "bought_skus", "sku_ids": ["BOOK"]}
        often = {"id": "o", "type": "transaction_count", "min": 3}
        Segment.objects.create(
            store=store, name="Readers", parts=[{"id": "p", "criteria": [bought, often]}]
        )

    def is_brought(number: int) -> bool:
        return "invited" in extras and number % 5 == 3

    for number in range(CUSTOMERS):
        CustomerFactory(
            store,
            last_name=f"Member {number}",
            email=f"ann{number}@example.com",
            phone=f"+4860000{number:04d}",
            loyalty_card_number=f"CARD{number}",
            **({"referral_customer_email": "ann0@example.com"} if is_brought(number) else {}),
        )
    store.refresh_from_db()
    return store


def documents(store: Store, chance: random.Random) -> list[Document]:
    """Return sales and returns, most of them good."""
    till = Pos.objects.in_store(store).get().uuid
    found: list[Document] = []
    sales: deque[Document] = deque(maxlen=40)
    for number in range(DOCUMENTS):
        if sales and chance.random() < 0.25:
            found.append(return_of(chance.choice(sales), number, chance))
            continue
        repeats = found and chance.random() < 0.03
        sale = Document(
            number=found[-1].number if repeats else f"D{number}",
            lines=tuple(line(chance) for _ in range(chance.randint(1, 3))),
            buyer=buyer(chance),
            purchased_at=NOW - timedelta(hours=chance.randint(0, 900)),
            pos_uuid=chance.choices([None, till, UUID(int=1)], [50, 47, 3])[0],
            labels=(Label("channel", "web"),) if chance.random() < 0.2 else (),
        )
        found.append(sale)
        sales.append(sale)
    return found


def return_of(sale: Document, number: int, chance: random.Random) -> Document:
    share = chance.choice([Decimal(1), Decimal("0.5"), Decimal("0.25"), Decimal(2)])
    first = sale.lines[0]
    gross = (first.gross_value * share).quantize(Decimal("0.01"))
    lines = (Line(first.sku, first.name, Decimal(1), gross, first.category),)
    return Document(
        number=f"R{number}",
        type=DocumentType.RETURN,
        lines=sale.lines if chance.random() < 0.3 else lines,
        buyer=sale.buyer if chance.random() < 0.9 else buyer(chance),
        purchased_at=NOW,
        revised_number="NONE" if chance.random() < 0.08 else sale.number,
    )


def line(chance: random.Random) -> Line:
    return Line(
        sku=chance.choice(["SKU1", "SKU2", "BOOK", "POST"]),
        name="Tea",
        quantity=Decimal(1),
        gross_value=Decimal(chance.randint(0, 9000)) / 100,
        category="drinks",
        maker="Best",
        labels=(Label("color", chance.choice(["red", "blue"])),),
    )


def buyer(chance: random.Random) -> Buyer:
    number = chance.randrange(CUSTOMERS + 2)
    way = chance.randrange(4)
    if way == 0:
        return Buyer(name="Ann", email=f"Ann{number}@Example.com")
    if way == 1:
        return Buyer(name="Ann", phone=f"+48 600 00 {number:04d}")
    if way == 2:
        return Buyer(name="Ann", loyalty_card_number=f"card{number}", email="nobody@example.com")
    return Buyer(name="Ann", email=f"ann{number}@example.com", phone=f"+4860000{number + 1:04d}")


def outcome_of(store: Store, document: Document) -> str:
    try:
        return text_of(purchases.register(store=store, document=document, actor=SYSTEM, now=NOW))
    except DomainError as refusal:
        return text_of(refusal)


def text_of(outcome: Transaction | DomainError) -> str:
    if isinstance(outcome, InvalidFields):
        return str(outcome.errors)
    return outcome.code if isinstance(outcome, DomainError) else "stored"
