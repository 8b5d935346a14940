"""The devices that a customer's pushes go to. Source: CUS-55."""

from datetime import datetime

from django.db import transaction

from accounts.models import Customer, PushToken
from accounts.services.customer_locks import lock_known
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.services import audit

TOKEN_MAX = 512
DEVICES_MAX = 50
TOO_LONG = f"This value is longer than {TOKEN_MAX} characters."


@transaction.atomic
def add(*, customer: Customer, token: str, actor: Actor, now: datetime | None = None) -> None:
    """
    Remember a device; twice is once. Of very many the oldest gives way. Locks the customer.

    :raises InvalidFields: no device is called so.
    :raises CustomerAnonymized: nobody may be reached.
    """
    now = now or clock.now()
    token = token.strip()
    if not token or len(token) > TOKEN_MAX:
        raise InvalidFields({"token": [TOO_LONG if token else "This value should not be blank."]})
    locked = lock_known(customer)
    _, is_new = PushToken.objects.get_or_create(
        customer=locked, token=token, defaults={"created_at": now}
    )
    if not is_new:
        return
    oldest = locked.push_tokens.order_by("-pk").values_list("pk", flat=True)[DEVICES_MAX:]
    PushToken.objects.filter(pk__in=list(oldest)).delete()
    _record(actor, locked, "AddPushyToken", now)


@transaction.atomic
def remove(*, customer: Customer, token: str, actor: Actor, now: datetime | None = None) -> None:
    """Forget a device; one that is not known is no error."""
    if customer.push_tokens.filter(token=token).delete()[0]:
        _record(actor, customer, "RemovePushyToken", now or clock.now())


def list_tokens(customer: Customer) -> list[str]:
    """Return a customer's devices, the oldest first."""
    return list(customer.push_tokens.order_by("pk").values_list("token", flat=True))


def _record(actor: Actor, customer: Customer, event_type: str, now: datetime) -> None:
    audit.record(
        actor,
        store=customer.store,
        event_type=event_type,
        entity_type="Customer",
        entity_id=customer.uuid,
        now=now,
    )
