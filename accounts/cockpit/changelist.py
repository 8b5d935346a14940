"""A list whose address means the same to everybody, whichever columns they see."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest
from unfold.views import ChangeList


class SteadyChangeList(ChangeList):  # type: ignore[misc]  # the theme is not typed
    """
    Counts the columns of `?o=` as the screen names them.

    Django counts those that stand on the page, the boxes to choose rows among them. Then an address
    would order by something else for who may choose none, and in an export.
    """

    is_counted_here = False

    def get_ordering(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.is_counted_here and ORDER_VAR in self.params:
            self.params[ORDER_VAR] = self._counted(self.params[ORDER_VAR], self._here)
        self.is_counted_here = True
        return super().get_ordering(request, queryset)

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        if new_params and new_params.get(ORDER_VAR):
            order = self._counted(new_params[ORDER_VAR], self._steady)
            new_params = {**new_params, ORDER_VAR: order}
        query: str = super().get_query_string(new_params, remove)
        return query

    def _counted(self, order: str, count: Callable[[int], int]) -> str:
        """Return an order with each column counted the other way, without those that are not."""
        return ".".join(_each(order.split("."), count))

    def _here(self, number: int) -> int:
        return list(self.list_display).index(self._named()[number])

    def _steady(self, number: int) -> int:
        return self._named().index(self.list_display[number])

    def _named(self) -> list[Any]:
        columns: list[Any] = self.model_admin.all_columns()
        return columns


def _each(parts: Iterable[str], count: Callable[[int], int]) -> Iterable[str]:
    for part in parts:
        _none, sign, number = part.rpartition("-")
        try:
            yield f"{sign}{count(int(number))}"
        except (IndexError, ValueError):
            # No such column, or not on this page.
            continue
