"""The transaction algorithm: rules in order over an accumulator of points per line (ER-8…17)."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from decimal import Context as Arithmetic
from typing import Any

from earning.engine.compiling import CompiledRule, LineView, RuleSet, Situation
from earning.engine.facts import Context, Line
from earning.engine.outcomes import (
    Evaluation,
    LineResult,
    Reason,
    Refusal,
    Reward,
    RuleOutcome,
)
from earning.engine.rules import HandOut, Multiply, MultiplyByLabels
from loyalty.core.errors import DomainError

ZERO = Decimal(0)
# The largest amount that the ledger's NUMERIC(20, 4) holds.
POINTS_MAX = Decimal("9999999999999999.9999")
# Wide enough that no product of realistic factors is ever rounded on its way to the sum.
ARITHMETIC = Arithmetic(
    prec=80, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow]
)


class TooManyPoints(DomainError):
    """The earning rules give more points for this purchase than can be kept."""

    code = "too_many_points"


def evaluate(rules: RuleSet, context: Context) -> Evaluation:
    """
    Return the points that a purchase earns, and for every rule what it did or why nothing.

    Decides on its arguments alone: the rules' window is compared with the purchase's date.

    :raises TooManyPoints: the sum, or what one rule makes of it, is beyond what the ledger holds.
    """
    with localcontext(ARITHMETIC):
        try:
            return _evaluate(rules, context)
        except Overflow:
            raise TooManyPoints from None


def _evaluate(rules: RuleSet, context: Context) -> Evaluation:
    lines = _view(context)
    points = [ZERO] * len(lines)
    if context.customer.status in context.earning_statuses:
        refusal = None
        situation = _situation(context, lines)
        outcomes = _run(rules, situation, lines, points, context.refused_rewards)
    else:
        refusal, outcomes = Refusal.CUSTOMER_STATUS, []
    exact = _checked(sum(points, ZERO))
    return Evaluation(
        points=_checked(round_points(max(exact, ZERO), context.decimals)),
        exact=exact,
        lines=tuple(
            LineResult(line.sku, line.value, sum_, line.is_delivery, tuple(sorted(line.labels)))
            for line, sum_ in zip(lines, points, strict=True)
        ),
        outcomes=tuple(outcomes),
        customer=context.customer,
        purchased_at=context.purchase.purchased_at,
        pos_id=context.purchase.pos_id,
        refusal=refusal,
    )


def round_points(amount: Decimal, decimals: int) -> Decimal:
    """Round a computed amount half up to a point type's decimals (ER-16)."""
    with localcontext(ARITHMETIC):
        return amount.quantize(Decimal(1).scaleb(-decimals))


def _view(context: Context) -> list[LineView]:
    delivery_skus = context.purchase.delivery_skus or frozenset()

    def view(position: int, line: Line) -> LineView:
        return LineView(
            position=position,
            sku=line.sku,
            value=line.gross_value,
            category=line.category,
            maker=line.maker,
            labels=line.labels,
            is_delivery=line.sku in delivery_skus,
        )

    return [view(position, line) for position, line in enumerate(context.purchase.lines)]


def _situation(context: Context, lines: list[LineView]) -> Situation:
    return Situation(
        purchased_at=context.purchase.purchased_at,
        pos_id=context.purchase.pos_id,
        level_id=context.customer.level_id,
        segment_ids=context.customer.segment_ids,
        value=sum((line.value for line in lines), ZERO),
        value_without_delivery=sum((line.value for line in lines if not line.is_delivery), ZERO),
    )


def _run(
    rules: RuleSet,
    situation: Situation,
    lines: list[LineView],
    points: list[Decimal],
    refused_rewards: Mapping[int, str],
) -> list[RuleOutcome]:
    """Run the rules in order over `points`, until one that was executed is the last (ER-15)."""
    outcomes = []
    stopped_by: int | None = None
    for compiled in rules.rules:
        outcome = _missed(compiled, situation)
        if outcome is None and stopped_by is not None:
            outcome = _nothing(compiled, Reason.STOPPED, {"by": stopped_by})
        elif outcome is None:
            refusal = refused_rewards.get(compiled.rule.id)
            outcome = _execute(compiled, lines, points, refusal)
            if compiled.rule.is_last_executed and refusal is None:
                stopped_by = compiled.rule.id
        outcomes.append(outcome)
    return outcomes


def _missed(compiled: CompiledRule, situation: Situation) -> RuleOutcome | None:
    """Return why a rule is not executed, or None when it is."""
    for condition in compiled.conditions:
        if not condition.holds(situation):
            return _nothing(compiled, condition.reason, condition.detail)
    return None


def _nothing(
    compiled: CompiledRule, reason: Reason, detail: Mapping[str, Any] | None
) -> RuleOutcome:
    rule = compiled.rule
    return RuleOutcome(rule.id, rule.uuid, rule.name, rule.type, reason=reason, detail=detail)


def _execute(
    compiled: CompiledRule, lines: list[LineView], points: list[Decimal], refusal: str | None
) -> RuleOutcome:
    """
    Let a rule change the lines' points; it counts as executed whatever it matched (ER-15).

    `refusal`: why the reward that it hands out cannot be had.
    """
    changes, excluded = compiled.step(lines, points)
    rule = compiled.rule
    if isinstance(rule.effect, HandOut):
        reward = Reward(campaign_uuid=rule.effect.campaign_uuid, refusal=refusal)
        return RuleOutcome(rule.id, rule.uuid, rule.name, rule.type, reward=reward)
    total = sum([after - before for _, before, after, _, _ in changes], ZERO)
    reason = None
    if not changes:
        reason = Reason.NO_LINE
    elif not total and not any(before for _, before, _, _, _ in changes):
        multiplies = isinstance(rule.effect, Multiply | MultiplyByLabels)
        reason = Reason.NOTHING_COLLECTED if multiplies else Reason.WORTH_NOTHING
    return RuleOutcome(
        rule_id=rule.id,
        rule_uuid=rule.uuid,
        name=rule.name,
        type=rule.type,
        points=_checked(total),
        changes=tuple(changes),
        excluded=tuple(excluded),
        reason=reason,
    )


def _checked(amount: Decimal) -> Decimal:
    if abs(amount) > POINTS_MAX:
        raise TooManyPoints
    return amount
