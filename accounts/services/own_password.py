"""A staff user's own password."""

from datetime import datetime

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts.models import StaffUser, TokenSession
from accounts.services import passwords, tokens
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.services import audit

WRONG = "This is not your present password."


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
