"""The core's recurring tasks: hand facts to their consumers, and forget what has had its time."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from loyalty.core import consumers
from loyalty.core.models import IdempotencyRecord

# How long a POST may be repeated under its `Idempotency-Key`.
ANSWERS_KEPT_FOR = timedelta(days=2)
CHUNK = 5_000


@shared_task  # type: ignore[untyped-decorator]
def relay_events() -> int:
    """Bring every consumer of the event store up to date. Harmless when run twice at once."""
    return consumers.relay_all()


@shared_task  # type: ignore[untyped-decorator]
def forget_answers() -> int:
    """Delete the answers kept for repeated requests when nobody will repeat them any more."""
    limit = timezone.now() - ANSWERS_KEPT_FOR
    forgotten = 0
    while True:
        old = IdempotencyRecord.objects.filter(created_at__lt=limit).order_by("created_at")
        ids = list(old.values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return forgotten
        forgotten += IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]


@shared_task  # type: ignore[untyped-decorator]
def forget_browser_sessions() -> None:
    """Delete the browsers' sessions, staff's and customers', that are over."""
    SessionStore.clear_expired()
