"""
The Celery application. Its tasks live in each context's `tasks.py`, their times in `schedule.py`.

Every task may run twice: it is acknowledged when it has ended, so one whose worker was killed is
delivered again. On RabbitMQ that happens at once, on the file transport within seconds of the next
worker's start, and on Redis after `BROKER_VISIBILITY_TIMEOUT`.
"""

import os
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import worker_ready

from loyalty import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
file_broker.install()
# It warns root of messages that run code when they are read. Ours are JSON.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("loyalty")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect  # type: ignore[untyped-decorator]  # celery is untyped
def show_sign_of_life(**_: Any) -> None:
    """Let the health check see a new worker before the schedule's first heartbeat."""
    from loyalty import heartbeat

    heartbeat.beat()
