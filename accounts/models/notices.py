"""What customers were warned of, so that nobody is warned twice."""

from django.db import models

from accounts.models.customers import Customer


class NoticeKind(models.TextChoices):
    POINTS = "points", "Points expire soon"
    LEVEL = "level", "Level ends soon"


class Notice(models.Model):
    """
    One warning: to whom, of what, and for which day. Source: PE-10, LV-17, decision C7.

    Written in the transaction that appends its fact; the constraint is what makes a warning come
    once, however often its job is stopped and started again.
    """

    # The constraint below begins with it.
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=16, choices=NoticeKind.choices)
    # Of the expiry, in the store's zone.
    day = models.DateField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "day"], name="notice_once_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"
