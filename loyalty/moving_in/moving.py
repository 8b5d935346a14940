"""Move one store in: fetch, build, and forget what was set down once it is here."""

from collections.abc import Callable, Collection, Iterable, Iterator
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
from loyalty.moving_in import (
    building,
    fetching,
    installation,
    pictures,
    progress,
    reconciling,
    storefront,
)
from loyalty.moving_in.source import NotThere, Source
from loyalty.moving_in.values import Values, rows

Teller = Callable[[str, int, int], object]
INSTALLATION = "installation"


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
        for _page, listed, _total in source.pages("store", "stores", size=size):
            for row in listed:
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
        told = source.get("settings").get("settings") or {}
        currency = str(told.get("currency") or "EUR").upper()
        name = str(told.get("programName") or DEFAULT_STORE_CODE)
        yield Told(None, DEFAULT_STORE_CODE, name, currency, True, "")


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
    names = {"name": told.name, "currency": told.currency, "is_active": told.is_active}
    own_id = {} if told.uuid is None else {"uuid": told.uuid}
    Store.objects.filter(pk=store.pk).update(**names, **own_id)
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


def move_installation(moves: Collection[MoveIn], source: Source, *, size: int) -> None:
    """
    Move what all stores share, with the first of them.

    Not beside another merchant's customers: staff there may see every store, and would here, too.
    """
    first = next(iter(moves), None)
    if first is None or any(INSTALLATION in move.pages for move in moves):
        return
    others = Customer.objects.exclude(store__in=[move.store for move in moves])
    if others.exists():
        progress.note(first, "staff, roles and languages: not moved, for other stores are here.")
    else:
        installation.move(
            source,
            size=size,
            zone=Values(first.store),
            refuse=lambda *told: progress.refuse(first, *told),
        )
    progress.go_on(first, INSTALLATION, 0)


def run(
    move: MoveIn,
    source: Source,
    prefix: str,
    *,
    size: int,
    skip: Collection[str] = (),
    tell: Teller,
) -> None:
    """
    Fetch and build what is missing. `skip`: some of `pictures.SKIPPABLE`.

    May be stopped at any point and begun again. Nothing happens once everything was built.
    """
    if move.built_at is not None:
        return
    storefront.move_settings(move, source, prefix)
    fetching.fetch(move, source, prefix, size=size, tell=tell)
    building.build(
        move,
        figures_of=lambda customer: reconciling.get_figures(source, prefix, customer),
        now=clock.now(),
        tell=tell,
    )
    storefront.move_pictures(move, source, prefix)
    pictures.Pictures(move, source, prefix, skip=skip, tell=tell).fetch()
    _note_pools(move)
    _note_skipped(move, skip)
    with transaction.atomic():
        move.counts = reconciling.count(move)
        MoveInRow.objects.filter(move=move).delete()
        move.built_at = clock.now()
        move.save(update_fields=["counts", "built_at"])


def _note_pools(move: MoveIn) -> None:
    """Note each reward whose codes were not all told; a list prints 10,000 of them at most."""
    for row in MoveInRow.objects.filter(move=move, resource="campaigns").iterator(chunk_size=50):
        told, codes = row.content.get("couponsCount"), rows(row.content.get("coupons"))
        if told is None and "coupons" not in row.content:
            progress.refuse(move, "codes", row.uuid, "the other server did not tell them.")
        elif told is not None and int(told) > len(codes):
            progress.refuse(
                move,
                "codes",
                row.uuid,
                f"{told} there, {len(codes)} told. Take them out there, such as by `manage.py "
                "export_data codes`, and add the free ones in the cockpit.",
            )


def _note_skipped(move: MoveIn, skip: Iterable[str]) -> None:
    for what in skip:
        progress.note(move, f"{what}: skipped, as you asked.")
