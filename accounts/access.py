"""
From an id that a stranger sent to an object that they may see.

What is not there, not of this store or not theirs is `NotFound`, all three alike.
"""

from datetime import datetime
from uuid import UUID

from accounts.models import Customer, Level, Pos, Segment, Seller, StaffUser
from accounts.selectors import staff
from accounts.selectors.standing import Standing, find_standing
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import NotFound
from loyalty.core.models import Store


def get_customer(actor: Actor, store: Store, uuid_text: str) -> Customer:
    """Return a customer of the store; a customer gets nobody but themself (CUS-23). One query."""
    uuid = parse(uuid_text)
    if actor.kind == ActorKind.CUSTOMER and actor.uuid != uuid:
        raise NotFound
    customer = Customer.objects.in_store(store).filter(uuid=uuid).first()
    if customer is None:
        raise NotFound
    customer.store = store
    return customer


def get_customer_standing(
    actor: Actor, store: Store, uuid_text: str, now: datetime
) -> tuple[Customer, Standing]:
    """Return a customer as `get_customer` does, and where they stand."""
    uuid = parse(uuid_text)
    if actor.kind == ActorKind.CUSTOMER and actor.uuid != uuid:
        raise NotFound
    found = find_standing(store, uuid, now)
    if found is None:
        raise NotFound
    return found


def get_level(store: Store, uuid_text: str) -> Level:
    level = Level.objects.in_store(store).filter(uuid=parse(uuid_text)).first()
    if level is None:
        raise NotFound
    level.store = store
    return level


def get_staff(actor: Actor, uuid: UUID) -> StaffUser:
    """Return a colleague; whoever works in some stores only gets nobody of another one."""
    user = staff.list_known_to(actor).prefetch_related("roles").filter(uuid=uuid).first()
    if user is None:
        raise NotFound
    return user


def find_person(actor: Actor) -> StaffUser | Seller | Customer | None:
    """Return who an actor is; None: the configured master key, or the program itself."""
    if actor.id is None:
        return None
    if actor.kind == ActorKind.CUSTOMER:
        return Customer.objects.select_related("store").get(pk=actor.id)
    if actor.kind == ActorKind.SELLER:
        return Seller.objects.select_related("store").get(pk=actor.id)
    return StaffUser.objects.filter(pk=actor.id).first()


def get_pos(store: Store, uuid_text: str) -> Pos:
    pos = Pos.objects.in_store(store).filter(uuid=parse(uuid_text)).first()
    if pos is None:
        raise NotFound
    pos.store = store
    return pos


def get_segment(store: Store, uuid_text: str) -> Segment:
    segment = Segment.objects.in_store(store).filter(uuid=parse(uuid_text)).first()
    if segment is None:
        raise NotFound
    segment.store = store
    return segment


def get_seller(actor: Actor, store: Store, uuid_text: str) -> Seller:
    """Return a seller of the store; a seller gets nobody but themself (10.1)."""
    uuid = parse(uuid_text)
    if actor.kind == ActorKind.SELLER and actor.uuid != uuid:
        raise NotFound
    seller = Seller.objects.in_store(store).filter(uuid=uuid).select_related("pos").first()
    if seller is None:
        raise NotFound
    seller.store = store
    return seller


def parse(uuid_text: str) -> UUID:
    """Return an id, or raise `NotFound`: what is malformed names nothing."""
    try:
        return UUID(str(uuid_text))
    except ValueError as error:
        raise NotFound from error
