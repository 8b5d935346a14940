"""What every public and every store-owned model has in common."""

import uuid
from typing import TYPE_CHECKING, Self, TypeVar

import uuid_utils.compat
from django.db import models

if TYPE_CHECKING:
    from loyalty.core.models.store import Store


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7: unique, and ascending in time, so that its index grows at one end."""
    return uuid_utils.compat.uuid7()


class PublicModel(models.Model):
    """A row with a number for joins and a UUID for the outside world."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=models.Model, covariant=True)


class StoreQuerySet(models.QuerySet[Row]):
    """Queries on rows that belong to a store."""

    def in_store(self, store: "Store | int") -> Self:
        return self.filter(store=store)


class StoreModel(PublicModel):
    """A public row that belongs to one store. Read it through `objects.in_store(store)`."""

    store = models.ForeignKey("core.Store", on_delete=models.PROTECT, related_name="+")

    objects = StoreQuerySet.as_manager()

    class Meta:
        abstract = True
