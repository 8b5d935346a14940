"""
Rules as data become closures, once.

A rule's conditions are trees of `loyalty.core.expressions`; what it does to the lines is a step, a
closure over plain values. Nothing here runs while a purchase is priced but what it returned.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from earning.engine.facts import Label
from earning.engine.outcomes import Exclusion, LineChange, LineExclusion, Reason
from earning.engine.rules import (
    EarnByValue,
    EarnPerLine,
    Effect,
    HandOut,
    LabelMode,
    Multiply,
    MultiplyByLabels,
    Rule,
    Scope,
)
from loyalty.core.expressions import (
    AllOf,
    AnyOf,
    Compare,
    Kind,
    Literal,
    Node,
    Not,
    OneOf,
    Operator,
    Overlaps,
    Path,
    Predicate,
    Term,
    Vocabulary,
    compile_predicate,
)

ONE = Decimal(1)


class Situation(NamedTuple):
    """
    What a rule's conditions may ask about.

    Beside purchases: `purchased_at` is when it happened, `pos_id` the customer's own POS.
    """

    purchased_at: datetime
    pos_id: int | None
    level_id: int | None
    segment_ids: frozenset[int]
    value: Decimal
    value_without_delivery: Decimal


class LineView(NamedTuple):
    """What a rule's line conditions may ask about."""

    position: int
    sku: str
    value: Decimal
    category: str
    maker: str
    labels: frozenset[Label]
    is_delivery: bool


SITUATION: Vocabulary[Situation] = Vocabulary(
    {
        "purchase.purchased_at": Term(Kind.INSTANT, attrgetter("purchased_at")),
        "purchase.pos": Term(Kind.KEY, attrgetter("pos_id")),
        "purchase.value": Term(Kind.NUMBER, attrgetter("value")),
        "purchase.value_without_delivery": Term(Kind.NUMBER, attrgetter("value_without_delivery")),
        "customer.level": Term(Kind.KEY, attrgetter("level_id")),
        "customer.segments": Term(Kind.KEYS, attrgetter("segment_ids")),
    }
)
LINE: Vocabulary[LineView] = Vocabulary(
    {
        "line.sku": Term(Kind.TEXT, attrgetter("sku")),
        "line.value": Term(Kind.NUMBER, attrgetter("value")),
        "line.category": Term(Kind.TEXT, attrgetter("category")),
        "line.maker": Term(Kind.TEXT, attrgetter("maker")),
        "line.labels": Term(Kind.KEYS, attrgetter("labels")),
        "line.is_delivery": Term(Kind.FLAG, attrgetter("is_delivery")),
    }
)

# What a step did: the lines that it changed and those that it passed over.
Steps = tuple[list[LineChange], list[LineExclusion]]
# Changes the points of the lines in place, by position.
Step = Callable[[Sequence[LineView], list[Decimal]], Steps]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something without which a rule is not executed, and what to say then."""

    reason: Reason
    holds: Predicate[Situation]
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CompiledRule:
    rule: Rule
    conditions: tuple[Condition, ...]
    step: Step


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Compiled rules in order of execution (ER-8)."""

    rules: tuple[CompiledRule, ...]
    # False: nobody needs to look up the customer's segments.
    mentions_segments: bool


def compile_rules(rules: Iterable[Rule]) -> RuleSet:
    """
    Compile rules and put them in order: by priority, then the most recently edited first (ER-8).

    Rules that were edited at the same instant run the newer (greater id) first.
    """
    ordered = sorted(rules, key=lambda rule: (rule.edited_at, rule.id), reverse=True)
    ordered.sort(key=lambda rule: rule.effect.priority)
    return RuleSet(
        rules=tuple(compile_rule(rule) for rule in ordered),
        mentions_segments=any(rule.segment_ids for rule in ordered),
    )


def compile_rule(rule: Rule) -> CompiledRule:
    return CompiledRule(
        rule=rule,
        conditions=compile_conditions(conditions_of(rule)),
        step=compile_effect(rule.effect),
    )


def compile_conditions(
    conditions: Iterable[tuple[Reason, Node, Mapping[str, Any] | None]],
) -> tuple[Condition, ...]:
    return tuple(
        Condition(reason, compile_predicate(node, SITUATION), detail)
        for reason, node, detail in conditions
    )


def conditions_of(rule: Rule) -> list[tuple[Reason, Node, Mapping[str, Any] | None]]:
    """Return what has to hold before a rule is executed, in the order in which to say so."""
    conditions = conditions_of_scope(rule)
    if isinstance(rule.effect, EarnByValue) and rule.effect.order_value_min > 0:
        conditions.append((Reason.MINIMUM, _minimum(rule.effect), _minimum_detail(rule.effect)))
    return conditions


def conditions_of_scope(rule: Scope) -> list[tuple[Reason, Node, Mapping[str, Any] | None]]:
    """Return what has to hold of time, customer and place."""
    conditions: list[tuple[Reason, Node, Mapping[str, Any] | None]] = []
    if not rule.is_active:
        conditions.append((Reason.INACTIVE, AnyOf(()), None))
    if rule.starts_at or rule.ends_at:
        conditions.append((Reason.WINDOW, _window(rule), _window_detail(rule)))
    if not rule.is_for_everybody:
        conditions.append((Reason.TARGET, _target(rule), _target_detail(rule)))
    if rule.pos_ids:
        here = OneOf(Path("purchase.pos"), rule.pos_ids)
        conditions.append((Reason.POS, here, {"pos": sorted(rule.pos_ids)}))
    return conditions


def _window(rule: Scope) -> Node:
    """Both ends are inclusive (ER-3)."""
    bought = Path("purchase.purchased_at")
    parts: list[Node] = []
    if rule.starts_at:
        parts.append(Compare(Operator.AT_LEAST, bought, Literal(rule.starts_at)))
    if rule.ends_at:
        parts.append(Compare(Operator.AT_MOST, bought, Literal(rule.ends_at)))
    return AllOf(tuple(parts))


def _window_detail(rule: Scope) -> Mapping[str, Any]:
    return {
        "from": rule.starts_at.isoformat() if rule.starts_at else None,
        "until": rule.ends_at.isoformat() if rule.ends_at else None,
    }


def _target(rule: Scope) -> Node:
    """On a listed level or in a listed segment (ER-4); nobody, where neither is listed."""
    parts: list[Node] = []
    if rule.level_ids:
        parts.append(OneOf(Path("customer.level"), rule.level_ids))
    if rule.segment_ids:
        parts.append(Overlaps(Path("customer.segments"), rule.segment_ids))
    return AnyOf(tuple(parts))


def _target_detail(rule: Scope) -> Mapping[str, Any]:
    return {"levels": sorted(rule.level_ids), "segments": sorted(rule.segment_ids)}


def _minimum(effect: EarnByValue) -> Node:
    """The minimum looks at delivery only: excluded SKUs and labels count towards it (ER-9)."""
    value = "value_without_delivery" if effect.excludes_delivery else "value"
    return Compare(Operator.AT_LEAST, Path(f"purchase.{value}"), Literal(effect.order_value_min))


def _minimum_detail(effect: EarnByValue) -> Mapping[str, Any]:
    return {
        "minimum": f"{effect.order_value_min:f}",
        "without_delivery": effect.excludes_delivery,
    }


def compile_effect(effect: Effect) -> Step:
    match effect:
        case EarnByValue():
            return _compile_by_value(effect)
        case Multiply():
            return _compile_multiply(effect)
        case MultiplyByLabels():
            return _compile_multiply_by_labels(effect)
        case EarnPerLine():
            return _compile_per_line(effect)
        case HandOut():
            return _leave_lines


def _leave_lines(lines: Sequence[LineView], points: list[Decimal]) -> Steps:
    return [], []


def _compile_by_value(effect: EarnByValue) -> Step:
    rate = effect.rate
    exclusions = [
        (why, compile_predicate(node, LINE), labels)
        for why, node, labels in line_exclusions_of(effect)
    ]

    def step(lines: Sequence[LineView], points: list[Decimal]) -> Steps:
        changes: list[LineChange] = []
        excluded: list[LineExclusion] = []
        for line in lines:
            for why, applies, labels in exclusions:
                if applies(line):
                    excluded.append(LineExclusion(line.position, why, _first(line.labels & labels)))
                    break
            else:
                before = points[line.position]
                after = points[line.position] = before + line.value * rate
                changes.append(LineChange(line.position, before, after, rate))
        return changes, excluded

    return step


def line_exclusions_of(effect: EarnByValue) -> list[tuple[Exclusion, Node, frozenset[Label]]]:
    """Return which lines a rule passes over, with the labels that it does so for (ER-9)."""
    nothing: frozenset[Label] = frozenset()
    labels = Path("line.labels")
    exclusions: list[tuple[Exclusion, Node, frozenset[Label]]] = []
    if effect.excludes_delivery:
        exclusions.append((Exclusion.DELIVERY, Path("line.is_delivery"), nothing))
    if effect.excluded_skus:
        listed = OneOf(Path("line.sku"), frozenset(effect.excluded_skus))
        exclusions.append((Exclusion.SKU, listed, nothing))
    if effect.label_mode is LabelMode.EXCLUDE and effect.excluded_labels:
        has_one = Overlaps(labels, frozenset(effect.excluded_labels))
        exclusions.append((Exclusion.LABEL, has_one, effect.excluded_labels))
    if effect.label_mode is LabelMode.INCLUDE:
        has_none = Not(Overlaps(labels, frozenset(effect.included_labels)))
        exclusions.append((Exclusion.NO_LABEL, has_none, nothing))
    return exclusions


def _first(labels: frozenset[Label]) -> str:
    return ":".join(min(labels)) if labels else ""


def _compile_multiply(effect: Multiply) -> Step:
    parts: list[Node] = []
    if effect.skus:
        parts.append(OneOf(Path("line.sku"), frozenset(effect.skus)))
    if effect.labels:
        parts.append(Overlaps(Path("line.labels"), frozenset(effect.labels)))
    matches = compile_predicate(AnyOf(tuple(parts)), LINE)
    return partial(_multiply, matches=matches, factor=effect.factor, labels=effect.labels)


def _multiply(
    lines: Sequence[LineView],
    points: list[Decimal],
    *,
    matches: Predicate[LineView],
    factor: Decimal,
    labels: frozenset[Label],
) -> Steps:
    changes = []
    for line in lines:
        if matches(line):
            before = points[line.position]
            after = points[line.position] = before * factor
            found = tuple(sorted(line.labels & labels)) if labels else ()
            changes.append(LineChange(line.position, before, after, factor, found))
    return changes, []


def _compile_multiply_by_labels(effect: MultiplyByLabels) -> Step:
    factors: dict[Label, Decimal] = {}
    for label, factor in effect.factors:
        # A label that is listed twice multiplies twice: all that match multiply (ER-12).
        factors[label] = factors.get(label, ONE) * factor

    def step(lines: Sequence[LineView], points: list[Decimal]) -> Steps:
        changes = []
        for line in lines:
            if found := factors.keys() & line.labels:
                by = ONE
                for label in found:
                    by *= factors[label]
                before = points[line.position]
                after = points[line.position] = before * by
                changes.append(LineChange(line.position, before, after, by, tuple(sorted(found))))
        return changes, []

    return step


def _compile_per_line(effect: EarnPerLine) -> Step:
    matches = compile_predicate(OneOf(Path("line.sku"), frozenset(effect.skus)), LINE)
    amount = effect.points

    def step(lines: Sequence[LineView], points: list[Decimal]) -> Steps:
        changes = []
        for line in lines:
            if matches(line):
                before = points[line.position]
                after = points[line.position] = before + amount
                changes.append(LineChange(line.position, before, after, amount))
        return changes, []

    return step
