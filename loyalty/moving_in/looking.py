"""Look at the other server without moving anything: what there is, and what the token may read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from accounts.models import Customer
from loyalty.core.models import Store
from loyalty.models import MoveIn
from loyalty.moving_in.fetching import RESOURCES
from loyalty.moving_in.moving import NotEmpty, Told
from loyalty.moving_in.source import NotThere, Source, SourceRefuses

# What all stores share: its address, and the key of its list.
SHARED = {
    "admin": "users",
    "admin/acl/role": "roles",
    "admin/translations": "translations",
}


@dataclass(frozen=True)
class Found:
    where: str
    what: str
    told: str
    is_fine: bool = True


def look(source: Source, stores: Iterable[Told]) -> Iterator[Found]:
    """Yield what was found at each address that a move begins with. Writes nothing."""
    for path, key in SHARED.items():
        yield _found("all stores", path, partial(_count, source, path, key))
    for told in stores:
        yield _place(source, told)
        yield _found(told.code, "settings", partial(_settings, source, told))
        for resource in RESOURCES:
            path = told.prefix + resource.path
            yield _found(
                told.code,
                resource.name,
                partial(_count, source, path, resource.key),
                is_optional=resource.optional,
            )


def _found(where: str, what: str, ask: Callable[[], str], *, is_optional: bool = False) -> Found:
    try:
        return Found(where, what, ask())
    except NotThere as refusal:
        return Found(where, what, refusal.message, is_fine=is_optional)
    except SourceRefuses as refusal:
        return Found(where, what, refusal.message, is_fine=False)


def _count(source: Source, path: str, key: str) -> str:
    _rows, total = source.page(path, key, {"page": 1, "perPage": 1})
    return str(total)


def _settings(source: Source, told: Told) -> str:
    return str(len(source.get(f"{told.prefix}settings").get("settings") or {}))


def _place(source: Source, told: Told) -> Found:
    """Say whether the store has a place here."""
    store = Store.objects.filter(code=told.code).first()
    if store is None:
        return Found(told.code, "here", "the store will be opened")
    if MoveIn.objects.filter(source=source.root, store=store).exists():
        return Found(told.code, "here", "the move was begun and goes on")
    if Customer.objects.in_store(store).exists():
        return Found(told.code, "here", NotEmpty().message, is_fine=False)
    return Found(told.code, "here", "the store is empty")
