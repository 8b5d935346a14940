"""The criteria about customers themselves: their data, their labels and their totals (SG-3)."""

import calendar
from datetime import date, timedelta

from accounts.segments import parameters
from accounts.segments.criteria import Criterion
from accounts.segments.parameters import Parameter
from accounts.segments.queries import Condition, Query, Values, between, label_in

AVERAGE = (
    "case when c.transactions_count = 0 then 0"
    " else round(c.transactions_amount / c.transactions_count, 2) end"
)


def _anniversary(values: Values, query: Query) -> Condition:
    if values["anniversary_type"] == "birthday":
        day = "c.birth_date"
    else:
        zone = query.bind(query.store.zone.key, "text")
        day = f"(c.created_at at time zone {zone})"
    days = query.bind(anniversaries(query.today, values["days"]), "int[]")
    return Condition(
        f"(extract(month from {day}) * 100 + extract(day from {day}))::int = any({days})"
    )


def anniversaries(today: date, days: int) -> list[int]:
    """
    Return the days of a year, month × 100 + day, whose anniversary is in [today, today + days).

    Who was born on 29 February has it on the 28th in common years.
    """
    found: dict[int, None] = {}
    for number in range(min(days, 366)):
        day = today + timedelta(days=number)
        found[day.month * 100 + day.day] = None
        if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
            found[229] = None
    if days >= 366:
        found[229] = None
    return list(found)


def _amount(values: Values, query: Query) -> Condition:
    names = ("from_amount", "to_amount")
    return Condition(between("c.transactions_amount", values, names, "numeric", query))


def _average(values: Values, query: Query) -> Condition:
    return Condition(between(AVERAGE, values, ("from_amount", "to_amount"), "numeric", query))


def _count(values: Values, query: Query) -> Condition:
    return Condition(between("c.transactions_count", values, ("min", "max"), "int", query))


def _labels(values: Values, query: Query) -> Condition:
    return Condition(label_in("c.labels", values["labels"], query))


def _listed(values: Values, query: Query) -> Condition:
    return Condition(f"c.uuid = any({query.bind(values['customers'], 'uuid[]')})")


_AMOUNTS = (
    Parameter("from_amount", parameters.amount, is_required=False),
    Parameter("to_amount", parameters.amount, is_required=False),
)

CRITERIA = (
    Criterion(
        type="anniversary",
        parameters=(
            Parameter("anniversary_type", parameters.choice("birthday", "registration")),
            Parameter("days", parameters.days),
        ),
        compile=_anniversary,
    ),
    Criterion(
        type="transaction_amount",
        parameters=_AMOUNTS,
        range_of=("from_amount", "to_amount"),
        compile=_amount,
        follows_purchases=True,
    ),
    Criterion(
        type="average_transaction_amount",
        parameters=_AMOUNTS,
        range_of=("from_amount", "to_amount"),
        compile=_average,
        follows_purchases=True,
    ),
    Criterion(
        type="transaction_count",
        parameters=(
            Parameter("min", parameters.count, is_required=False),
            Parameter("max", parameters.count, is_required=False),
        ),
        range_of=("min", "max"),
        compile=_count,
        follows_purchases=True,
    ),
    Criterion(
        type="customer_has_labels",
        parameters=(Parameter("labels", parameters.label_keys),),
        compile=_labels,
    ),
    Criterion(
        type="customer_with_labels_values",
        parameters=(Parameter("labels", parameters.label_pairs),),
        compile=_labels,
    ),
    Criterion(
        type="customer_list",
        parameters=(Parameter("customers", parameters.customers),),
        compile=_listed,
    ),
)
