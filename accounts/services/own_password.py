"""The password that somebody chooses for themselves. Source: PWD-4, PWD-8, CUS-7."""

from datetime import datetime

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Customer, StaffUser, TokenSession
from accounts.services import passwords, tokens
from accounts.services.customer_locks import lock
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.services import audit

WRONG = "This is not your present password."
TEMPORARY = "Choose another password than the temporary one."


class NotTemporary(DomainError):
    """This customer has a password of their own."""

    code = "not_temporary"


@transaction.atomic
def change(
    *, staff: StaffUser, current: str, new: str, actor: Actor, now: datetime | None = None
) -> StaffUser:
    """
    Replace a staff user's password, and end their sessions at the APIs. Locks them.

    :raises InvalidFields: another present password, or a new one that is too weak.
    """
    now = now or timezone.now()
    locked = StaffUser.objects.select_for_update().get(pk=staff.pk)
    # Not the model's own check, which would rewrite an old hash in passing.
    if not check_password(current, locked.password):
        raise InvalidFields({"current": [WRONG]})
    if weaknesses := passwords.weaknesses(new):
        raise InvalidFields({"new": weaknesses})
    locked.set_password(new)
    locked.save(update_fields=["password"])
    tokens.revoke_all(TokenSession.objects.filter(staff=locked), now=now)
    audit.record(
        actor,
        store=None,
        event_type="ChangeOwnPassword",
        entity_type="Admin",
        entity_id=locked.uuid,
        now=now,
    )
    return locked


@transaction.atomic
def choose(
    *, customer: Customer, new: str, ip_address: str | None = None, now: datetime | None = None
) -> Customer:
    """
    Replace a customer's temporary password by their own, and end their sessions at the APIs.

    For somebody who has just proven the temporary one. Locks the customer.

    :raises InvalidFields: `new` is too weak, or the temporary password; nothing was written.
    :raises NotTemporary: they have chosen one already.
    """
    now = now or timezone.now()
    [locked] = lock([customer.pk], store=customer.store)
    if not locked.must_change_password:
        raise NotTemporary
    faults = passwords.weaknesses(new)
    if not faults and check_password(new, locked.password):
        faults = [TEMPORARY]
    if faults:
        raise InvalidFields({"new": faults})
    locked.set_password(new)
    locked.must_change_password = False
    locked.version += 1
    locked.updated_at = now
    locked.save(update_fields=["password", "must_change_password", "version", "updated_at"])
    tokens.sign_out_everywhere(locked, now=now)
    actor = Actor(
        kind=ActorKind.CUSTOMER,
        id=locked.pk,
        uuid=locked.uuid,
        name=tokens.username_of(locked),
        store_id=locked.store_id,
        ip_address=ip_address,
    )
    audit.record(
        actor,
        store=locked.store,
        event_type="ChangeOwnPassword",
        entity_type="Customer",
        entity_id=locked.uuid,
        now=now,
    )
    return locked
