"""
What runs when: the one table of recurring tasks. The scheduler (Celery's beat) reads it.

Every task bears being late, twice, or stopped in between. One that found no worker before its
next turn is dropped (`expires`): its next turn does the same work.
"""

from datetime import timedelta
from typing import Any


def every(task: str, **interval: float) -> dict[str, Any]:
    period = timedelta(**interval)
    return {"task": task, "schedule": period, "options": {"expires": period.total_seconds()}}


SCHEDULE: dict[str, dict[str, Any]] = {
    # Four missed beats make the health check speak of it.
    "heartbeat": every("loyalty.tasks.beat", seconds=20),
    "relay-events": every("loyalty.core.tasks.relay_events", seconds=5),
    # No figure waits for these two; the facts and messages about them do.
    "expire-points": every("accounts.expire_points", minutes=1),
    "unlock-points": every("accounts.unlock_points", minutes=5),
    "recalculate-levels": every("accounts.recalculate_levels", minutes=1),
    # Purchases and changes of customers are seen at once; this sees to what time alone changes.
    "recalculate-segments": every("accounts.recalculate_segments", minutes=1),
    "forget-answers": every("loyalty.core.tasks.forget_answers", hours=1),
    "forget-sign-ins": every("accounts.forget_sign_ins", days=1),
    "forget-browser-sessions": every("loyalty.core.tasks.forget_browser_sessions", days=1),
}
