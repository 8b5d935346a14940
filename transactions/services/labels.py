"""Label documents. Labels inform people and filters; no rule reads a document's. Source: TX-17."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.services import audit
from transactions import events
from transactions.models import Transaction
from transactions.services import documents
from transactions.services.documents import Label

Stored = list[dict[str, str]]


class TooManyLabels(DomainError):
    """A document has at most 100 labels."""

    code = "too_many_labels"
    field = "labels"


def replace(
    *, document: Transaction, labels: tuple[Label, ...], actor: Actor, now: datetime | None = None
) -> Transaction:
    """Give a document these labels instead of those that it has; see `_change()`."""
    return _change(document, labels, lambda present, given: given, actor=actor, now=now)


def append(
    *, document: Transaction, labels: tuple[Label, ...], actor: Actor, now: datetime | None = None
) -> Transaction:
    """Add labels after those that a document has; see `_change()`."""
    return _change(document, labels, lambda present, given: present + given, actor=actor, now=now)


def remove(
    *, document: Transaction, labels: tuple[Label, ...], actor: Actor, now: datetime | None = None
) -> Transaction:
    """Take away exactly these pairs of key and value, others stay; see `_change()`."""

    def without(present: Stored, given: Stored) -> Stored:
        return [label for label in present if label not in given]

    return _change(document, labels, without, actor=actor, now=now)


@transaction.atomic
def _change(
    document: Transaction,
    labels: tuple[Label, ...],
    change: Callable[[Stored, Stored], Stored],
    *,
    actor: Actor,
    now: datetime | None,
) -> Transaction:
    """
    Change a document's labels under its lock, so that two who add at once both succeed.

    The document need not have a customer. A pair stands only once. Where nothing changes, nothing
    is written.

    :raises InvalidFields: a label without key or value, by paths such as `labels.0.key`.
    :raises TooManyLabels: nothing was written.
    """
    now = now or clock.now()
    documents.check_labels(labels)
    locked: Transaction = (
        Transaction.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store")
        .get(pk=document.pk)
    )
    before: Stored = locked.labels
    after = _each_once(change(before, [{"key": one.key, "value": one.value} for one in labels]))
    if after == before:
        return locked
    if len(after) > documents.LABELS_MAX:
        raise TooManyLabels
    locked.labels = after
    locked.save(update_fields=["labels"])
    added = [label for label in after if label not in before]
    events.transaction_labels_changed(locked, added=added, now=now)
    audit.record(
        actor,
        store=locked.store,
        event_type="UpdateTransactionLabels",
        entity_type="Transaction",
        entity_id=locked.uuid,
        data={"old": before, "new": after},
        now=now,
    )
    return locked


def _each_once(labels: Stored) -> Stored:
    pairs = dict.fromkeys((label["key"], label["value"]) for label in labels)
    return [{"key": key, "value": value} for key, value in pairs]
