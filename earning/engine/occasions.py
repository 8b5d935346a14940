"""
What customers earn beside purchases: by events, codes and places (ER-18…23).

Each rule pays a fixed amount of its own. Of the rules about one event only the best pays; those
about a code or a place all do, but for those that the customer has used up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from earning.engine import distance
from earning.engine.compiling import (
    Condition,
    Situation,
    compile_conditions,
    conditions_of_scope,
)
from earning.engine.evaluating import round_points
from earning.engine.facts import Happening, Occasion, OccasionContext, Presence, Scan
from earning.engine.outcomes import OccasionEvaluation, Reason, Refusal, RuleOutcome
from earning.engine.rules import EarnByCode, EarnNearby, EarnOnEvent, Limit, OccasionRule

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CompiledOccasionRule:
    rule: OccasionRule
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class OccasionSet:
    """Compiled rules, the most recently edited first."""

    rules: tuple[CompiledOccasionRule, ...]
    # False: nobody needs to look up the customer's segments, or their POS.
    mentions_segments: bool
    mentions_pos: bool
    # The platform's events that a rule waits for: nothing is looked up for the others.
    events: frozenset[str]

    def about(self, occasion: Occasion) -> list[CompiledOccasionRule]:
        """Return the rules that an occasion of this kind asks."""
        return [compiled for compiled in self.rules if _is_about(compiled.rule, occasion)]

    def limits_about(self, occasion: Occasion) -> dict[int, Limit]:
        """Return the limits of those of them that have one, by rule id."""
        rules = [compiled.rule for compiled in self.about(occasion)]
        return {rule.id: rule.limit for rule in rules if rule.limit is not None}


def compile_occasions(rules: Iterable[OccasionRule]) -> OccasionSet:
    ordered = sorted(rules, key=lambda rule: (rule.edited_at, rule.id), reverse=True)
    return OccasionSet(
        rules=tuple(
            CompiledOccasionRule(rule, compile_conditions(conditions_of_scope(rule)))
            for rule in ordered
        ),
        mentions_segments=any(rule.segment_ids for rule in ordered),
        mentions_pos=any(rule.pos_ids for rule in ordered),
        events=frozenset(
            rule.grant.event
            for rule in ordered
            if isinstance(rule.grant, EarnOnEvent) and not rule.grant.is_custom
        ),
    )


def evaluate_occasion(rules: OccasionSet, context: OccasionContext) -> OccasionEvaluation:
    """
    Return what an occasion pays, and for every rule about it what it gave or why nothing.

    Decides on its arguments alone; rules about other events or codes are not mentioned.
    """
    if context.asks_status and context.customer.status not in context.earning_statuses:
        return OccasionEvaluation(ZERO, (), Refusal.CUSTOMER_STATUS)
    situation = _situation(context)
    outcomes = [
        _outcome(compiled, situation, context)
        for compiled in rules.about(context.occasion)
        if context.only_rule in {None, compiled.rule.uuid}
    ]
    if isinstance(context.occasion, Happening):
        outcomes = _best(outcomes)
    return OccasionEvaluation(sum((each.points for each in outcomes), ZERO), tuple(outcomes))


def _is_about(rule: OccasionRule, occasion: Occasion) -> bool:
    match rule.grant, occasion:
        case EarnOnEvent(event=event, is_custom=is_custom), Happening():
            return occasion == Happening(event, is_custom)
        case EarnByCode(code=code), Scan():
            return code == occasion.code
        case EarnNearby(), Presence():
            return True
    return False


def _situation(context: OccasionContext) -> Situation:
    return Situation(
        purchased_at=context.happened_at,
        pos_id=context.pos_id,
        level_id=context.customer.level_id,
        segment_ids=context.customer.segment_ids,
        value=ZERO,
        value_without_delivery=ZERO,
    )


def _outcome(
    compiled: CompiledOccasionRule, situation: Situation, context: OccasionContext
) -> RuleOutcome:
    """Return what one rule gives by itself, whatever the others give."""
    rule = compiled.rule
    for condition in compiled.conditions:
        if not condition.holds(situation):
            return _nothing(rule, condition.reason, condition.detail)
    if far := _too_far(rule, context.occasion):
        return _nothing(rule, Reason.DISTANCE, far)
    if rule.limit is not None and (uses := context.uses.get(rule.id, 0)) >= rule.limit.uses:
        limit = {"uses": uses, "limit": rule.limit.uses, "period": rule.limit.period.value}
        return _nothing(rule, Reason.LIMIT, limit)
    points = round_points(rule.grant.points, context.decimals)
    if points <= 0:
        return _nothing(rule, Reason.WORTH_NOTHING, None)
    return replace(_nothing(rule, None, None), points=points)


def _nothing(
    rule: OccasionRule, reason: Reason | None, detail: Mapping[str, Any] | None
) -> RuleOutcome:
    return RuleOutcome(rule.id, rule.uuid, rule.name, rule.type, reason=reason, detail=detail)


def _too_far(rule: OccasionRule, occasion: Occasion) -> Mapping[str, Any] | None:
    """Return how far away the customer is, in kilometres, if that is more than the radius."""
    if not isinstance(rule.grant, EarnNearby) or not isinstance(occasion, Presence):
        return None
    grant = rule.grant
    away = distance.between(grant.latitude, grant.longitude, occasion.latitude, occasion.longitude)
    if away <= grant.radius:
        return None
    return {"distance": f"{away:.3f}", "radius": f"{grant.radius:f}"}


def _best(outcomes: list[RuleOutcome]) -> list[RuleOutcome]:
    """Let only the rule pay that gives most; of equal ones the last edited (ER-18)."""
    paying = [outcome for outcome in outcomes if outcome.has_effect]
    if not paying:
        return outcomes
    # max() returns the first of equals.
    best = max(paying, key=lambda outcome: outcome.points)
    return [
        replace(outcome, points=ZERO, reason=Reason.NOT_BEST, detail={"by": best.rule_id})
        if outcome.has_effect and outcome is not best
        else outcome
        for outcome in outcomes
    ]
