"""The platform's own tasks."""

from celery import shared_task

from loyalty import heartbeat


@shared_task
def beat() -> None:
    heartbeat.beat()
