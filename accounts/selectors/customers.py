"""Find customers, and list them by what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    DecimalField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Lower, Round
from django.db.models.lookups import Exact

from accounts import identifiers
from accounts.models import CodePurpose, Customer, CustomerCode, CustomerStatus, SegmentMembership
from accounts.selectors import search
from loyalty.core import folding, labels, sql
from loyalty.core.models import Store

ZERO = Decimal(0)
# What the index of parts knows.
SEARCHED = frozenset({"first_name", "last_name", "email", "phone", "loyalty_card_number"})


def find_by_identity(
    store: Store,
    *,
    email: str | None = None,
    phone: str | None = None,
    loyalty_card_number: str | None = None,
) -> Customer | None:
    """
    Return the customer whom a purchase's data name, by the store's order of identifiers.

    An identifier that is empty, names nobody or names somebody inactive passes to the next
    (TX-6, TX-7). One query whatever the order; none without identifiers.
    """
    normal = _normal(email, phone, loyalty_card_number)
    order = [field for field in store.settings.customers_identification_priority if normal[field]]
    if not order:
        return None
    columns = {"email": "lower_email", "phone": "phone", "loyaltyCardNumber": "lower_card"}
    same = Q()
    for field in order:
        same |= Q(**{columns[field]: normal[field]})
    candidates = list(_with_lower_identifiers(store).filter(same))
    for field in order:
        for customer in candidates:
            if getattr(customer, columns[field]) == normal[field] and customer.is_active:
                customer.store = store
                return customer
    return None


def list_unproven_addresses(customer: Customer, *, now: datetime) -> list[str]:
    """Return the new addresses that wait for the code that was sent to them (ACT-6)."""
    waiting = CustomerCode.objects.filter(customer=customer, ended_at=None).exclude(
        purpose=CodePurpose.ACTIVATION
    )
    # Its time begins when the message is written.
    good = waiting.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    return list(good.order_by("purpose").values_list("address", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What somebody calls a customer by; an empty text is not given."""

    uuid: UUID | None = None
    email: str = ""
    loyalty_card_number: str = ""
    phone: str = ""

    @property
    def is_given(self) -> bool:
        return any((self.uuid, self.email, self.loyalty_card_number, self.phone))


def find_named(store: Store, who: Named) -> Customer | None:
    """
    Return whom the first identifier that finds anybody names: id, e-mail, card, then phone.

    One query for each that is given, until one finds somebody (PA-25).
    """
    members = _with_lower_identifiers(store).exclude(status=CustomerStatus.DELETED)
    for column, value in _columns_of(who).items():
        if value and (customer := members.filter(Q(**{column: value})).first()):
            customer.store = store
            return customer
    return None


def find_many_named(store: Store, named: Sequence[Named]) -> list[Customer | None]:
    """Return what `find_named` returns for each of many, by one query."""
    wanted = [_columns_of(who) for who in named]
    values: dict[str, set[Any]] = {column: set() for column in ("uuid", *_NAMED_COLUMNS)}
    for columns in wanted:
        for column, value in columns.items():
            if value:
                values[column].add(value)
    same = Q()
    for column, each in values.items():
        if each:
            same |= Q(**{f"{column}__in": each})
    if not same:
        return [None] * len(named)
    found: dict[tuple[str, Any], Customer] = {}
    members = _with_lower_identifiers(store).exclude(status=CustomerStatus.DELETED)
    for customer in members.filter(same):
        customer.store = store
        for column in values:
            found[column, getattr(customer, column)] = customer
    return [
        next(
            (found[pair] for pair in columns.items() if pair[1] and pair in found),
            None,
        )
        for columns in wanted
    ]


_NAMED_COLUMNS = ("lower_email", "lower_card", "phone")


def _columns_of(who: Named) -> dict[str, Any]:
    """Return what each identifier is compared with, in the order in which they are tried."""
    card = identifiers.normal_card(who.loyalty_card_number)
    return {
        "uuid": who.uuid,
        "lower_email": identifiers.normal_email(who.email),
        "lower_card": card.lower() if card else None,
        "phone": identifiers.normal_phone(who.phone),
    }


def is_awaited(store: Store, activation_token: str) -> bool:
    """Tell whether somebody new was sent this activation token and has not used it (ACT-1)."""
    waiting = Customer.objects.in_store(store).filter(status=CustomerStatus.NEW)
    return waiting.exclude(activation_token="").filter(activation_token=activation_token).exists()


def ranked_identity(
    store: Store,
    *,
    email: str | None = None,
    phone: str | None = None,
    loyalty_card_number: str | None = None,
) -> dict[str, Any] | None:
    """
    Return the identifiers that the store goes by, as compared, each with its place in the order.

    `email`, `phone`, `card` (None: not asked) and `email_rank`, `phone_rank`, `card_rank`, for a
    statement that finds whom `find_by_identity` finds. None: nothing to look for (TX-6).
    """
    normal = _normal(email, phone, loyalty_card_number)
    order = [field for field in store.settings.customers_identification_priority if normal[field]]
    if not order:
        return None
    ranks = {field: rank for rank, field in enumerate(order)}
    ranked: dict[str, Any] = {}
    for field, name in (("email", "email"), ("phone", "phone"), ("loyaltyCardNumber", "card")):
        ranked[name] = normal[field] if field in ranks else None
        ranked[f"{name}_rank"] = ranks.get(field)
    return ranked


def find_buyers(store: Store, named: Sequence[tuple[str, str, str]]) -> list[int | None]:
    """
    Return the ids of those whom `find_by_identity` finds, for many at once; one query.

    `named`: e-mail address, phone number and loyalty card of each.
    """
    order = store.settings.customers_identification_priority
    asked = [_normal(*texts) for texts in named]
    found: dict[tuple[str, str], int] = {}
    wanted = {field: sorted({v for each in asked if (v := each[field])}) for field in order}
    if not any(wanted.values()):
        return [None] * len(named)
    rows = sql.read(
        _BUYERS,
        (store.pk, *(wanted.get(f, []) for f in ("email", "phone", "loyaltyCardNumber"))),
    )
    for pk, email, phone, card in rows:
        found["email", email] = found["phone", phone] = found["loyaltyCardNumber", card] = pk
    return [
        next(
            (pk for field in order if (pk := found.get((field, each[field] or ""))) is not None),
            None,
        )
        for each in asked
    ]


_BUYERS = """
    select id, lower(email), phone, lower(loyalty_card_number) from accounts_customer
    where store_id = %s and status = 'active' and (
        lower(email) = any(%s::text[]) or phone = any(%s::text[])
        or lower(loyalty_card_number) = any(%s::text[])
    )
"""


def _normal(
    email: str | None, phone: str | None, loyalty_card_number: str | None
) -> dict[str, str | None]:
    return {
        "email": identifiers.normal_email(email),
        "phone": identifiers.normal_phone(phone),
        "loyaltyCardNumber": (identifiers.normal_card(loyalty_card_number) or "").lower() or None,
    }


def count_with(store: Store, email_or_phone: str) -> int:
    """Count the customers that have this e-mail address or phone number (CUS-24)."""
    email, phone = (
        identifiers.normal_email(email_or_phone),
        identifiers.normal_phone(email_or_phone),
    )
    if email is None:
        return 0
    known = _with_lower_identifiers(store).exclude(status=CustomerStatus.DELETED)
    return known.filter(Q(lower_email=email) | Q(phone=phone)).count()


def segment_ids(customer_id: int) -> frozenset[int]:
    """Return the active segments that a customer is in."""
    memberships = SegmentMembership.objects.filter(customer_id=customer_id, segment__is_active=True)
    return frozenset(memberships.values_list("segment_id", flat=True))


@dataclass(frozen=True, kw_only=True)
class Filter:
    """
    Which customers a list shows; None, or an empty text, leaves a condition out.

    Texts are contained in the value, whatever the case and the marks on letters, or equal it
    but for case when `is_strict`. Bounds belong to the range. `labels`: (key, value) pairs that
    must all be there, either part may be None for any. Source: campaigns-people spec 8.4.
    """

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    loyalty_card_number: str | None = None
    city: str | None = None
    postal: str | None = None
    email_or_phone: str | None = None
    is_strict: bool = False
    transactions_amount_min: Decimal | None = None
    transactions_amount_max: Decimal | None = None
    average_transaction_amount_min: Decimal | None = None
    average_transaction_amount_max: Decimal | None = None
    transactions_count_min: int | None = None
    transactions_count_max: int | None = None
    days_from_last_transaction_max: int | None = None
    hours_from_last_update_max: int | None = None
    is_manually_assigned: bool | None = None
    level_id: int | None = None
    labels: Sequence[tuple[str | None, str | None]] = ()


def list_customers(store: Store, chosen: Filter, *, now: datetime) -> QuerySet[Customer]:
    """Return the store's customers that pass the filter, the deleted left out, newest first."""
    known = Customer.objects.in_store(store).exclude(status=CustomerStatus.DELETED)
    customers: QuerySet[Customer] = known.filter(
        _texts(chosen), _ranges(chosen), _recency(chosen, now), labels.carrying(chosen.labels)
    )
    if chosen.is_manually_assigned is not None:
        customers = customers.filter(
            manually_assigned_level__isnull=not chosen.is_manually_assigned
        )
    if chosen.level_id is not None:
        customers = customers.filter(level_id=chosen.level_id)
    average = (chosen.average_transaction_amount_min, chosen.average_transaction_amount_max)
    if average != (None, None):
        customers = with_average(customers).filter(_between("average_amount", *average))
    return customers.select_related("pos", "seller").order_by("-created_at", "-pk")


def sortable(customers: QuerySet[Customer], now: datetime) -> QuerySet[Customer]:
    """Let `average_amount`, `since_purchase` and `since_update` be sorted by; none is read."""
    lapse: DurationField[timedelta, timedelta] = DurationField()
    return with_average(customers).alias(
        since_purchase=ExpressionWrapper(Value(now) - F("last_transaction_at"), output_field=lapse),
        since_update=ExpressionWrapper(Value(now) - F("updated_at"), output_field=lapse),
    )


def with_average(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Let `average_amount` be asked for, computed as `Customer.average_transaction_amount` is."""
    money: DecimalField[Decimal, Decimal] = DecimalField(max_digits=20, decimal_places=4)
    quotient = ExpressionWrapper(
        F("transactions_amount") / Cast("transactions_count", money), output_field=money
    )
    return customers.alias(
        average_amount=Case(
            When(transactions_count=0, then=Value(ZERO, output_field=money)),
            default=Round(quotient, precision=2, output_field=money),
            output_field=money,
        )
    )


def _with_lower_identifiers(store: Store) -> QuerySet[Customer]:
    # The same expressions as in the unique constraints, so that their indexes serve.
    return Customer.objects.in_store(store).annotate(
        lower_email=Lower("email"), lower_card=Lower("loyalty_card_number")
    )


def _texts(chosen: Filter) -> Q:
    columns = {
        "first_name": chosen.first_name,
        "last_name": chosen.last_name,
        "email": chosen.email,
        "phone": identifiers.normal_phone(chosen.phone),
        "loyalty_card_number": chosen.loyalty_card_number,
    }
    condition = Q()
    for column, text in columns.items():
        if text:
            condition &= _text(column, text, is_strict=chosen.is_strict)
    for key, text in (("city", chosen.city), ("postal", chosen.postal)):
        if text:
            condition &= _part_of_address(key, text, is_strict=chosen.is_strict)
    if text := chosen.email_or_phone:
        phone = identifiers.normal_phone(text) or text
        condition &= _text("email", text, is_strict=chosen.is_strict) | _text(
            "phone", phone, is_strict=chosen.is_strict
        )
    return condition


def _part_of_address(key: str, text: str, *, is_strict: bool) -> Q:
    column = f"address__{key}"
    if is_strict:
        return _text(column, text, is_strict=True)
    return folding.contains(KT(column), text)


def _text(column: str, text: str, *, is_strict: bool) -> Q:
    if not is_strict:
        contained = folding.contains(column, text)
        return contained & search.with_parts_of(text) if column in SEARCHED else contained
    if column == "phone":
        return Q(phone=text)
    # As the unique constraints compare, so that their indexes serve; `iexact` would use UPPER.
    return Q(Exact(Lower(column), text.lower()))


def _ranges(chosen: Filter) -> Q:
    return _between(
        "transactions_amount", chosen.transactions_amount_min, chosen.transactions_amount_max
    ) & _between("transactions_count", chosen.transactions_count_min, chosen.transactions_count_max)


def _between(column: str, least: object | None, most: object | None) -> Q:
    condition = Q()
    if least is not None:
        condition &= Q(**{f"{column}__gte": least})
    if most is not None:
        condition &= Q(**{f"{column}__lte": most})
    return condition


def _recency(chosen: Filter, now: datetime) -> Q:
    condition = Q()
    if (days := chosen.days_from_last_transaction_max) is not None:
        condition &= Q(last_transaction_at__gte=now - timedelta(days=days))
    if (hours := chosen.hours_from_last_update_max) is not None:
        condition &= Q(updated_at__gte=now - timedelta(hours=hours))
    return condition
