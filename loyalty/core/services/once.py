"""Let a form that is sent twice do its work once."""

from django.db import IntegrityError, connection, transaction

from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import IdempotencyRecord, Store


class DoneAlready(DomainError):
    """This was done already: the form was sent twice."""

    code = "done_already"


def claim(*, store: Store, actor: Actor, key: str) -> None:
    """
    Use up the key of a form, in the transaction of its effect: a rollback gives it back.

    Whoever sends the same form meanwhile waits for the end of the first.

    :raises DoneAlready: the key was used up.
    """
    assert connection.in_atomic_block
    caller = f"{actor.kind}:{actor.uuid or actor.name}"
    try:
        with transaction.atomic():
            IdempotencyRecord.objects.create(
                store=store, caller=caller, key=f"form-{key}", fingerprint=""
            )
    except IntegrityError as error:
        raise DoneAlready from error
