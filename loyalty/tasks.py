"""The platform's own tasks."""

from celery import shared_task

from loyalty import heartbeat


@shared_task  # type: ignore[untyped-decorator]  # celery is untyped
def beat() -> None:
    heartbeat.beat()
