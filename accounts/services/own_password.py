"""The password that somebody chooses for themselves. Source: PWD-4, PWD-8, CUS-7."""

from datetime import datetime

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Customer, Seller, StaffUser
from accounts.services import passwords, tokens
from accounts.services.customer_locks import lock
from loyalty.core import throttle
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.services import audit

Person = StaffUser | Seller | Customer

WRONG = "This is not your present password."
ELSEWHERE = "Your password is kept in the directory: change it there."
TEMPORARY = "Choose another password than the temporary one."


class NotTemporary(DomainError):
    """This customer has a password of their own."""

    code = "not_temporary"


def change(
    *, principal: Person, current: str, new: str, actor: Actor, now: datetime | None = None
) -> Person:
    """
    Replace somebody's own password, and end their other sessions. Locks them (PWD-8).

    Whoever finds an open session must not guess the password there: wrong ones are counted.

    :raises InvalidFields: another present password, or a new one that is too weak.
    :raises TooManyAttempts: too many wrong ones; this one was not looked at.
    """
    if isinstance(principal, StaffUser) and principal.is_from_directory:
        raise InvalidFields({"current": [ELSEWHERE]})
    attempt = throttle.Attempt(
        "own-password", str(principal.uuid), throttle.Place(actor.ip_address)
    )
    throttle.begin(attempt)
    # Before the lock, for it takes long; under it only whether the password is still the same.
    proven = principal.password
    # Not the model's own check, which would rewrite an old hash in passing.
    if not check_password(current, proven):
        raise InvalidFields({"current": [WRONG]})
    throttle.succeed(attempt)
    if weaknesses := passwords.weaknesses(new):
        raise InvalidFields({"new": weaknesses})
    with transaction.atomic():
        locked = locked_for_password(principal)
        if locked.password != proven:
            raise InvalidFields({"current": [WRONG]})
        replace(locked, new, actor=actor, event_type="ChangeOwnPassword", now=now)
    return locked


@transaction.atomic
def choose(
    *, customer: Customer, new: str, ip_address: str | None = None, now: datetime | None = None
) -> Customer:
    """
    Replace a customer's temporary password by their own, and end their sessions elsewhere.

    For somebody who has just proven the temporary one. Locks the customer.

    :raises InvalidFields: `new` is too weak, or the temporary password; nothing was written.
    :raises NotTemporary: they have chosen one already.
    """
    [locked] = lock([customer.pk], store=customer.store)
    if not locked.must_change_password:
        raise NotTemporary
    faults = passwords.weaknesses(new)
    if not faults and check_password(new, locked.password):
        faults = [TEMPORARY]
    if faults:
        raise InvalidFields({"new": faults})
    actor = actor_of(locked, ip_address)
    replace(locked, new, actor=actor, event_type="ChangeOwnPassword", now=now)
    return locked


def locked_for_password(principal: Person) -> Person:
    """Return somebody as they are now, locked until commit."""
    if isinstance(principal, Customer):
        [customer] = lock([principal.pk], store=principal.store)
        return customer
    if isinstance(principal, Seller):
        sellers = Seller.objects.select_for_update(of=("self",), no_key=True).select_related(
            "store"
        )
        return sellers.get(pk=principal.pk)
    return StaffUser.objects.select_for_update().get(pk=principal.pk)


def replace(
    locked: Person, new: str, *, actor: Actor, event_type: str, now: datetime | None
) -> None:
    """Write a new password of somebody locked, and end every session but the actor's own."""
    now = now or timezone.now()
    locked.set_password(new)
    changed = ["password"]
    if isinstance(locked, Customer):
        locked.must_change_password = False
        locked.version += 1
        locked.updated_at = now
        changed += ["must_change_password", "version", "updated_at"]
    locked.save(update_fields=changed)
    tokens.sign_out_everywhere(locked, but=actor.session_uuid, now=now)
    audit.record(
        actor,
        store=None if isinstance(locked, StaffUser) else locked.store,
        event_type=event_type,
        entity_type=tokens.ENTITIES[tokens.kind_of(locked)],
        entity_id=locked.uuid,
        now=now,
    )


def actor_of(principal: StaffUser | Seller | Customer, ip_address: str | None) -> Actor:
    """Return somebody as the actor of their own deed, without further rights."""
    kinds = {StaffUser: ActorKind.STAFF, Seller: ActorKind.SELLER}
    return Actor(
        kind=kinds.get(type(principal), ActorKind.CUSTOMER),
        id=principal.pk,
        uuid=principal.uuid,
        name=tokens.username_of(principal),
        store_id=None if isinstance(principal, StaffUser) else principal.store_id,
        ip_address=ip_address,
    )
