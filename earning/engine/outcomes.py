"""
What the engine answers: points, and for every rule what it did on which line or why nothing.

An evaluation is kept as JSON (`to_json`, `from_json`). Its layout, version 2; amounts are texts,
`line` is a position in `lines`, counted from 0. A key whose value would be null or empty is left
out of lines and rules, for a store keeps millions of these.

    {
      "v": 2,
      "points": "704.00",             rounded; what was paid
      "exact": "704.000000",          the sum before rounding
      "refusal": null,                or "customer_status": no rule was asked at all
      "customer": {"level": 3, "segments": [5, 8], "status": "active"},   primary keys
      "purchased_at": "2026-11-21T10:00:00+00:00",
      "pos": null,                    primary key
      "lines": [
        {"sku": "123", "value": "12.00", "points": "144.00", "delivery": true,
         "labels": [["color", "red"]]}
      ],
      "rules": [                      in order of execution, those that gave nothing included
        {"id": 7, "uuid": "…", "name": "…", "type": "multiply_for_product",
         "points": "96.00",           what the rule changed in all; negative for a factor below 1
         "reason": "minimum",         why it gave nothing: a value of `Reason`
         "detail": {…},               what the reason is about, by `Reason`
         "changes": [[line, after, by, [[key, value], …]], …],
         "excluded": [[line, a value of `Exclusion`, label or ""], …],
         "reward": [campaign, coupon or null, code of the refusal or null]}
      ]
    }

`by` is the rule's rate, factor or fixed amount on that line; the labels made the line match. Before
a change a line had what the last change of an earlier rule made of it, at first 0. Version 1 wrote
that `before` between `line` and `after`, and every key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from earning.engine.facts import CustomerFacts, Label

LAYOUT = 2


class Reason(StrEnum):
    """Why a rule gave nothing. In brackets: the keys of `RuleOutcome.detail`."""

    INACTIVE = "inactive"
    WINDOW = "window"  # bought outside its dates (from, until)
    TARGET = "target"  # another level and no listed segment (levels, segments)
    POS = "pos"  # bought elsewhere (pos)
    MINIMUM = "minimum"  # the purchase is too small (minimum, without_delivery)
    STOPPED = "stopped"  # an earlier rule was the last to run (by: that rule's id)
    NO_LINE = "no_line"  # no line is one of its products, or all were excluded
    NOTHING_COLLECTED = "nothing_collected"  # its lines had no points to multiply
    WORTH_NOTHING = "worth_nothing"  # its lines or its rate are worth zero
    DISTANCE = "distance"  # too far away (distance, radius)
    LIMIT = "limit"  # this customer used it up (uses, limit, period)
    NOT_BEST = "not_best"  # another rule pays more (by: that rule's id)


class Exclusion(StrEnum):
    """Why a rule passed over a line that costs money."""

    DELIVERY = "delivery"
    SKU = "sku"
    LABEL = "label"  # has a label that the rule excludes
    NO_LABEL = "no_label"  # has none of the labels that the rule asks for


class Refusal(StrEnum):
    """Why no rule was asked at all."""

    CUSTOMER_STATUS = "customer_status"  # ER-6


class LineChange(NamedTuple):
    """What a rule made of one line's points."""

    line: int
    before: Decimal
    after: Decimal
    by: Decimal
    labels: tuple[Label, ...] = ()


class LineExclusion(NamedTuple):
    line: int
    why: Exclusion
    label: str = ""


class LineResult(NamedTuple):
    sku: str
    value: Decimal
    points: Decimal
    is_delivery: bool
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Reward:
    """
    A reward that a rule hands out. Whoever settles it says what came of it.

    `coupon_uuid`: what the customer got. `refusal`: the code of why they got nothing.
    """

    campaign_uuid: str
    coupon_uuid: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule's part in an evaluation. `reason` None: it gave (or took) something."""

    rule_id: int
    rule_uuid: str
    name: str
    type: str
    points: Decimal = Decimal(0)
    changes: tuple[LineChange, ...] = ()
    excluded: tuple[LineExclusion, ...] = ()
    reason: Reason | None = None
    detail: Mapping[str, Any] | None = None
    reward: Reward | None = None

    @property
    def has_effect(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer. `points`: rounded half up once (ER-16), never negative; `exact`: unrounded."""

    points: Decimal
    exact: Decimal
    lines: tuple[LineResult, ...]
    outcomes: tuple[RuleOutcome, ...]
    customer: CustomerFacts
    purchased_at: datetime
    pos_id: int | None
    refusal: Refusal | None = None

    @property
    def effective(self) -> tuple[RuleOutcome, ...]:
        """Return the outcomes of the rules that gave something, in order of execution."""
        return tuple(outcome for outcome in self.outcomes if outcome.has_effect)

    @property
    def promised(self) -> tuple[RuleOutcome, ...]:
        """Return the outcomes with a reward of which it is not known yet what comes of it."""
        return tuple(
            outcome
            for outcome in self.outcomes
            if outcome.reward and not outcome.reward.coupon_uuid and not outcome.reward.refusal
        )

    @property
    def stopped_by(self) -> int | None:
        """Return the rule that kept others from being asked, by its id (ER-15)."""
        stopped = (o.detail for o in self.outcomes if o.reason is Reason.STOPPED and o.detail)
        return next((detail["by"] for detail in stopped), None)

    @property
    def comment(self) -> str:
        """Return the names of the rules that gave points, as a transfer's comment (PA-21)."""
        return ", ".join(outcome.name for outcome in self.effective if outcome.reward is None)


@dataclass(frozen=True, slots=True)
class OccasionEvaluation:
    """
    The answer to a question that is not about a purchase. `points`: of all rules that pay.

    `outcomes`: of the rules about this occasion, the last edited first; each pays for itself.
    """

    points: Decimal
    outcomes: tuple[RuleOutcome, ...]
    refusal: Refusal | None = None

    @property
    def effective(self) -> tuple[RuleOutcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.has_effect)

    @property
    def is_known(self) -> bool:
        """Is there a rule for this customer, here and now, whatever was used up?"""
        return any(outcome.reason in _APPLIED for outcome in self.outcomes)

    @property
    def is_used_up(self) -> bool:
        """Has the customer used up every rule that there is for them (ER-23)?"""
        applied = [o.reason for o in self.outcomes if o.reason in _APPLIED]
        return bool(applied) and all(reason is Reason.LIMIT for reason in applied)


_APPLIED = {None, Reason.LIMIT, Reason.NOT_BEST, Reason.WORTH_NOTHING}


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the layout that the head of this module describes."""
    customer = evaluation.customer
    return {
        "v": LAYOUT,
        "points": _text(evaluation.points),
        "exact": _text(evaluation.exact),
        "refusal": evaluation.refusal,
        "customer": {
            "level": customer.level_id,
            "segments": sorted(customer.segment_ids),
            "status": customer.status,
        },
        "purchased_at": evaluation.purchased_at.isoformat(),
        "pos": evaluation.pos_id,
        "lines": [_line_to_json(line) for line in evaluation.lines],
        "rules": [_outcome_to_json(outcome) for outcome in evaluation.outcomes],
    }


def _line_to_json(line: LineResult) -> dict[str, Any]:
    found: dict[str, Any] = {
        "sku": line.sku,
        "value": _text(line.value),
        "points": _text(line.points),
    }
    if line.is_delivery:
        found["delivery"] = True
    if line.labels:
        found["labels"] = line.labels
    return found


def _outcome_to_json(outcome: RuleOutcome) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": outcome.rule_id,
        "uuid": outcome.rule_uuid,
        "name": outcome.name,
        "type": outcome.type,
        "points": _text(outcome.points),
    }
    if outcome.reason is not None:
        found["reason"] = outcome.reason
    if outcome.detail:
        found["detail"] = dict(outcome.detail)
    if outcome.changes:
        found["changes"] = [
            (line, _text(after), _text(by), labels) if labels else (line, _text(after), _text(by))
            for line, _, after, by, labels in outcome.changes
        ]
    if outcome.excluded:
        found["excluded"] = [list(exclusion) for exclusion in outcome.excluded]
    if (reward := outcome.reward) is not None:
        found["reward"] = (reward.campaign_uuid, reward.coupon_uuid, reward.refusal)
    return found


def from_json(data: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation that `to_json` wrote."""
    assert data["v"] in (1, LAYOUT), f"{data['v']=}"
    read_changes = _changes_of_layout_1 if data["v"] == 1 else _Changes()
    customer = data["customer"]
    return Evaluation(
        points=Decimal(data["points"]),
        exact=Decimal(data["exact"]),
        refusal=Refusal(data["refusal"]) if data["refusal"] else None,
        customer=CustomerFacts(
            level_id=customer["level"],
            segment_ids=frozenset(customer["segments"]),
            status=customer["status"],
        ),
        purchased_at=datetime.fromisoformat(data["purchased_at"]),
        pos_id=data["pos"],
        lines=tuple(
            LineResult(
                sku=line["sku"],
                value=Decimal(line["value"]),
                points=Decimal(line["points"]),
                is_delivery=line.get("delivery", False),
                labels=_labels(line.get("labels", ())),
            )
            for line in data["lines"]
        ),
        outcomes=tuple(_outcome_from_json(rule, read_changes) for rule in data["rules"]),
    )


Pairs = Sequence[Sequence[str]]
ReadChanges = Callable[[Sequence[Any]], tuple[LineChange, ...]]


def _outcome_from_json(rule: Mapping[str, Any], read_changes: ReadChanges) -> RuleOutcome:
    return RuleOutcome(
        rule_id=rule["id"],
        rule_uuid=rule["uuid"],
        name=rule["name"],
        type=rule["type"],
        points=Decimal(rule["points"]),
        reason=Reason(rule["reason"]) if rule.get("reason") else None,
        detail=rule.get("detail") or None,
        changes=read_changes(rule.get("changes", ())),
        excluded=tuple(
            LineExclusion(line, Exclusion(why), label)
            for line, why, label in rule.get("excluded", ())
        ),
        reward=Reward(*rule["reward"]) if "reward" in rule else None,
    )


def _changes_of_layout_1(changes: Sequence[Any]) -> tuple[LineChange, ...]:
    return tuple(
        LineChange(line, Decimal(before), Decimal(after), Decimal(by), _labels(labels))
        for line, before, after, by, labels in changes
    )


class _Changes:
    """Reads the changes of one rule after the other; each line goes on from its last change."""

    def __init__(self) -> None:
        self.last: dict[int, Decimal] = {}

    def __call__(self, changes: Sequence[Any]) -> tuple[LineChange, ...]:
        return tuple(self._one(*change) for change in changes)

    def _one(self, line: int, after: str, by: str, labels: Pairs = ()) -> LineChange:
        before = self.last.get(line, Decimal(0))
        self.last[line] = Decimal(after)
        return LineChange(line, before, self.last[line], Decimal(by), _labels(labels))


def _labels(pairs: Pairs) -> tuple[Label, ...]:
    return tuple((key, value) for key, value in pairs)


def _text(amount: Decimal) -> str:
    # str() would write some zeros as 0E-8.
    return f"{amount:f}"
