"""How a customer's record is written: its version, its audit entries, and who acts."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import models

from accounts.models import Customer
from accounts.services import tokens
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.services import audit


def actor_of(customer: Customer, *, ip_address: str | None = None) -> Actor:
    """Return a customer as the one who acts."""
    return Actor(
        kind=ActorKind.CUSTOMER,
        id=customer.pk,
        uuid=customer.uuid,
        name=tokens.username_of(customer),
        store_id=customer.store_id,
        ip_address=ip_address,
    )


def save(customer: Customer, changed: list[str], now: datetime) -> None:
    customer.version += 1
    customer.updated_at = now
    customer.save(update_fields=[*changed, "version", "updated_at"])


def plain(value: object) -> object:
    """Return a value as the audit trail's JSON can carry it."""
    if isinstance(value, models.Model):
        return str(getattr(value, "uuid", value.pk))
    if isinstance(value, Decimal | date):
        return str(value)
    return value


def record(
    actor: Actor | None,
    customer: Customer,
    event_type: str,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    audit.record(
        actor,
        store=customer.store,
        event_type=event_type,
        entity_type="Customer",
        entity_id=customer.uuid,
        data=data,
        now=now,
    )
