"""The cockpit's lists outside of a request: their rows, with the filters of their address."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict

from loyalty.core.actors import Actor
from loyalty.core.exports.kinds import UnknownFilter
from loyalty.core.models import Store

# Numbers of columns from 0, those in descending order with a minus.
ORDER = re.compile(r"(-?\d{1,2}(\.-?\d{1,2})*)?", re.ASCII)


def listed(model: type[Model], *related: str, prefetch: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a kind of export needs to know of a model's list; arguments as of `rows_of`."""
    return {
        "model": model,
        "find": rows_of(model, *related, prefetch=prefetch),
        "filters": partial(filters_of, model),
    }


def rows_of(
    model: type[Model], *related: str, prefetch: Sequence[str] = ()
) -> Callable[[Store, Actor, QueryDict], "QuerySet[Any]"]:
    """
    Return what finds the rows of a model's list, narrowed by its filters and its search and in its
    order.

    `related`: what is read with each row; `prefetch`: with each page of them.
    """

    def find(store: Store, actor: Actor, query: QueryDict) -> "QuerySet[Any]":
        screen: Any = admin.site.get_model_admin(model)
        if not ORDER.fullmatch(query.get(ORDER_VAR, "")):
            raise UnknownFilter
        request: Any = HttpRequest()
        request.method = "GET"
        request.GET = query
        request.store, request.actor = store, actor
        # Lists of stores ask for those that somebody reaches.
        request.stores = [each for each in Store.objects.all() if actor.reaches_store(each.pk)]
        request.user = SimpleNamespace(pk=actor.id, has_perm=lambda name: True)
        try:
            shown = _narrowed(screen.get_changelist(request))(
                request,
                model,
                list_display=screen.all_columns(),
                list_display_links=(),
                list_filter=screen.get_list_filter(request),
                date_hierarchy=None,
                search_fields=screen.get_search_fields(request),
                list_select_related=screen.list_select_related,
                list_per_page=screen.list_per_page,
                list_max_show_all=0,
                list_editable=(),
                model_admin=screen,
                sortable_by=(),
                search_help_text="",
            )
        except (
            IncorrectLookupParameters,
            SuspiciousOperation,
            ValidationError,
            ValueError,
        ) as error:
            raise UnknownFilter from error
        found: QuerySet[Any] = shown.queryset
        found = found.select_related(*related) if related else found
        return found.prefetch_related(*prefetch)

    return find


def filters_of(model: type[Model]) -> tuple[str, ...]:
    """Return the names of the filters that a list has, for people; the search is `q`."""
    screen = admin.site.get_model_admin(model)
    names = ["q"] if screen.search_fields else []
    for each in screen.list_filter:
        column = each[0] if isinstance(each, tuple) else each
        names.append(column if isinstance(column, str) else str(column.parameter_name))  # type: ignore[union-attr]
    return tuple(names)


def _narrowed(base: type[ChangeList]) -> type[ChangeList]:
    """Return a list that knows its rows and reads none of them."""
    return type("Narrowed", (base,), {"get_results": lambda self, request: None})
