"""Lists that are taken out as files, and how far that is."""

from typing import Any, ClassVar

from django.db import models

from loyalty.core.models.base import StoreModel


class ExportState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    # Its work broke down again and again.
    FAILED = "failed", "Failed"
    # The file has had its time, and is deleted.
    OVER = "over", "Over"


class ExportJob(StoreModel):
    """
    One list as a file, with the filters that it was asked for under.

    The rows are set down in parts, each a file of its own; `rows_done`, `parts` and `last_key` are
    written after each, so that a worker that was killed is followed by one that writes the part
    after the last one counted.
    """

    kind = models.CharField(max_length=32)
    format = models.CharField(max_length=8)
    # The filters, as the list's address has them.
    query = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=ExportState.choices)
    # As counted, or estimated, when it was begun.
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    parts = models.IntegerField(default=0)
    # The key of the last row set down; empty: none.
    last_key = models.CharField(max_length=64, blank=True)
    # How often a worker has let others work in between.
    turns = models.IntegerField(default=0, db_default=0)
    # Attempts in a row that set down nothing.
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    file = models.FileField(upload_to="exports/", max_length=255, blank=True)
    size = models.BigIntegerField(default=0)
    # Whose eyes the rows are chosen with: None: of all stores.
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_uuid = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=255)
    actor_store_ids = models.JSONField(null=True)
    # What they were allowed then, by resource: some columns are shown to some only. None: all.
    actor_permissions: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["store", "-created_at", "-id"], name="export_job_by_time"),
            models.Index(
                fields=["id"], name="export_job_open", condition=models.Q(state="running")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}.{self.format}"

    @property
    def is_open(self) -> bool:
        return self.state == ExportState.RUNNING
