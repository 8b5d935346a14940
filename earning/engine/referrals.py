"""
What an invitation pays, to the invited and to who invited them (RF-7, RF-8).

Rules are tested on the invited person. For each kind of reward the rule that gives most pays, and
the kinds add up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from earning.engine.compiling import (
    Condition,
    Situation,
    compile_conditions,
    conditions_of_scope,
)
from earning.engine.evaluating import round_points
from earning.engine.facts import CustomerFacts
from earning.engine.outcomes import Reason, RuleOutcome
from earning.engine.rules import ReferralRule, Rewarded

ZERO = Decimal(0)


class Person(StrEnum):
    """The two whom an invitation joins."""

    RECIPIENT = "recipient"
    REFERRER = "referrer"


_PAID: dict[Rewarded, frozenset[Person]] = {
    Rewarded.REFERRED: frozenset({Person.RECIPIENT}),
    Rewarded.REFERRER: frozenset({Person.REFERRER}),
    Rewarded.BOTH: frozenset(Person),
}


@dataclass(frozen=True, slots=True)
class CompiledReferralRule:
    rule: ReferralRule
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ReferralSet:
    """Compiled rules, the most recently edited first."""

    rules: tuple[CompiledReferralRule, ...]
    # False: nobody needs to look up the customer's segments, or their POS.
    mentions_segments: bool
    mentions_pos: bool
    # What a rule waits for, and what a rule pays the referrer for: nothing is looked up else.
    events: frozenset[str]
    referrer_events: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReferralContext:
    """
    One question to the engine about an invitation.

    `recipient`: the invited person, on whom the rules are tested; `pos_id`: their own POS (ER-5).
    `earning`: who of the two has a status that earns (ER-6).
    """

    event: str
    happened_at: datetime
    recipient: CustomerFacts
    pos_id: int | None = None
    decimals: int = 2
    earning: frozenset[Person] = frozenset(Person)


@dataclass(frozen=True, slots=True)
class ReferralEvaluation:
    """The answer: what each person gets in all, and what every rule about the event gave."""

    points: dict[Person, Decimal]
    outcomes: tuple[RuleOutcome, ...]
    # Which rules pay whom.
    paying: dict[Person, tuple[RuleOutcome, ...]]


def compile_referrals(rules: Iterable[ReferralRule]) -> ReferralSet:
    ordered = sorted(rules, key=lambda rule: (rule.edited_at, rule.id), reverse=True)
    return ReferralSet(
        rules=tuple(
            CompiledReferralRule(rule, compile_conditions(conditions_of_scope(rule)))
            for rule in ordered
        ),
        mentions_segments=any(rule.segment_ids for rule in ordered),
        mentions_pos=any(rule.pos_ids for rule in ordered),
        events=frozenset(rule.event for rule in ordered),
        referrer_events=frozenset(
            rule.event for rule in ordered if Person.REFERRER in _PAID[rule.rewarded]
        ),
    )


def evaluate_referral(rules: ReferralSet, context: ReferralContext) -> ReferralEvaluation:
    """Return what the event of an invited person pays. Decides on its arguments alone."""
    asked = [compiled for compiled in rules.rules if compiled.rule.event == context.event]
    outcomes = [_outcome(compiled, context) for compiled in asked]
    best: dict[Rewarded, int] = {}
    for place, outcome in enumerate(outcomes):
        kind = asked[place].rule.rewarded
        if not outcome.has_effect:
            continue
        # Of equals the first, which was edited last.
        if kind not in best or outcome.points > outcomes[best[kind]].points:
            best[kind] = place
    for place, outcome in enumerate(outcomes):
        winner = best.get(asked[place].rule.rewarded)
        if outcome.has_effect and winner is not None and winner != place:
            detail = {"by": outcomes[winner].rule_id}
            outcomes[place] = replace(outcome, points=ZERO, reason=Reason.NOT_BEST, detail=detail)
    paying = {
        person: tuple(outcomes[place] for kind, place in best.items() if person in _PAID[kind])
        if person in context.earning
        else ()
        for person in Person
    }
    return ReferralEvaluation(
        points={
            person: sum((each.points for each in each_paid), ZERO)
            for person, each_paid in paying.items()
        },
        outcomes=tuple(outcomes),
        paying=paying,
    )


def _outcome(compiled: CompiledReferralRule, context: ReferralContext) -> RuleOutcome:
    """Return what one rule gives by itself, whatever the others give."""
    rule = compiled.rule
    nothing = RuleOutcome(rule.id, rule.uuid, rule.name, rule.type)
    situation = Situation(
        purchased_at=context.happened_at,
        pos_id=context.pos_id,
        level_id=context.recipient.level_id,
        segment_ids=context.recipient.segment_ids,
        value=ZERO,
        value_without_delivery=ZERO,
    )
    for condition in compiled.conditions:
        if not condition.holds(situation):
            return replace(nothing, reason=condition.reason, detail=condition.detail)
    points = round_points(rule.points, context.decimals)
    if points <= 0:
        return replace(nothing, reason=Reason.WORTH_NOTHING)
    return replace(nothing, points=points)
