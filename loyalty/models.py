"""What the platform itself remembers."""

from django.db import models


class Heartbeat(models.Model):
    """When a part of the installation last showed that it works."""

    name = models.CharField(max_length=64, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
