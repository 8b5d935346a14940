"""Conditions compile to predicates, or say what is wrong with them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

import pytest

from loyalty.core.expressions import (
    AllOf,
    AnyOf,
    Compare,
    IllTyped,
    Kind,
    Literal,
    Not,
    OneOf,
    Operator,
    Overlaps,
    Path,
    Term,
    Vocabulary,
    compile_predicate,
)


@dataclass
class Parcel:
    weight: int | None = 5
    city: str = "Oslo"
    tags: frozenset = frozenset({"fragile"})
    is_paid: bool = True
    sent_at: datetime = datetime(2026, 3, 1, tzinfo=UTC)


WORDS = Vocabulary(
    {
        "weight": Term(Kind.NUMBER, attrgetter("weight")),
        "city": Term(Kind.TEXT, attrgetter("city")),
        "tags": Term(Kind.KEYS, attrgetter("tags")),
        "is_paid": Term(Kind.FLAG, attrgetter("is_paid")),
        "sent_at": Term(Kind.INSTANT, attrgetter("sent_at")),
    }
)
HEAVY = Compare(Operator.AT_LEAST, Path("weight"), Literal(5))
FRAGILE = Overlaps(Path("tags"), frozenset({"fragile", "cold"}))
ABROAD = Not(OneOf(Path("city"), frozenset({"Oslo", "Bergen"})))


@pytest.mark.parametrize(
    ("node", "parcel", "holds"),
    [
        pytest.param(HEAVY, Parcel(), True, id="at least, at the bound"),
        pytest.param(HEAVY, Parcel(weight=4), False, id="at least, below"),
        pytest.param(HEAVY, Parcel(weight=None), False, id="a missing value compares with nothing"),
        pytest.param(
            Compare(Operator.LESS, Path("sent_at"), Literal(datetime(2026, 3, 2, tzinfo=UTC))),
            Parcel(),
            True,
            id="instants",
        ),
        pytest.param(
            Compare(Operator.NOT_EQUAL, Path("city"), Literal("Oslo")),
            Parcel(),
            False,
            id="unequal",
        ),
        pytest.param(Path("is_paid"), Parcel(), True, id="a flag by itself"),
        pytest.param(FRAGILE, Parcel(), True, id="sets that overlap"),
        pytest.param(FRAGILE, Parcel(tags=frozenset()), False, id="an empty set"),
        pytest.param(ABROAD, Parcel(), False, id="not one of"),
        pytest.param(AllOf((HEAVY, FRAGILE)), Parcel(), True, id="all of"),
        pytest.param(AllOf((HEAVY, ABROAD)), Parcel(), False, id="not all of"),
        pytest.param(AnyOf((HEAVY, ABROAD)), Parcel(), True, id="any of"),
        pytest.param(AllOf(()), Parcel(), True, id="all of nothing"),
        pytest.param(AnyOf(()), Parcel(), False, id="any of nothing"),
    ],
)
def test_a_condition(node, parcel, holds):
    assert compile_predicate(node, WORDS)(parcel) is holds


@pytest.mark.parametrize(
    ("node", "message"),
    [
        pytest.param(Path("color"), "There is nothing called color here.", id="unknown word"),
        pytest.param(
            Compare(Operator.EQUAL, Path("weight"), Literal("5")),
            "weight is of the kind number, not text.",
            id="other kind",
        ),
        pytest.param(
            Compare(Operator.LESS, Path("is_paid"), Literal(True)),
            "A flag is neither more nor less than another.",
            id="no order",
        ),
        pytest.param(Path("weight"), "weight is of the kind number, not flag.", id="no flag"),
        pytest.param(
            OneOf(Path("tags"), frozenset({"cold"})),
            "tags is of the kind keys, not key or text.",
            id="a set is not one thing",
        ),
    ],
)
def test_an_ill_typed_condition_is_refused_when_it_is_compiled(node, message):
    with pytest.raises(IllTyped, match=message):
        compile_predicate(node, WORDS)
