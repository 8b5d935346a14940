"""
Why a purchase earned what it earned, in sentences for people.

The engine's explanation holds codes and ids; here they become names and sentences in the language
that is active when they are asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Level, Pos, Segment
from earning import engine
from earning.models import PURCHASE_TYPES, EarningRule, Evaluation, RuleType
from loyalty.core.models import Store


@dataclass(frozen=True, slots=True)
class ExplainedChange:
    """What a rule made of one line's points. `number`: of the line, counted from 1."""

    number: int
    sku: str
    before: Decimal
    after: Decimal
    sentence: str


@dataclass(frozen=True, slots=True)
class ExplainedExclusion:
    """A line that a rule passed over."""

    number: int
    sku: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ExplainedRule:
    """
    One rule's part. `uuid`: of the rule, to link to it. `points`: what it changed in all.

    `has_effect` False: the sentence says why it gave nothing.
    """

    uuid: str
    name: str
    type: str
    type_name: str
    points: Decimal
    has_effect: bool
    sentence: str
    changes: tuple[ExplainedChange, ...] = ()
    excluded: tuple[ExplainedExclusion, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line of the purchase. `value`: money; `points`: what it collected, before rounding."""

    number: int
    sku: str
    value: Decimal
    points: Decimal
    is_delivery: bool
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A whole evaluation. `rules`: in order of execution, those that gave nothing included."""

    points: Decimal
    exact: Decimal
    sentence: str
    level_name: str
    segment_names: tuple[str, ...]
    lines: tuple[ExplainedLine, ...]
    rules: tuple[ExplainedRule, ...]

    @property
    def effective(self) -> tuple[ExplainedRule, ...]:
        return tuple(rule for rule in self.rules if rule.has_effect)

    @property
    def idle(self) -> tuple[ExplainedRule, ...]:
        return tuple(rule for rule in self.rules if not rule.has_effect)


def get_for_transaction(transaction_uuid: UUID) -> Evaluation | None:
    """Return the stored evaluation of a purchase; None: it was never matched, or is a return."""
    rows = Evaluation.objects.filter(transaction_uuid=transaction_uuid)
    evaluation: Evaluation | None = rows.select_related("store").first()
    return evaluation


def explain(evaluation: Evaluation) -> Explanation:
    """
    Return a stored evaluation in sentences. At most five queries.

    Rules that were there but switched off were not asked; they are told of at the end.
    """
    found = engine.from_json(evaluation.explanation)
    idle = _switched_off(evaluation, found) if found.refusal is None else []
    return explain_result(evaluation.store, found, switched_off=idle)


def explain_result(
    store: Store, found: engine.Evaluation, *, switched_off: Iterable[EarningRule] = ()
) -> Explanation:
    """Return what the engine answered in sentences; for simulations. At most four queries."""
    words = _Words.read(store, found)
    return Explanation(
        points=found.points,
        exact=found.exact,
        sentence=_summary(found),
        level_name=words.levels.get(found.customer.level_id or 0, ""),
        segment_names=tuple(words.named(words.segments, found.customer.segment_ids)),
        lines=tuple(_line(number, line) for number, line in enumerate(found.lines, 1)),
        rules=(
            *(_rule(outcome, found, words) for outcome in found.outcomes),
            *(_switched_off_rule(rule) for rule in switched_off),
        ),
    )


def _switched_off(evaluation: Evaluation, found: engine.Evaluation) -> list[EarningRule]:
    """Return the rules that existed then and were not asked: only active ones are."""
    asked = [outcome.rule_id for outcome in found.outcomes]
    rules = EarningRule.objects.in_store(evaluation.store).filter(type__in=PURCHASE_TYPES)
    rules = rules.exclude(pk__in=asked)
    return list(rules.filter(created_at__lte=evaluation.evaluated_at).order_by("pk"))


def _switched_off_rule(rule: EarningRule) -> ExplainedRule:
    return ExplainedRule(
        uuid=str(rule.uuid),
        name=rule.name,
        type=rule.type,
        type_name=_type_name(rule.type),
        points=Decimal(0),
        has_effect=False,
        sentence=_("It was switched off."),
    )


@dataclass(frozen=True)
class _Words:
    """The names of what an evaluation has ids of."""

    store: Store
    levels: Mapping[int, str]
    segments: Mapping[int, str]
    pos: Mapping[int, str]
    rules: Mapping[int, str]

    @classmethod
    def read(cls, store: Store, found: engine.Evaluation) -> "_Words":
        details = [outcome.detail or {} for outcome in found.outcomes]
        level_ids = _known(found.customer.level_id) | _mentioned(details, "levels")
        segment_ids = {*found.customer.segment_ids, *_mentioned(details, "segments")}
        pos_ids = _known(found.pos_id) | _mentioned(details, "pos")
        levels = Level.objects.in_store(store).prefetch_related("translations")
        return cls(
            store=store,
            levels={row.pk: row.name for row in levels.filter(pk__in=level_ids)},
            segments=_names(Segment, store, segment_ids),
            pos=_names(Pos, store, pos_ids),
            rules={outcome.rule_id: outcome.name for outcome in found.outcomes},
        )

    @staticmethod
    def named(names: Mapping[int, str], ids: Iterable[int]) -> list[str]:
        return [names.get(pk, f"#{pk}") for pk in ids]

    def date(self, instant: datetime) -> str:
        # Alike in every language, and without a full stop at the end of a sentence's last word.
        return f"{instant.astimezone(self.store.zone):%Y-%m-%d %H:%M}"


def _known(pk: int | None) -> set[int]:
    return set() if pk is None else {pk}


def _mentioned(details: Iterable[Mapping[str, Any]], key: str) -> set[int]:
    return {pk for detail in details for pk in detail.get(key, ())}


def _names(model: Any, store: Store, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = model.objects.in_store(store).filter(pk__in=ids)
    return dict(rows.values_list("pk", "name"))


def _summary(found: engine.Evaluation) -> str:
    if found.refusal is engine.Refusal.CUSTOMER_STATUS:
        return _("No rule was asked: customers with the status “%(status)s” earn no points.") % {
            "status": found.customer.status
        }
    if found.points <= 0:
        return _("No rule gave points.")
    count = len(found.effective)
    return ngettext(
        "%(points)s points, from %(count)d rule.", "%(points)s points, from %(count)d rules.", count
    ) % {"points": _amount(found.points), "count": count}


def _line(number: int, line: engine.LineResult) -> ExplainedLine:
    return ExplainedLine(
        number=number,
        sku=line.sku,
        value=line.value,
        points=line.points,
        is_delivery=line.is_delivery,
        labels=tuple(":".join(label) for label in line.labels),
    )


def _rule(outcome: engine.RuleOutcome, found: engine.Evaluation, words: _Words) -> ExplainedRule:
    return ExplainedRule(
        uuid=outcome.rule_uuid,
        name=outcome.name,
        type=outcome.type,
        type_name=_type_name(outcome.type),
        points=outcome.points,
        has_effect=outcome.has_effect,
        sentence=(
            _why_something(outcome) if outcome.has_effect else _why_nothing(outcome, found, words)
        ),
        changes=tuple(_change(change, outcome, found, words) for change in outcome.changes),
        excluded=tuple(_exclusion(exclusion, found) for exclusion in outcome.excluded),
    )


def _type_name(type: str) -> str:
    return str(RuleType(type).label)


def _why_something(outcome: engine.RuleOutcome) -> str:
    if outcome.reward is not None:
        return _what_was_handed_out(outcome.reward)
    count = len(outcome.changes)
    values = {"points": _amount(abs(outcome.points)), "count": count}
    if outcome.points < 0:
        text = ngettext(
            "Took %(points)s points from %(count)d line.",
            "Took %(points)s points from %(count)d lines.",
            count,
        )
    else:
        text = ngettext(
            "Gave %(points)s points on %(count)d line.",
            "Gave %(points)s points on %(count)d lines.",
            count,
        )
    return text % values


def _what_was_handed_out(reward: engine.Reward) -> str:
    if reward.coupon_uuid is not None:
        return _("The reward was handed out.")
    match reward.refusal:
        case None:
            return _("It hands a reward out.")
        case "not_enough_points":
            return _("The reward was not handed out: too few points.")
        case "no_coupons_left":
            return _("The reward was not handed out: no coupons were left.")
        case "limit_exceeded" | "limit_per_customer_exceeded":
            return _("The reward was not handed out: its limit was reached.")
        case "invalid_cost":
            return _("The reward was not handed out: its price is no amount of points.")
        case "coupon_value_too_low":
            return _("The reward was not handed out: it was worth nothing.")
        case "not_allowed":
            return _("The reward was not handed out: the customer may not buy rewards.")
        case _:
            return _("The reward was not handed out: not active, or for other customers.")


def _why_nothing(outcome: engine.RuleOutcome, found: engine.Evaluation, words: _Words) -> str:
    detail = outcome.detail or {}
    match outcome.reason:
        case engine.Reason.INACTIVE:
            return _("It was switched off.")
        case engine.Reason.WINDOW:
            return _outside_window(detail, found, words)
        case engine.Reason.TARGET:
            return _not_meant(detail, found, words)
        case engine.Reason.POS:
            return _elsewhere(detail, found, words)
        case engine.Reason.MINIMUM:
            return _too_small(detail, words)
        case engine.Reason.STOPPED:
            last = words.rules.get(detail.get("by", 0), "")
            return _("“%(rule)s” was the last rule to be executed.") % {"rule": last}
        case engine.Reason.NOTHING_COLLECTED:
            return _("Its lines had not collected any points to multiply.")
        case engine.Reason.WORTH_NOTHING:
            return _("Its lines, or what it pays for them, are worth nothing.")
        case engine.Reason.NO_LINE if outcome.excluded:
            return _("It passed over every line.")
        case _:
            return _("No line is one of its products.")


def _outside_window(detail: Mapping[str, Any], found: engine.Evaluation, words: _Words) -> str:
    def end(name: str) -> str:
        text = detail.get(name)
        return words.date(datetime.fromisoformat(text)) if text else "…"

    return _("Bought on %(date)s, outside of its time: %(from)s to %(until)s.") % {
        "date": words.date(found.purchased_at),
        "from": end("from"),
        "until": end("until"),
    }


def _not_meant(detail: Mapping[str, Any], found: engine.Evaluation, words: _Words) -> str:
    meant = words.named(words.levels, detail.get("levels", ()))
    meant += words.named(words.segments, detail.get("segments", ()))
    return _("It is for %(meant)s; the customer was on level %(level)s.") % {
        "meant": ", ".join(meant) or _("nobody"),
        "level": words.levels.get(found.customer.level_id or 0, "–"),
    }


def _elsewhere(detail: Mapping[str, Any], found: engine.Evaluation, words: _Words) -> str:
    here = ", ".join(words.named(words.pos, detail.get("pos", ())))
    if found.pos_id is None:
        return _("It is for %(places)s; the purchase names no point of sale.") % {"places": here}
    return _("It is for %(places)s, not for %(place)s.") % {
        "places": here,
        "place": words.named(words.pos, [found.pos_id])[0],
    }


def _too_small(detail: Mapping[str, Any], words: _Words) -> str:
    values = {
        "minimum": _amount(Decimal(detail.get("minimum", "0"))),
        "currency": words.store.currency.upper(),
    }
    if detail.get("without_delivery"):
        return _("Below its minimum of %(minimum)s %(currency)s without delivery.") % values
    return _("Below its minimum of %(minimum)s %(currency)s.") % values


def _change(
    change: engine.LineChange,
    outcome: engine.RuleOutcome,
    found: engine.Evaluation,
    words: _Words,
) -> ExplainedChange:
    line = found.lines[change.line]
    values = {
        "value": _amount(line.value),
        "currency": words.store.currency.upper(),
        "by": _amount(change.by),
        "before": _amount(change.before),
        "after": _amount(change.after),
        "given": _amount(change.after - change.before),
        "labels": ", ".join(":".join(label) for label in change.labels),
    }
    match outcome.type:
        case RuleType.POINTS:
            text = _("%(value)s %(currency)s × %(by)s = %(given)s points")
        case RuleType.PRODUCT_PURCHASE:
            text = _("%(by)s points for the line")
        case _ if change.labels:
            text = _("%(before)s points × %(by)s = %(after)s, for %(labels)s")
        case _:
            text = _("%(before)s points × %(by)s = %(after)s")
    return ExplainedChange(
        number=change.line + 1,
        sku=line.sku,
        before=change.before,
        after=change.after,
        sentence=text % values,
    )


def _exclusion(exclusion: engine.LineExclusion, found: engine.Evaluation) -> ExplainedExclusion:
    sku = found.lines[exclusion.line].sku
    match exclusion.why:
        case engine.Exclusion.DELIVERY:
            sentence = _("Delivery costs do not count.")
        case engine.Exclusion.SKU:
            sentence = _("Its SKU is excluded.")
        case engine.Exclusion.LABEL:
            sentence = _("Its label %(label)s is excluded.") % {"label": exclusion.label}
        case engine.Exclusion.NO_LABEL:
            sentence = _("It has none of the labels that the rule asks for.")
    return ExplainedExclusion(number=exclusion.line + 1, sku=sku, sentence=sentence)


def _amount(amount: Decimal) -> str:
    """Write an amount in the active language, without zeros at its end."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return number_format(text, use_l10n=True)
