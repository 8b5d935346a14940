"""What the throttle remembers. Digests only: nobody is named here."""

from typing import ClassVar

from django.db import models


class FailedAttempts(models.Model):
    """How often something failed in one bucket until `ends_at`, such as an account's."""

    bucket = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="failed_attempts_by_end")]

    def __str__(self) -> str:
        return f"{self.bucket[:8]}… {self.count}"


class KnownPlace(models.Model):
    """An account has been signed in to from a device or address. `digest`: of the two."""

    digest = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="known_place_by_age")]

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"
