"""The event store: every fact, once, in the transaction that made it. It is the outbox, too."""

from typing import Self

from django.db import models
from django.db.models.functions import Coalesce, Greatest

from loyalty.core.models.base import PublicModel


class TransactionIdField(models.Field[int, int]):
    """PostgreSQL's `xid8`: the number of the transaction that wrote a row."""

    def db_type(self, connection: object) -> str:
        return "xid8"

    def from_db_value(self, value: object, expression: object, connection: object) -> int | None:
        return None if value is None else int(str(value))


class CurrentTransactionId(models.Func):
    function = "pg_current_xact_id"
    output_field = TransactionIdField()


class OwnTransactionId(models.Func):
    """As `CurrentTransactionId`, but null in a transaction that has written nothing."""

    function = "pg_current_xact_id_if_assigned"
    output_field = TransactionIdField()


class OldestTransactionId(models.Func):
    """The number of the oldest transaction that may still be running; all below have ended."""

    template = "pg_snapshot_xmin(pg_current_snapshot())"
    output_field = TransactionIdField()


class NextTransactionId(models.Func):
    """No transaction of this server with this number, or a higher one, has ended yet."""

    template = "pg_snapshot_xmax(pg_current_snapshot())"
    output_field = TransactionIdField()


class EventQuerySet(models.QuerySet["Event"]):
    def settled(self) -> Self:
        """
        Return the facts that no fact with a lower id can be committed after any more.

        Whoever asks for facts from an id on skips none of them, however late an earlier
        transaction commits; the last few come a moment later. Those that came here in a dump of
        another server's database are settled, whatever number they have.
        """
        settled = models.Q(position__lt=OldestTransactionId()) | models.Q(
            position=OwnTransactionId()
        )
        restored = models.Q(position__gte=NextTransactionId()) | models.Q(
            pk__lte=ConsumerCursor.last_restored()
        )
        return self.filter(settled | restored)


class Event(PublicModel):
    """
    A fact, such as `points.spent`. Appended, never changed, never deleted (a trigger refuses both;
    `services.forgetting` alone may take what people wrote out of a payload).

    `position` is the number of the writing transaction. A consumer that reads only positions below
    the oldest running transaction, in order of (position, id), skips nothing, however late an
    earlier transaction commits; a sequence number alone would.
    """

    # No foreign key in the database, and no index of its own (`event_by_type` begins with it): the
    # check of one locks the store's row, so every fact of a store would write to the same page.
    store = models.ForeignKey(
        "core.Store",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    type = models.CharField(max_length=64)
    # The thing that the fact is about: its kind, such as `customer`, and its uuid.
    subject = models.UUIDField()
    # accounts.Customer's id, where the fact belongs to a customer's history. No foreign key: the
    # core does not know customers.
    customer_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()
    position = TransactionIdField(db_default=CurrentTransactionId())

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["position", "id"], name="event_by_position"),
            models.Index(
                fields=["customer_id", "-id"],
                name="event_by_customer",
                condition=models.Q(customer_id__isnull=False),
            ),
            models.Index(fields=["store", "type", "-id"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return self.type


class ConsumerCursor(models.Model):
    """
    How far one consumer of the event store has read.

    `after_event_id`: the last fact of the dump that the database was restored from; 0: there was
    none. `until_event_id`: the same while the consumer has not seen all of them, and `position`
    is still a number of the server that the dump is of.
    """

    name = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    after_event_id = models.BigIntegerField(db_default=0)
    until_event_id = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def last_restored(cls) -> models.Subquery:
        """Return the last fact of a dump, as far as any consumer knows of one."""
        known = Greatest("after_event_id", Coalesce("until_event_id", 0))
        return models.Subquery(
            cls.objects.annotate(known=known).order_by("-known").values("known")[:1]
        )


__all__ = ["ConsumerCursor", "Event", "TransactionIdField"]
