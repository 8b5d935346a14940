"""
The sign of life of the workers.

The scheduler sends a task through the broker, a worker runs it and notes the time. A recent time
therefore shows all three at work, on whichever machines they are.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from loyalty.models import Heartbeat

# Four of the schedule's beats: one long task may keep a single worker busy for a while.
SILENCE_MAX = timedelta(seconds=90)
WORKER = "worker"


def beat(*, now: datetime | None = None) -> None:
    Heartbeat.objects.update_or_create(name=WORKER, defaults={"beat_at": now or timezone.now()})


def get_silence(*, now: datetime | None = None) -> timedelta | None:
    """Return how long ago a worker last showed itself. None: never."""
    heartbeat = Heartbeat.objects.filter(name=WORKER).first()
    return None if heartbeat is None else (now or timezone.now()) - heartbeat.beat_at
