"""Files that were brought in, how far that is, and what became of their rows."""

from typing import Any, ClassVar

from django.db import models

from loyalty.core.models.base import StoreModel


class ImportState(models.TextChoices):
    # Uploaded; somebody still has to say what its columns are.
    DRAFT = "draft", "Waiting for its columns"
    # Going through the rows without keeping anything.
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    # The file cannot be read at all, or its work broke down again and again.
    FAILED = "failed", "Failed"
    # The same file was brought in before; nothing was done.
    REPEATED = "repeated", "Brought in before"
    # Going through the rows once more, to take back what they made.
    UNDOING = "undoing", "Being taken back"
    UNDONE = "undone", "Taken back"


class RowOutcome(models.TextChoices):
    DONE = "done", "Done"
    DUPLICATE = "duplicate", "Duplicate"
    BAD = "bad", "Refused"


class ImportJob(StoreModel):
    """
    One file, kept under a name that tells its time (IMP-1), and how far its rows are taken.

    The counts and `rows_done` are written in the transaction of the rows that they count, so that a
    worker that was killed is followed by one that goes on behind the last row written.
    """

    kind = models.CharField(max_length=32)
    format = models.CharField(max_length=8)
    # What the sender called the file.
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to="imports/", max_length=255, blank=True)
    size = models.BigIntegerField(default=0)
    # Of texts: {"encoding": …, "delimiter": …}.
    dialect = models.JSONField(default=dict)
    # SHA-256 of the file, in hexadecimal.
    digest = models.CharField(max_length=64)
    # Of tables: the columns of the file in their order, and which node each stands for.
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    # Of rows that were chosen in a list: what is to be done with each.
    options = models.JSONField(default=dict, db_default={})
    state = models.CharField(max_length=16, choices=ImportState.choices, default=ImportState.DRAFT)
    rows_total = models.BigIntegerField(null=True)
    rows_done = models.BigIntegerField(default=0)
    rows_ok = models.BigIntegerField(default=0)
    rows_bad = models.BigIntegerField(default=0)
    rows_duplicate = models.BigIntegerField(default=0)
    # How much of the file is read, in thousandths.
    progress = models.PositiveSmallIntegerField(default=0)
    # How often a worker has let others work in between.
    turns = models.IntegerField(default=0, db_default=0)
    # Who takes it back, of how many rows, and how far that is.
    undoing: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    # Attempts in a row that wrote nothing.
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    # Who is acting when the rows are taken.
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_uuid = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["store", "-created_at", "-id"], name="import_job_by_time"),
            models.Index(fields=["store", "digest"], name="import_job_by_digest"),
            models.Index(
                fields=["id"],
                name="import_job_unfinished",
                condition=models.Q(state__in=["checking", "running", "undoing"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state in {ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING}


class ImportRow(models.Model):
    """
    A row of a file of which something is to be said: what is wrong with it, or what it made.

    `number` counts from 1. `content`: the row as the file has it, to be written out again.
    """

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(
        ImportJob, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    number = models.BigIntegerField()
    outcome = models.CharField(max_length=16, choices=RowOutcome.choices)
    identifier = models.CharField(max_length=255, blank=True)
    message = models.TextField(blank=True)
    content: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    object_uuid = models.UUIDField(null=True)

    class Meta:
        ordering: ClassVar = ["job", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="import_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"
