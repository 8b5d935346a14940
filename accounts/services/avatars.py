"""Customers' pictures of themselves. Source: CUS-50."""

from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from accounts.models import Customer
from accounts.services.customer_locks import lock, lock_known
from loyalty.core import clock, pictures, uploads
from loyalty.core.actors import Actor
from loyalty.core.services import audit


@uploads.atomic()
def upload(
    *, customer: Customer, file: BinaryIO, actor: Actor, now: datetime | None = None
) -> Customer:
    """
    Store a customer's avatar in place of the one before. Locks the customer.

    :raises PictureRefused: not a picture that we show.
    :raises CustomerAnonymized: nobody may be shown.
    """
    picture = pictures.checked(file)
    assert picture.name is not None
    locked = lock_known(customer)
    _drop_file(locked)
    uploads.keep(locked.avatar, picture.name, picture)
    _save(locked, actor, "SetCustomerAvatar", now or clock.now())
    return locked


@transaction.atomic
def remove(*, customer: Customer, actor: Actor, now: datetime | None = None) -> Customer:
    """Take a customer's avatar away; none is no error. Locks the customer."""
    [locked] = lock([customer.pk], store=customer.store)
    _drop_file(locked)
    locked.avatar = ""
    _save(locked, actor, "RemoveCustomerAvatar", now or clock.now())
    return locked


def _drop_file(customer: Customer) -> None:
    """Delete the stored file after commit: a rollback must still find it."""
    if name := customer.avatar.name:
        storage = customer.avatar.storage
        transaction.on_commit(lambda: storage.delete(name))


def _save(customer: Customer, actor: Actor, event_type: str, now: datetime) -> None:
    customer.version += 1
    customer.updated_at = now
    customer.save(update_fields=["avatar", "version", "updated_at"])
    audit.record(
        actor,
        store=customer.store,
        event_type=event_type,
        entity_type="Customer",
        entity_id=customer.uuid,
        now=now,
    )
