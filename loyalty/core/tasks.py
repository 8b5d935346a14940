"""The core's recurring tasks: hand facts to their consumers, and forget what has had its time."""

import contextlib
from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from loyalty.core import clock, consumers, throttle, turns
from loyalty.core.exports import jobs as exports
from loyalty.core.imports import forgetting as imported_files
from loyalty.core.imports import running as imports
from loyalty.core.jobs import Run, recurring
from loyalty.core.messages import outbox
from loyalty.core.models import IdempotencyRecord
from loyalty.core.webhooks import deliveries, log, sending

# How long a POST may be repeated under its `Idempotency-Key`.
ANSWERS_KEPT_FOR = timedelta(days=2)
CHUNK = 5_000


@shared_task  # type: ignore[untyped-decorator]
def relay_events() -> int:
    """Bring every consumer of the event store up to date. Harmless when run twice at once."""
    handled = consumers.relay_all()
    _wake_sender()
    return handled


@shared_task  # type: ignore[untyped-decorator]
def deliver_webhooks() -> int:
    """Send the webhooks that are due, for some seconds, then let others work. Restartable."""
    tried = sending.deliver_due()
    _wake_sender()
    return tried


def _wake_sender() -> None:
    due_at = deliveries.next_due_at()
    if due_at is not None and due_at <= clock.now():
        # Where the broker is away the schedule brings the next one.
        with contextlib.suppress(OperationalError):
            deliver_webhooks.delay()


@shared_task  # type: ignore[untyped-decorator]
def send_messages() -> int:
    """Send the mails, text messages and pushes that are due. Several may run at once."""
    return outbox.send_due()


@recurring(
    "forget-messages",
    task="loyalty.core.tasks.forget_messages",
    title=_("Forget messages"),
    about=_("Deletes lines of the message log that are older than a year."),
    counts={"messages": _("messages deleted")},
)
def forget_messages(run: Run) -> None:
    outbox.forget(run=run)


@recurring(
    "forget-answers",
    task="loyalty.core.tasks.forget_answers",
    title=_("Forget answers"),
    about=_("Deletes the answers kept for requests that nobody will repeat any more."),
    counts={"answers": _("Answers deleted")},
)
def forget_answers(run: Run) -> None:
    limit = timezone.now() - ANSWERS_KEPT_FOR
    old = IdempotencyRecord.objects.filter(created_at__lt=limit).order_by("created_at")
    while ids := list(old.values_list("pk", flat=True)[:CHUNK]):
        with run.chunk() as done:
            done["answers"] = IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]


@recurring(
    "forget-browser-sessions",
    task="loyalty.core.tasks.forget_browser_sessions",
    title=_("Forget browser sessions"),
    about=_("Deletes the browsers' sessions, staff's and customers', that are over."),
    counts={"sessions": _("Sessions deleted")},
)
def forget_browser_sessions(run: Run) -> None:
    over = Session.objects.filter(expire_date__lt=timezone.now()).order_by("expire_date")
    while keys := list(over.values_list("pk", flat=True)[:CHUNK]):
        with run.chunk() as done:
            done["sessions"] = Session.objects.filter(pk__in=keys).delete()[0]


@recurring(
    "forget-webhooks",
    task="loyalty.core.tasks.forget_webhooks",
    title=_("Forget webhooks"),
    about=_("Empties the log of webhooks of customers' data, and later of its entries."),
    counts={"bodies": _("bodies forgotten"), "entries": _("entries deleted")},
)
def forget_webhooks(run: Run) -> None:
    log.forget(run=run)


@shared_task  # type: ignore[untyped-decorator]
def bring_in_files(job_id: int | None = None, turn: int | None = None) -> int:
    """Go on with a file, or all that are being brought in. Restartable; each one process's work."""
    return turns.take(imports, bring_in_files, job_id, turn)


@recurring(
    "forget-imports",
    task="loyalty.core.tasks.forget_imports",
    title=_("Forget imported files"),
    about=_("Deletes files that were brought in more than a month ago, and their rows' messages."),
    counts={"files": _("files deleted"), "rows": _("rows forgotten")},
)
def forget_imports(run: Run) -> None:
    imported_files.forget(run=run)


@shared_task  # type: ignore[untyped-decorator]
def take_out_files(job_id: int | None = None, turn: int | None = None) -> int:
    """Go on with a list, or all that are being written. Restartable; each one process's work."""
    return turns.take(exports, take_out_files, job_id, turn)


@recurring(
    "forget-exports",
    task="loyalty.core.tasks.forget_exports",
    title=_("Forget exported files"),
    about=_("Deletes files that were taken out more than a week ago."),
    counts={"files": _("files deleted")},
)
def forget_exports(run: Run) -> None:
    exports.forget(run=run)


@recurring(
    "forget-attempts",
    task="loyalty.core.tasks.forget_attempts",
    title=_("Forget attempts"),
    about=_("Deletes counts of failed attempts that are over, and places not seen for long."),
    counts={"rows": _("Rows deleted")},
)
def forget_attempts(run: Run) -> None:
    throttle.forget_over(run=run)
