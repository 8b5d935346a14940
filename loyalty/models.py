"""What the platform itself remembers."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Heartbeat(models.Model):
    """When a part of the installation last showed that it works."""

    name = models.CharField(max_length=64, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class MoveIn(models.Model):
    """A store that is being moved in from another server, and how far that is."""

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=255)
    store = models.ForeignKey("core.Store", on_delete=models.CASCADE, related_name="+")
    # Which resources are fetched whole; which page of the others comes next.
    pages = models.JSONField(default=dict)
    # Sentences for the report: what could not be moved, and why.
    notes = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    # Of each list: how many there were, and how many are here.
    counts = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    begun_at = models.DateTimeField()
    # When everything was built; the rows are deleted then: they hold people's data.
    built_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "store"], name="move_in_once"),
        ]

    def __str__(self) -> str:
        return self.source


class MoveInRow(models.Model):
    """One row of the other server's lists, as it was answered."""

    id = models.BigAutoField(primary_key=True)
    move = models.ForeignKey(MoveIn, on_delete=models.CASCADE, related_name="rows", db_index=False)
    resource = models.CharField(max_length=32)
    uuid = models.UUIDField()
    # Of transfers: whose it is.
    customer_uuid = models.UUIDField(null=True)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    is_built = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["move", "resource", "uuid"], name="move_in_row_once"),
        ]
        indexes = [
            models.Index(fields=["move", "resource", "id"], name="move_in_row_by_resource"),
            models.Index(
                fields=["move", "customer_uuid"],
                name="move_in_row_by_customer",
                condition=models.Q(customer_uuid__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.uuid}"
