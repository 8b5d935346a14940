"""Pages of long lists, at a cost that does not grow with the list."""

import json
from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.utils.functional import cached_property


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]  # generic only in the stubs
    """
    Count exactly up to `exact_limit` rows, beyond it say what the planner estimates.

    A count of a million rows reads them all; one that stops at the limit does not. Nobody turns to
    page 401: the pages end there, and the filters go further.
    """

    exact_limit = 10_000
    max_pages = 400
    template_name = "cockpit/_pagination.html"

    @cached_property
    def count(self) -> int:
        queryset = self.object_list
        if not isinstance(queryset, QuerySet):
            return len(queryset)
        bounded = queryset.order_by()[: self.exact_limit + 1].count()
        if bounded <= self.exact_limit:
            return int(bounded)
        return max(bounded, planned_rows(queryset))

    @property
    def is_estimate(self) -> bool:
        return self.count > self.exact_limit

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, self.max_pages)


def planned_rows(queryset: "QuerySet[Any]") -> int:
    """Return how many rows the planner expects a query to find; wrong by as much as it is."""
    sql, params = queryset.order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [answer] = cursor.fetchone()
    plan = json.loads(answer) if isinstance(answer, str) else answer
    return int(plan[0]["Plan"]["Plan Rows"])
