"""
Register many customers at once: what files bring in. Source: IMP-10…12.

The outcome is that of `customers.bring_in` for one after the other. What is wrong with each is
found in Python; those that are left are sent into a staging table by COPY, and everything that
belongs to a new customer is inserted from there by a few statements.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction

from accounts.ledger.models import PointType
from accounts.models import Customer, CustomerStatus, Level, LevelChangeReason
from accounts.selectors.ladder import Step, get_ladder
from accounts.services import customer_data, customers
from accounts.services.customer_data import Registration
from accounts.services.customers.activating import activation_token
from loyalty.core import clock, sql
from loyalty.core import events as core_events
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import Event, Store, uuid7
from loyalty.core.rows import loaded, relate
from loyalty.core.services import audit
from loyalty.core.store_settings import Channel

ZERO = Decimal(0)

Outcome = UUID | DomainError


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One whom a file tells of; the fields are the arguments of `customers.bring_in`."""

    data: Registration
    is_active: bool
    is_told: bool


@dataclass(frozen=True, slots=True)
class _Ready:
    """A newcomer without a fault, as they will be stored."""

    place: int
    uuid: UUID
    values: Mapping[str, Any]
    level: Level | Step
    is_manual: bool
    status: CustomerStatus
    token: str


def bring_in_many(
    *, store: Store, newcomers: Sequence[Newcomer], actor: Actor, now: datetime | None = None
) -> list[Outcome]:
    """
    Register newcomers in their order; return for each their id, or why they are refused.

    Of two with one e-mail address, phone or card number the first is registered. What is refused
    leaves nothing behind and stops no other.

    :raises IntegrityError: somebody else registered one of them in this very moment; nothing was
        written.
    """
    now = now or clock.now()
    outcomes: dict[int, Outcome] = {}
    if store.settings.preferred_communication_method == Channel.SMS:
        # Each may have to be sent a code.
        return [_one(store, each, actor, now) for each in newcomers]
    with transaction.atomic():
        ready = list(_ready(store, newcomers, outcomes))
        if ready:
            _stage(ready, now)
            for each in ready:
                outcomes[each.place] = each.uuid
            _write(store, actor, now)
    return [outcomes[place] for place in range(len(newcomers))]


def _one(store: Store, newcomer: Newcomer, actor: Actor, now: datetime) -> Outcome:
    try:
        with transaction.atomic():
            customer = customers.bring_in(
                store=store,
                data=newcomer.data,
                is_active=newcomer.is_active,
                is_told=newcomer.is_told,
                actor=actor,
                now=now,
            )
    except DomainError as refusal:
        return refusal
    return customer.uuid


def _ready(
    store: Store, newcomers: Sequence[Newcomer], outcomes: dict[int, Outcome]
) -> Iterator[_Ready]:
    entry = get_ladder(store).target(ZERO)
    cleaned = [customer_data.cleaned(_values(newcomer.data)) for newcomer in newcomers]
    taken = _Taken(store, cleaned)
    for place, (newcomer, values) in enumerate(zip(newcomers, cleaned, strict=True)):
        errors = customer_data.faults(values, store)
        level = newcomer.data.level or entry
        if level is None:
            errors["level"].append(customer_data.NO_ENTRY_LEVEL)
        elif not level.is_active:
            errors["level"].append(customer_data.LEVEL_NOT_ACTIVE)
        for name in taken.names(values):
            errors[name] = errors[name] or [customer_data.TAKEN]
        found = {name: texts for name, texts in errors.items() if texts}
        if found:
            outcomes[place] = InvalidFields(found)
            continue
        assert level is not None
        taken.add(values)
        yield _Ready(
            place=place,
            uuid=uuid7(),
            values=values,
            level=level,
            is_manual=newcomer.data.level is not None,
            status=CustomerStatus.ACTIVE if newcomer.is_active else CustomerStatus.NEW,
            # Without a token there is no link to send.
            token=activation_token() if newcomer.is_told and not newcomer.is_active else "",
        )


_NAMES = tuple(
    field.name
    for field in fields(Registration)
    if field.name not in {"password", "invitation_token", "referral_customer_email"}
)


def _values(data: Registration) -> dict[str, Any]:
    return {name: getattr(data, name) for name in _NAMES}


class _Taken:
    """What the store's customers are recognised by, of what newcomers name; one query."""

    def __init__(self, store: Store, cleaned: Sequence[Mapping[str, Any]]) -> None:
        self.known: dict[str, set[str]] = {name: set() for name in ("email", "phone", "card")}
        wanted = [self._of(values) for values in cleaned]
        rows = sql.read(
            KNOWN,
            {"store": store.pk}
            | {name: [text for each in wanted if (text := each[name])] for name in self.known},
        )
        for row in rows:
            for name, text in zip(self.known, row, strict=True):
                if text is not None:
                    self.known[name].add(text)

    def names(self, values: Mapping[str, Any]) -> list[str]:
        """Return the fields whose values somebody has."""
        return [
            "loyalty_card_number" if name == "card" else name
            for name, text in self._of(values).items()
            if text is not None and text in self.known[name]
        ]

    def add(self, values: Mapping[str, Any]) -> None:
        for name, text in self._of(values).items():
            if text is not None:
                self.known[name].add(text)

    @staticmethod
    def _of(values: Mapping[str, Any]) -> dict[str, str | None]:
        card = values["loyalty_card_number"]
        return {
            "email": values["email"],
            "phone": values["phone"],
            "card": card.lower() if card else None,
        }


def _stage(ready: Sequence[_Ready], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        raw: psycopg.Cursor = cursor.cursor
        with raw.copy(f"copy customer_stage ({', '.join(STAGED)}) from stdin") as copy:
            for each in ready:
                copy.write_row(_row(each, now))


def _row(each: _Ready, now: datetime) -> tuple[Any, ...]:
    values = each.values
    told = {name: audit.plain(value) for name, value in values.items() if name != "level"}
    told |= {"level_id": each.level.id, "created_at": str(values["created_at"] or now)}
    return (
        each.place,
        each.uuid,
        uuid7(),
        values["first_name"],
        values["last_name"],
        values["email"],
        values["phone"],
        values["loyalty_card_number"],
        values["gender"],
        values["birth_date"],
        sql.as_json(values["address"]),
        sql.as_json(values["company"]),
        sql.as_json(values["labels"]),
        values["agreement1"],
        values["agreement2"],
        values["agreement3"],
        str(each.status),
        each.token,
        each.level.id,
        each.level.uuid,
        each.is_manual,
        values["pos"].pk if values["pos"] else None,
        values["seller"].pk if values["seller"] else None,
        values["created_at"] or now,
        sql.as_json(told),
    )


def _write(store: Store, actor: Actor, now: datetime) -> None:
    """Insert what was staged, and tell of it in the order in which one registration does."""
    arguments = {
        "store": store.pk,
        "now": now,
        "point_type": PointType.objects.in_store(store).get(is_default=True).pk,
        "manual": LevelChangeReason.MANUAL.value,
        "registration": LevelChangeReason.REGISTRATION.value,
        "actor_kind": actor.kind,
        "actor_id": str(actor.uuid or ""),
        "username": actor.name,
        "ip_address": actor.ip_address,
    }
    if not any(core_events.has_now_handlers(name, store) for name in FACTS):
        sql.write(INSERT_AND_TELL, arguments)
        return
    sql.write(INSERT, arguments)
    # What hears of one fact must not see the next.
    for facts in (BORN, ACTIVATED, SUBSCRIBED):
        for event in _told(facts, arguments, store, now):
            core_events.dispatch(event)


def _told(facts: str, arguments: dict[str, Any], store: Store, now: datetime) -> list[Event]:
    told = []
    for pk, name, subject, customer_id, payload in sql.write(TELL.format(facts=facts), arguments):
        event = loaded(
            Event,
            id=pk,
            store_id=store.pk,
            type=name,
            subject=subject,
            customer_id=customer_id,
            payload=json.loads(payload),
            recorded_at=now,
        )
        relate(event, "store", store)
        told.append(event)
    return told


KNOWN = """
select lower(email), phone, lower(loyalty_card_number) from accounts_customer
where store_id = %(store)s::bigint and (
    lower(email) = any(%(email)s::text[]) or phone = any(%(phone)s::text[])
    or lower(loyalty_card_number) = any(%(card)s::text[])
)
"""
STAGED = {
    "number": "integer",
    "uuid": "uuid",
    "wallet_uuid": "uuid",
    "first_name": "text",
    "last_name": "text",
    "email": "text",
    "phone": "text",
    "loyalty_card_number": "text",
    "gender": "text",
    "birth_date": "date",
    "address": "jsonb",
    "company": "jsonb",
    "labels": "jsonb",
    "agreement1": "boolean",
    "agreement2": "boolean",
    "agreement3": "boolean",
    "status": "text",
    "activation_token": "text",
    "level_id": "bigint",
    "level_uuid": "uuid",
    "is_manual": "boolean",
    "pos_id": "bigint",
    "seller_id": "bigint",
    "created_at": "timestamptz",
    "told": "jsonb",
}
# A second batch in one transaction finds the table there already.
STAGE = f"""
create temporary table if not exists customer_stage (
    {", ".join(f"{name} {kind}" for name, kind in STAGED.items())}
) on commit drop;
truncate customer_stage;
"""
_ROWS = f"""
with wallet as (
    insert into ledger_wallet (uuid, store_id, kind, created_at)
    select wallet_uuid, %(store)s::bigint, 'customer', %(now)s::timestamptz
    from customer_stage order by number
    returning id, uuid
), balance as (
    insert into ledger_walletbalance
        (wallet_id, point_type_id, active, pending, held, earned, spent, expired)
    select id, %(point_type)s::bigint, 0, 0, 0, 0, 0, 0 from wallet
), customer as (
    insert into accounts_customer (
        uuid, store_id, wallet_id, first_name, last_name, email, phone, loyalty_card_number,
        gender, birth_date, address, company, labels, avatar, agreement1, agreement2, agreement3,
        newsletter_subscribed_at, status, card_state, password, must_change_password,
        activation_token, level_id, manually_assigned_level_id, pos_id, seller_id,
        transactions_count, transactions_amount, transactions_amount_without_delivery,
        amount_excluded_for_level, version, created_at, updated_at
    )
    select s.uuid, %(store)s, wallet.id, s.first_name, s.last_name, s.email, s.phone,
        s.loyalty_card_number, s.gender, s.birth_date, s.address, s.company, s.labels, '',
        s.agreement1, s.agreement2, s.agreement3, case when s.agreement2 then %(now)s end,
        s.status, '{Customer._meta.get_field("card_state").get_default()}', '', true,
        s.activation_token, s.level_id, case when s.is_manual then s.level_id end, s.pos_id,
        s.seller_id, 0, 0, 0, 0, 1, s.created_at, %(now)s
    from customer_stage s join wallet on wallet.uuid = s.wallet_uuid
    order by s.number
    returning id, uuid
), level as (
    insert into accounts_levelchange
        (customer_id, old_level_id, new_level_id, reason, changed_at)
    select customer.id, null, s.level_id,
        case when s.is_manual then %(manual)s else %(registration)s end, %(now)s
    from customer_stage s join customer on customer.uuid = s.uuid
    order by s.number
), trail as (
    insert into core_auditentry (
        uuid, store_id, created_at, event_type, entity_type, entity_id, actor_kind, actor_id,
        username, ip_address, data
    )
    select ledger_uuid7(), %(store)s, %(now)s, 'RegisterCustomer', 'Customer', uuid::text,
        %(actor_kind)s::text, %(actor_id)s::text, %(username)s::text, %(ip_address)s::inet, told
    from customer_stage order by number
)
"""  # noqa: S608  # the one thing put in is ours
INSERT = f"{_ROWS} select 1"
BORN = """
    (1, 'customer.registered', jsonb_build_object('status', s.status), true),
    (2, 'customer.moved_to_level', jsonb_build_object(
        'levelId', s.level_uuid, 'oldLevelId', null, 'manually', s.is_manual,
        'removeLevelManually', false, 'direction', null
    ), true),
    (3, 'account.created', jsonb_build_object('accountId', s.wallet_uuid), true)
"""
ACTIVATED = """
    (4, 'customer.activated', jsonb_build_object('wasNew', false), s.status = 'active')
"""
SUBSCRIBED = """
    (5, 'customer.subscribed_to_newsletter', jsonb_build_object('status', s.status), s.agreement2)
"""
FACTS = (
    "customer.registered",
    "customer.moved_to_level",
    "account.created",
    "customer.activated",
    "customer.subscribed_to_newsletter",
)
# As `accounts.events` words them.
_TELL = """
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select ledger_uuid7(), %(store)s::bigint, fact.type, s.uuid, c.id,
    jsonb_build_object('customerId', s.uuid) || fact.payload, %(now)s::timestamptz
from customer_stage s
join {customers} c on c.uuid = s.uuid
cross join lateral (values {facts}) as fact (place, type, payload, is_so)
where fact.is_so
order by s.number, fact.place
"""
TELL = f"""
{_TELL.format(customers="accounts_customer", facts="{facts}")}
returning id, type, subject, customer_id, payload::text
"""
# The same for all facts at once, by the rows that were just inserted.
INSERT_AND_TELL = f"""
{_ROWS}, fact as (
    {_TELL.format(customers="customer", facts=f"{BORN}, {ACTIVATED}, {SUBSCRIBED}")}
) select 1
"""
