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
    "relay events": {
        "task": "loyalty.core.tasks.relay_events",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 30},
    },
    "forget answers": {
        "task": "loyalty.core.tasks.forget_answers",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3_600},
    },
}
