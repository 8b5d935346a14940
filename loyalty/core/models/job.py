"""What the recurring jobs have done."""

from datetime import datetime
from typing import ClassVar

from django.db import models


class JobOutcome(models.TextChoices):
    RUNNING = "running", "Running"
    # For its next round: others have their turn.
    WAITING = "waiting", "Goes on soon"
    DONE = "done", "Done"
    NOTHING = "nothing", "Nothing to do"
    # Its process ended before the job did; the next run goes on there.
    INTERRUPTED = "interrupted", "Interrupted"
    FAILED = "failed", "Failed"


class JobRun(models.Model):
    """
    One run of a job, written down anew with each chunk of its work.

    `times`: of runs with nothing to do one row stands for all that followed one another; it began
    with the first of them and ended with the last, whose `duration` it has.
    """

    job = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    # The last sign of life.
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    duration = models.DurationField(null=True)
    outcome = models.CharField(
        max_length=16, choices=JobOutcome.choices, default=JobOutcome.RUNNING
    )
    chunks = models.PositiveIntegerField(default=0)
    # What was done, by the names that the job gives it, such as {"lots": 1200}.
    counts = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    times = models.PositiveIntegerField(default=1)
    # The name of the person who started it; empty: the schedule.
    started_by = models.CharField(max_length=255, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["job", "-id"], name="job_run_by_job")]

    def __str__(self) -> str:
        return f"{self.job} {self.outcome}"

    @property
    def last_started_at(self) -> datetime:
        """Return when the last of the runs began that this row stands for."""
        if self.finished_at is None or self.duration is None or self.times == 1:
            return self.started_at
        return self.finished_at - self.duration
