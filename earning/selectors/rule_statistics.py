"""What one rule has given so far."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from accounts.models import Customer
from earning.models import PURCHASE_TYPES, EarningRule, RuleExecution, RuleUse

# A page must not read a million rows for three figures.
COUNTED_MAX = 10_000


@dataclass(frozen=True)
class Given:
    """How often a rule gave, how many points, and when last; of the latest `COUNTED_MAX` times."""

    count: int
    points: Decimal
    last_at: datetime | None


def sum_given(rule: EarningRule) -> Given:
    """Return what a rule has given, by purchases or by other uses. Two queries."""
    rows: QuerySet[RuleExecution] | QuerySet[RuleUse]
    if rule.type in PURCHASE_TYPES:
        rows, moment = RuleExecution.objects.filter(rule=rule), "evaluation__evaluated_at"
    else:
        rows, moment = RuleUse.objects.filter(rule=rule), "used_at"
    latest = rows.order_by("-pk")
    sums = latest[:COUNTED_MAX].aggregate(count=Count("pk"), points=Sum("points"))
    last_at: datetime | None = latest.values_list(moment, flat=True).first()
    return Given(sums["count"], sums["points"] or Decimal(0), last_at)


def list_given(rule: EarningRule, most: int) -> Iterator[tuple[datetime, Customer, Decimal]]:
    """Yield when, to whom and how many points, the latest first: one query."""
    if rule.type not in PURCHASE_TYPES:
        uses = RuleUse.objects.filter(rule=rule).select_related("customer").order_by("-pk")
        for use in uses[:most]:
            yield use.used_at, use.customer, use.points
        return
    executions = RuleExecution.objects.filter(rule=rule).select_related("evaluation__customer")
    for execution in executions.order_by("-evaluation_id")[:most]:
        evaluation = execution.evaluation
        yield evaluation.evaluated_at, evaluation.customer, execution.points
