"""
From an id that a stranger sent to an object that they may see.

What is not there, not of this store or not theirs is `NotFound`, all three alike.
"""

from uuid import UUID

from accounts.models import Customer, Level, Pos, Segment, Seller, StaffUser
from loyalty.core import sql
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


def get_customer_standing(actor: Actor, store: Store, uuid_text: str) -> Customer:
    """
    Return a customer as `get_customer` does, with only what `selectors.standing` reads.

    The status is the call that tills and apps make all day; building the ORM's statement and a
    whole model takes four times as long as this. Other fields are read when they are used.
    """
    uuid = parse(uuid_text)
    if actor.kind == ActorKind.CUSTOMER and actor.uuid != uuid:
        raise NotFound
    rows = sql.read(_STANDING, {"store": store.pk, "uuid": uuid})
    if not rows:
        raise NotFound
    customer = Customer.from_db("default", _STANDING_COLUMNS, rows[0])
    customer.store = store
    return customer


# In the order of the model's fields, as `from_db` reads them.
_STANDING_COLUMNS = (
    "id",
    "uuid",
    "store_id",
    "wallet_id",
    "first_name",
    "last_name",
    "level_id",
    "manually_assigned_level_id",
    "last_level_recalculation_at",
    "transactions_count",
    "transactions_amount",
    "transactions_amount_without_delivery",
    "amount_excluded_for_level",
    "created_at",
)
_STANDING = f"""
    select {", ".join(_STANDING_COLUMNS)} from accounts_customer
    where store_id = %(store)s and uuid = %(uuid)s
"""  # noqa: S608  # the columns are ours


def get_level(store: Store, uuid_text: str) -> Level:
    level = Level.objects.in_store(store).filter(uuid=parse(uuid_text)).first()
    if level is None:
        raise NotFound
    level.store = store
    return level


def get_staff(uuid: UUID) -> StaffUser:
    user = StaffUser.objects.prefetch_related("roles").filter(uuid=uuid).first()
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
