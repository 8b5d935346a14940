"""
From a segment's parts to SQL: who is meant, among all customers or of one.

Criteria within a part are OR-ed, parts AND-ed (SG-2). A criterion about the customer's own row is a
condition on it; one about other rows is a set of customer ids. Sets are joined to the customers by
`IN`, one for each part, so that the whole store costs a few hash joins, and one customer a few
index probes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from loyalty.core import clock
from loyalty.core.models import Store

Values = Mapping[str, Any]
# Parts as they are stored: [{"id": …, "criteria": [{"id": …, "type": …, <parameters>}]}].
Parts = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Condition:
    """A condition on the customer's row, which goes by the name of `c`."""

    sql: str


@dataclass(frozen=True)
class Ids:
    """A SELECT of the ids of customers, in any order and as often as they come."""

    sql: str


Fragment = Condition | Ids
Compile = Callable[[Values, "Query"], Fragment]


class Query:
    """
    What the fragments of one statement share: its arguments, the store and the moment.

    `is_for_one`: the statement is about the one customer of the argument `customer`; `is_for_many`:
    about those of the argument `customers`.
    """

    def __init__(
        self,
        store: Store,
        now: datetime,
        *,
        is_for_one: bool = False,
        is_for_many: bool = False,
    ) -> None:
        self.store = store
        self.now = now
        self.is_for_one = is_for_one
        self.is_for_many = is_for_many
        self.arguments: dict[str, Any] = {"store": store.pk, "now": now}

    @cached_property
    def today(self) -> date:
        """Today in the store's time zone."""
        return self.now.astimezone(self.store.zone).date()

    def start_of_day(self, *, days_ago: int) -> datetime:
        """Return the midnight that began a local day; the calendar's first for one before it."""
        try:
            return clock.start_of_day(self.today - timedelta(days=days_ago), self.store.zone)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)

    def bind(self, value: Any, type: str) -> str:
        """Add an argument; return how the statement names it. `type`: PostgreSQL's."""
        name = f"p{len(self.arguments)}"
        self.arguments[name] = value
        return f"%({name})s::{type}"

    def narrowed(self, column: str) -> str:
        """Return the condition that keeps a set to the customers that are asked about."""
        if self.is_for_many:
            return f" and {column} = any(%(customers)s::bigint[])"
        return f" and {column} = %(customer)s::bigint" if self.is_for_one else ""


def between(column: str, values: Values, names: tuple[str, str], type: str, query: Query) -> str:
    """Return the condition of an inclusive range, of which either end may be open."""
    bounds = [
        f"{column} {sign} {query.bind(values[name], type)}"
        for name, sign in zip(names, (">=", "<="), strict=True)
        if name in values
    ]
    return f"({' and '.join(bounds) or 'true'})"


def label_in(labels: str, wanted: Sequence[Mapping[str, str]], query: Query) -> str:
    """
    Return the condition that some label of a JSON list is wanted, whatever the case.

    A wanted label without `value` asks for the key alone.
    """
    keys = query.bind([label["key"].lower() for label in wanted], "text[]")
    if not any("value" in label for label in wanted):
        return (
            f"exists (select from jsonb_array_elements({labels}) l"
            f" where lower(l ->> 'key') = any({keys}))"
        )
    texts = query.bind([label["value"].lower() for label in wanted], "text[]")
    return (
        f"exists (select from jsonb_array_elements({labels}) l"
        f" join unnest({keys}, {texts}) w (key, value)"
        " on lower(l ->> 'key') = w.key and lower(l ->> 'value') = w.value)"
    )


def fits(parts: Parts, query: Query, compilers: Mapping[str, Compile]) -> str:
    """Return the condition on a customer `c` of the store that all parts hold."""
    return " and ".join(_part(part["criteria"], query, compilers) for part in parts) or "false"


def _part(criteria: Sequence[Values], query: Query, compilers: Mapping[str, Compile]) -> str:
    fragments = [compilers[criterion["type"]](criterion, query) for criterion in criteria]
    conditions = [fragment.sql for fragment in fragments if isinstance(fragment, Condition)]
    sets = [fragment.sql for fragment in fragments if isinstance(fragment, Ids)]
    either = f"({' or '.join(conditions)})" if conditions else ""
    if not sets:
        return either
    if query.is_for_one:
        ways = [either] if either else []
        ways += [f"c.id in ({ids})" for ids in sets]
        return f"({' or '.join(ways)})"
    if either:
        # As one more set: an OR beside an IN would keep the server from joining.
        sets.append(
            "select c.id from accounts_customer c"  # noqa: S608  # what is put in is ours
            f" where c.store_id = %(store)s::bigint and c.status = 'active' and {either}"
            f"{query.narrowed('c.id')}"
        )
    return f"c.id in ({' union all '.join(sets)})"


def members(parts: Parts, query: Query, compilers: Mapping[str, Compile]) -> str:
    """Return the SELECT of the `id` and `version` of the store's customers who fit (SG-3)."""
    return (
        "select c.id, c.version from accounts_customer c"  # noqa: S608  # what is put in is ours
        " where c.store_id = %(store)s::bigint and c.status = 'active'"
        f" and {fits(parts, query, compilers)}"
    )
