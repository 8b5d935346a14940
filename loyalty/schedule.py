"""What runs when: the one table of recurring tasks. The scheduler (Celery's beat) reads it."""

from datetime import timedelta
from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "heartbeat": {
        "task": "loyalty.tasks.beat",
        "schedule": timedelta(seconds=20),
        # A worker that was away has no use for the beats it missed.
        "options": {"expires": 60},
    },
}
