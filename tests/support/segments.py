"""Segments for tests: written shortly, and asked in both of the ways that the product asks."""

from datetime import datetime
from typing import Any

from accounts.models import Customer, Segment
from accounts.segments import criteria, queries
from accounts.segments.criteria import CriterionData
from accounts.services import segments
from loyalty.core import sql
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store


def criterion(type: str, **values: Any) -> CriterionData:
    return CriterionData(type, values)


def who_fits(store: Store, *parts: list[CriterionData], now: datetime) -> set[str]:
    """
    Return the first names of the customers who fit.

    Asked for the whole store and for each customer alone; both must say the same.
    """
    kept = criteria.clean(parts, store)
    query = queries.Query(store, now)
    rows = sql.read(queries.members(kept, query, criteria.compilers()), query.arguments)
    found = {pk for pk, _version in rows}
    assert found == {c.pk for c in Customer.objects.in_store(store) if _fits(c, kept, now)}
    names = Customer.objects.filter(pk__in=found).values_list("first_name", flat=True)
    return set(names)


def _fits(customer: Customer, kept: queries.Parts, now: datetime) -> bool:
    query = queries.Query(customer.store, now, is_for_one=True)
    condition = queries.fits(kept, query, criteria.compilers())
    statement = f"""
        select {condition} from accounts_customer c
        where c.id = %(customer)s::bigint and c.status = 'active'
            and c.store_id = %(store)s::bigint and %(now)s::timestamptz is not null
    """
    rows = sql.read(statement, query.arguments | {"customer": customer.pk})
    return bool(rows and rows[0][0])


def make_segment(
    store: Store, *parts: list[CriterionData], name: str = "Regulars", is_active: bool = True
) -> Segment:
    """Create a segment; its members come when the test recalculates it."""
    data = segments.SegmentData(name=name, parts=parts, is_active=is_active)
    return segments.create(store=store, data=data, actor=SYSTEM)


def names_in(segment: Segment) -> set[str]:
    return set(segment.memberships.values_list("customer__first_name", flat=True))
