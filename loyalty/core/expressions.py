"""
Conditions as data: a small typed tree that says what has to hold, and compiles to Python closures.

A tree names things by the words of a `Vocabulary`; the vocabulary says of each word what kind of
value it is and how to read it from a subject. The same tree can so be bound to plain objects here
and to columns elsewhere, and be shown to people. Nothing is ever evaluated from a text.

A word without a value reads as None, and no comparison with None holds.
"""

import operator
from collections.abc import Callable, Hashable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from loyalty.core.errors import DomainError

Subject = TypeVar("Subject")
Predicate = Callable[[Subject], bool]
Reader = Callable[[Subject], Any]
Scalar = str | int | Decimal | bool | datetime


class IllTyped(DomainError):
    """This condition compares things that cannot be compared."""

    code = "ill_typed"


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    INSTANT = "instant"
    # A key, equal to itself or not, without an order: an id, or a label's pair of key and value.
    KEY = "key"
    # A set of keys or texts.
    KEYS = "keys"


class Operator(StrEnum):
    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


ORDERED = {Kind.NUMBER, Kind.INSTANT, Kind.TEXT}
COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.MORE: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, slots=True)
class Literal:
    value: Scalar

    @property
    def kind(self) -> Kind:
        match self.value:
            case bool():
                return Kind.FLAG
            case int() | Decimal():
                return Kind.NUMBER
            case datetime():
                return Kind.INSTANT
            case str():
                return Kind.TEXT


@dataclass(frozen=True, slots=True)
class Path:
    """A word of the vocabulary, such as `order.value`."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    operator: Operator
    left: Path
    right: Literal


@dataclass(frozen=True, slots=True)
class OneOf:
    """The thing is one of the options; never, when there are none."""

    item: Path
    options: frozenset[Hashable]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """The set has something in common with the options."""

    items: Path
    options: frozenset[Hashable]


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


Node = Path | Compare | OneOf | Overlaps | AllOf | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Term(Generic[Subject]):
    kind: Kind
    read: Reader[Subject]


@dataclass(frozen=True, slots=True)
class Vocabulary(Generic[Subject]):
    """The words that a condition on one sort of subject may use."""

    terms: Mapping[str, Term[Subject]]

    def term(self, path: Path, *kinds: Kind) -> Term[Subject]:
        """
        Return what a path stands for.

        :raises IllTyped: there is no such word, or it is of none of these kinds.
        """
        term = self.terms.get(path.name)
        if term is None:
            raise IllTyped(f"There is nothing called {path.name} here.")
        if term.kind not in kinds:
            raise IllTyped(f"{path.name} is of the kind {term.kind}, not {' or '.join(kinds)}.")
        return term


def compile_predicate(node: Node, vocabulary: Vocabulary[Subject]) -> Predicate[Subject]:
    """
    Return a function that tells whether the condition holds for a subject.

    :raises IllTyped: a word is unknown or of another kind than it is used as.
    """
    match node:
        case Path():
            return _flag(vocabulary.term(node, Kind.FLAG).read)
        case Compare():
            return _compare(node, vocabulary)
        case OneOf(item, options):
            return _one_of(vocabulary.term(item, Kind.KEY, Kind.TEXT).read, options)
        case Overlaps(items, options):
            return _overlaps(vocabulary.term(items, Kind.KEYS).read, options)
        case AllOf(parts):
            return _all([compile_predicate(part, vocabulary) for part in parts])
        case AnyOf(parts):
            return _any([compile_predicate(part, vocabulary) for part in parts])
        case Not(part):
            holds = compile_predicate(part, vocabulary)
            return lambda subject: not holds(subject)


def _flag(read: Reader[Subject]) -> Predicate[Subject]:
    return lambda subject: read(subject) is True


def _compare(node: Compare, vocabulary: Vocabulary[Subject]) -> Predicate[Subject]:
    kind = node.right.kind
    if node.operator not in {Operator.EQUAL, Operator.NOT_EQUAL} and kind not in ORDERED:
        raise IllTyped(f"A {kind} is neither more nor less than another.")
    read = vocabulary.term(node.left, kind).read
    compare, right = COMPARE[node.operator], node.right.value

    def holds(subject: Subject) -> bool:
        left = read(subject)
        return left is not None and compare(left, right)

    return holds


def _one_of(read: Reader[Subject], options: AbstractSet[Hashable]) -> Predicate[Subject]:
    return lambda subject: read(subject) in options


def _overlaps(read: Reader[Subject], options: frozenset[Hashable]) -> Predicate[Subject]:
    disjoint = options.isdisjoint
    return lambda subject: not disjoint(read(subject))


def _all(parts: list[Predicate[Subject]]) -> Predicate[Subject]:
    match parts:
        case [only]:
            return only
        case [first, second]:
            # Most conditions have one part or two, and a generator costs more than both.
            return lambda subject: first(subject) and second(subject)
        case _:
            return lambda subject: all(holds(subject) for holds in parts)


def _any(parts: list[Predicate[Subject]]) -> Predicate[Subject]:
    match parts:
        case [only]:
            return only
        case [first, second]:
            return lambda subject: first(subject) or second(subject)
        case _:
            return lambda subject: any(holds(subject) for holds in parts)
