"""
What the engine answers: points, and for every rule what it did on which line or why nothing.

An evaluation is kept as JSON (`to_json`, `from_json`). Its layout, version 1; amounts are texts,
`line` is a position in `lines`, counted from 0:

    {
      "v": 1,
      "points": "704.00",             rounded; what was paid
      "exact": "704.000000",          the sum before rounding
      "refusal": null,                or "customer_status": no rule was asked at all
      "customer": {"level": 3, "segments": [5, 8], "status": "active"},   primary keys
      "purchased_at": "2026-11-21T10:00:00+00:00",
      "pos": null,                    primary key
      "lines": [
        {"sku": "123", "value": "12.00", "points": "144.00", "delivery": false,
         "labels": [["color", "red"]]}
      ],
      "rules": [                      in order of execution, those that gave nothing included
        {"id": 7, "uuid": "…", "name": "…", "type": "multiply_for_product",
         "points": "96.00",           what the rule changed in all; negative for a factor below 1
         "reason": null,              why it gave nothing: a value of `Reason`
         "detail": {},                what the reason is about, by `Reason`
         "changes": [[line, before, after, by, [[key, value], …]], …],
         "excluded": [[line, a value of `Exclusion`, label or ""], …]}
      ]
    }

`by` is the rule's rate, factor or fixed amount on that line; the labels made the line match.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from earning.engine.facts import CustomerFacts, Label

LAYOUT = 1


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
    def comment(self) -> str:
        """Return the names of the rules that gave something, as a transfer's comment (PA-21)."""
        return ", ".join(outcome.name for outcome in self.effective)


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
        "lines": [
            {
                "sku": line.sku,
                "value": _text(line.value),
                "points": _text(line.points),
                "delivery": line.is_delivery,
                "labels": [list(label) for label in line.labels],
            }
            for line in evaluation.lines
        ],
        "rules": [_outcome_to_json(outcome) for outcome in evaluation.outcomes],
    }


def _outcome_to_json(outcome: RuleOutcome) -> dict[str, Any]:
    return {
        "id": outcome.rule_id,
        "uuid": outcome.rule_uuid,
        "name": outcome.name,
        "type": outcome.type,
        "points": _text(outcome.points),
        "reason": outcome.reason,
        "detail": dict(outcome.detail or {}),
        "changes": [
            [line, _text(before), _text(after), _text(by), [list(label) for label in labels]]
            for line, before, after, by, labels in outcome.changes
        ],
        "excluded": [list(exclusion) for exclusion in outcome.excluded],
    }


def from_json(data: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation that `to_json` wrote."""
    assert data["v"] == LAYOUT, f"{data['v']=}"
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
                is_delivery=line["delivery"],
                labels=_labels(line["labels"]),
            )
            for line in data["lines"]
        ),
        outcomes=tuple(_outcome_from_json(rule) for rule in data["rules"]),
    )


def _outcome_from_json(rule: Mapping[str, Any]) -> RuleOutcome:
    return RuleOutcome(
        rule_id=rule["id"],
        rule_uuid=rule["uuid"],
        name=rule["name"],
        type=rule["type"],
        points=Decimal(rule["points"]),
        reason=Reason(rule["reason"]) if rule["reason"] else None,
        detail=rule["detail"] or None,
        changes=tuple(
            LineChange(line, Decimal(before), Decimal(after), Decimal(by), _labels(labels))
            for line, before, after, by, labels in rule["changes"]
        ),
        excluded=tuple(
            LineExclusion(line, Exclusion(why), label) for line, why, label in rule["excluded"]
        ),
    )


def _labels(pairs: list[list[str]]) -> tuple[Label, ...]:
    return tuple((key, value) for key, value in pairs)


def _text(amount: Decimal) -> str:
    # str() would write some zeros as 0E-8.
    return f"{amount:f}"
