"""Let commands make rows under ids that are chosen here; no API can."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.db.models.signals import post_init


@contextmanager
def next_id(model: type[Model], uuid: str, *, pk: int | None = None) -> Iterator[None]:
    """
    Give the first new object of a model that is made inside this block an id of ours.

    From its very beginning: facts and audit entries, which are never changed, bear it, too.
    """
    waiting = [UUID(uuid)]

    def choose(sender: type[Model], instance: Any, **_: object) -> None:
        if waiting and instance._state.adding and instance.pk is None:
            instance.uuid = waiting.pop()
            instance.pk = pk

    post_init.connect(choose, sender=model, weak=False)
    try:
        yield
    finally:
        post_init.disconnect(choose, sender=model)
    assert not waiting, f"No {model.__name__} was made."
