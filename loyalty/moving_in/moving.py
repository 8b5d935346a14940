"""Move one store in: fetch, build, and forget what was set down once it is here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import Customer
from loyalty.core import clock
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError
from loyalty.core.models import DEFAULT_STORE_CODE, Store
from loyalty.core.services import audit, stores
from loyalty.models import MoveIn, MoveInRow
from loyalty.moving_in import building, fetching, reconciling
from loyalty.moving_in.source import NotThere, Source

Teller = Callable[[str, int, int], object]


class NotEmpty(DomainError):
    """The store has customers of its own. Moving in is for empty stores."""

    code = "not_empty"


@dataclass(frozen=True)
class Told:
    """A store as the other server tells of it. `prefix`: how its addresses begin."""

    uuid: UUID | None
    code: str
    name: str
    currency: str
    is_active: bool
    prefix: str


def list_stores(source: Source, *, size: int) -> Iterator[Told]:
    """Yield the other server's stores; one of release 3.x has a single one, without a code."""
    try:
        for _page, rows, _total in source.pages("store", "stores", size=size):
            for row in rows:
                code = str(row["code"])
                yield Told(
                    uuid=UUID(str(row["storeId"])),
                    code=code,
                    name=str(row.get("name") or code),
                    currency=str(row.get("currency") or "EUR").upper(),
                    is_active=bool(row.get("active", True)),
                    prefix=f"{code}/",
                )
    except NotThere:
        yield Told(None, DEFAULT_STORE_CODE, "", "", True, "")


@transaction.atomic
def begin(source: Source, told: Told) -> MoveIn:
    """
    Open the store here, with the other's id, or go on with one that was begun.

    :raises NotEmpty: there are customers of its own.
    """
    store = Store.objects.filter(code=told.code).first()
    if store is None:
        store = stores.create(
            code=told.code,
            name=told.name,
            currency=told.currency,
            is_active=told.is_active,
            actor=SYSTEM,
        )
    move = MoveIn.objects.filter(source=source.root, store=store).first()
    if move is not None:
        return move
    if Customer.objects.in_store(store).exists():
        raise NotEmpty
    if told.uuid is not None:
        names = {"name": told.name, "currency": told.currency, "is_active": told.is_active}
        Store.objects.filter(pk=store.pk).update(uuid=told.uuid, **names)
        store.refresh_from_db()
    now = clock.now()
    audit.record(
        SYSTEM,
        store=store,
        event_type="MoveInOpenLoyalty",
        entity_type="Store",
        entity_id=store.uuid,
        data={"source": source.root},
        now=now,
    )
    return MoveIn.objects.create(source=source.root, store=store, begun_at=now)


def run(move: MoveIn, source: Source, prefix: str, *, size: int, tell: Teller) -> dict[str, int]:
    """
    Fetch and build what is missing; return how many rows of each resource were left out.

    May be stopped at any point and begun again. Nothing happens once everything was built.
    """
    if move.built_at is not None:
        return {}
    fetching.fetch(move, source, prefix, size=size, tell=tell)
    building.build(
        move,
        figures_of=lambda customer: reconciling.get_figures(source, prefix, customer),
        now=clock.now(),
        tell=tell,
    )
    left_out = reconciling.list_left_out(move)
    with transaction.atomic():
        MoveInRow.objects.filter(move=move).delete()
        move.built_at = clock.now()
        move.save(update_fields=["built_at"])
    return left_out
