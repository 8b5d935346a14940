"""Pools of coupon codes, and the background work that fills them."""

from django.db import models

from campaigns.models.campaigns import RewardCampaign
from loyalty.core.models import StoreModel


class CouponCode(models.Model):
    """
    One code of a pool. Codes go out in the order of `position`, each once (LIM-2).

    Pools may hold a hundred million codes: no more columns than needed. The next free codes are
    the first entries of `code_free`, taken with FOR UPDATE SKIP LOCKED. A campaign is never
    deleted, so nothing is gained from a foreign key that locks its row with every code.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(
        RewardCampaign,
        on_delete=models.DO_NOTHING,
        related_name="codes",
        db_constraint=False,
        db_index=False,
    )
    code = models.CharField(max_length=255)
    position = models.BigIntegerField()
    # In a customer's hands. The code of a single coupon is, too, from the first time on.
    is_issued = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="code_once_in_pool"),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "position", "id"],
                name="code_free",
                condition=models.Q(is_issued=False),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PoolJobKind(models.TextChoices):
    LOAD = "load", "Load a file"
    GENERATE = "generate", "Generate by a pattern"


class PoolJobStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class PoolJob(StoreModel):
    """
    Codes to be brought into a pool in the background, and how far that is.

    Each chunk commits with the numbers below, so that a stopped job goes on where it was.
    """

    campaign = models.ForeignKey(RewardCampaign, on_delete=models.PROTECT, related_name="pool_jobs")
    kind = models.CharField(max_length=16, choices=PoolJobKind.choices)
    status = models.CharField(
        max_length=16, choices=PoolJobStatus.choices, default=PoolJobStatus.WAITING
    )
    # load
    file = models.FileField(upload_to="coupon-codes/", blank=True)
    # How far the file was read: bytes, always at the end of a code.
    offset = models.BigIntegerField(default=0)
    # Bytes of the file, or codes to generate.
    total = models.BigIntegerField()
    # generate: `#` a character, `%` the check character, anything else itself
    pattern = models.CharField(max_length=64, blank=True)
    # Codes brought into the pool, and codes that it held already.
    added = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["id"],
                name="pool_job_open",
                condition=models.Q(status__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"

    @property
    def done(self) -> int:
        """Return how much of `total` is done."""
        return self.offset if self.kind == PoolJobKind.LOAD else self.added
