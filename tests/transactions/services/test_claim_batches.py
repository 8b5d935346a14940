"""A batch of claims leaves behind what one claim after the other does: row by row."""

import os
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.ledger import checks, supply
from accounts.ledger.models import PointType
from accounts.models import Customer, Segment
from accounts.services import forgetting
from earning.models import RuleType
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import UnmatchedSaleFactory
from tests.left_behind import everything
from tests.support import totals
from tests.transactions.services.test_batches import line
from transactions.models import DocumentType
from transactions.services import claim_batches, matching, purchases
from transactions.services.claim_batches import Claim
from transactions.services.documents import Buyer, Document, Line

pytestmark = pytest.mark.django_db

# `BATCH_DOCUMENTS=20000` proves it on as many as a large file brings in.
DOCUMENTS = int(os.environ.get("BATCH_DOCUMENTS", "240"))
CUSTOMERS = max(12, DOCUMENTS // 20)
CHUNK = 1_000 if DOCUMENTS > 1000 else 60
# Registered before, and what claims do is told apart by the moment.
BEFORE = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("settings", "extras"),
    [
        pytest.param({}, (), id="plain"),
        pytest.param({}, ("segments", "first", "invited"), id="everything-that-is-rare"),
        pytest.param({"tierAssignType": "points"}, (), id="levels-follow-points"),
    ],
)
def test_leaves_what_one_after_the_other_leaves(settings, extras):
    one_by_one, at_once = (shop(name, settings, extras) for name in ("One", "Many"))

    told = [outcome_of(one_by_one, claim) for claim in claims(one_by_one, random.Random(11))]
    outcomes = []
    described = claims(at_once, random.Random(11))
    for start in range(0, len(described), CHUNK):
        part = described[start : start + CHUNK]
        done = claim_batches.claim_many(store=at_once, claims=part, actor=SYSTEM, now=NOW)
        outcomes += [text_of(outcome) for outcome in done]

    assert outcomes == told
    assert set(told) == {
        "claimed",
        "transaction_not_found",
        "already_assigned",
        "incorrect_owner",
    }
    expected, found = everything(one_by_one, NOW), everything(at_once, NOW)
    for each in (expected, found):
        # A wave is written at once; each customer has one claim in it.
        each["trail"].sort()
    assert [part for part in expected if found[part] != expected[part]] == []
    for customer in Customer.objects.in_store(at_once):
        assert totals.stored(customer) == totals.recount(customer)
    assert checks.find_differences() == []


def test_gives_nothing_to_who_was_forgotten():
    store = StoreFactory()
    people = [CustomerFactory(store) for _ in range(claim_batches.WAVE_MIN)]
    described = [
        Claim(UnmatchedSaleFactory(store).document_number, customer) for customer in people
    ]
    forgetting.anonymize(customer=people[0], actor=SYSTEM)

    outcomes = claim_batches.claim_many(store=store, claims=described, actor=SYSTEM)

    told = [text_of(outcome) for outcome in outcomes]
    assert told == ["customer_anonymized"] + ["claimed"] * (len(people) - 1)


@pytest.mark.parametrize(
    ("refusal", "place"),
    [
        pytest.param("invalid_amount", 2, id="more-than-a-posting-holds"),
        pytest.param("supply_exhausted", 5, id="more-than-there-is-to-give"),
    ],
)
def test_what_the_ledger_refuses_stops_no_other(refusal, place):
    store = StoreFactory()
    people = [CustomerFactory(store) for _ in range(6)]
    EarningRuleFactory(store=store, point_value=Decimal(200))
    described = []
    for number, customer in enumerate(people):
        is_large = refusal == "invalid_amount" and number == place
        sale = UnmatchedSaleFactory(store, 10**10 if is_large else 10)
        described.append(Claim(sale.document_number, customer))
    if refusal == "supply_exhausted":
        supply.limit(PointType.objects.in_store(store).get(), Decimal(10_000), now=NOW)

    outcomes = claim_batches.claim_many(store=store, claims=described, actor=SYSTEM, now=NOW)

    expected = [refusal if n == place else "claimed" for n in range(6)]
    assert [text_of(outcome) for outcome in outcomes] == expected


def shop(name, settings, extras):
    """Return a store with documents of nobody, sales and returns, and some of somebody."""
    store = StoreFactory(setting_values={"returns": True} | settings)
    entry = LevelFactory(store, name="Entry")
    for condition in (60, 300):
        LevelFactory(store, name=f"Level {condition}", condition_value=condition)
    EarningRuleFactory(store=store, name="By value", excluded_skus=["BOOK"])
    EarningRuleFactory(
        store=store, name="Entry only", levels=[entry], type=RuleType.PRODUCT_PURCHASE
    )
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
    for number in range(CUSTOMERS):
        is_brought = "invited" in extras and number % 5 == 3
        CustomerFactory(
            store,
            last_name=f"Member {number}",
            email=f"ann{number}@example.com",
            **({"referral_customer_email": "ann0@example.com"} if is_brought else {}),
        )
    store.refresh_from_db()
    register(store, random.Random(2))
    return store


def register(store, chance):
    for number in range(DOCUMENTS):
        sale = Document(
            number=f"D{number}",
            lines=tuple(line(chance) for _ in range(chance.randint(1, 3))),
            buyer=Buyer(name="Ann", email="ann1@example.com" if number % 10 == 7 else ""),
            purchased_at=BEFORE - timedelta(hours=chance.randint(0, 900)),
        )
        purchases.register(store=store, document=sale, actor=SYSTEM, now=BEFORE)
        if chance.random() < 0.2:
            first = sale.lines[0]
            purchases.register(
                store=store,
                document=Document(
                    number=f"R{number}",
                    type=DocumentType.RETURN,
                    lines=(Line(first.sku, first.name, first.quantity, first.gross_value),),
                    purchased_at=BEFORE,
                    revised_number=sale.number,
                ),
                actor=SYSTEM,
                now=BEFORE,
            )


def claims(store, chance):
    people = list(Customer.objects.in_store(store).order_by("pk"))
    for each in people:
        each.store = store
    found = []
    for number in range(DOCUMENTS):
        kind = chance.choices(["D", "R", "NONE"], [80, 17, 3])[0]
        wanted = number if chance.random() < 0.9 else chance.randrange(DOCUMENTS)
        found.append(Claim(f"{kind}{wanted}", chance.choice(people)))
    return found


def outcome_of(store, claim):
    try:
        return text_of(
            matching.claim(
                store=store,
                document_number=claim.document_number,
                customer=claim.customer,
                actor=SYSTEM,
                now=NOW,
            )
        )
    except DomainError as refusal:
        return text_of(refusal)


def text_of(outcome):
    return outcome.code if isinstance(outcome, DomainError) else "claimed"
