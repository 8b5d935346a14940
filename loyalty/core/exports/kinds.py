"""
Which lists can be taken out, with which columns, and by whom.

The rooms above register theirs when they start: a list of the cockpit with the filters of its own
address, or any other queryset.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.http import QueryDict
from import_export.resources import Resource

from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.exports.columns import Column, columns_of
from loyalty.core.models import Store

Find = Callable[[Store, Actor, QueryDict], "QuerySet[Any]"]
Prepare = Callable[[Sequence[Any], Store, datetime], None]
Hides = Callable[[Actor], bool]


class UnknownFilter(DomainError):
    """The list has no such filter, or not this value of it."""

    code = "unknown_filter"
    field = "filter"


def _nothing(rows: Sequence[Any], store: Store, now: datetime) -> None: ...


def _from_nobody(actor: Actor) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Kind:
    """
    `name` stands in addresses and in the database. `rights`: what its reader must be allowed to
    see, all of them. `find`: the rows that a query asks for. `prepare`: reads what the columns of a
    page of rows need, at once, and puts it on them. `hides_from`: whether a reader of the list sees
    a part of it only. `filters`: names of what a query may hold, for people. `model`: whose list in
    the cockpit it is, where it is one.
    """

    name: str
    title: Any
    rights: tuple[str, ...]
    resource: type[Resource]
    find: Find
    prepare: Prepare = _nothing
    hides_from: Hides = _from_nobody
    filters: Callable[[], tuple[str, ...]] = tuple
    model: type[Model] | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        return columns_of(self.resource)

    def may_be_seen_by(self, actor: Actor) -> bool:
        return all(actor.can_view(right) for right in self.rights)


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    for kind in kinds:
        assert kind.name not in _kinds, f"Two kinds of export are called {kind.name}."
        _kinds[kind.name] = kind


def get(name: str) -> Kind | None:
    return _kinds.get(name)


def of_model(model: type[Model]) -> Kind | None:
    """Return the kind that a model's list in the cockpit is taken out as."""
    return next((kind for kind in _kinds.values() if kind.model is model), None)


def list_all() -> list[Kind]:
    return [_kinds[name] for name in sorted(_kinds)]
