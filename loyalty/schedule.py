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
    # Woken by new facts, too; this is for what is tried again.
    "deliver-webhooks": every("loyalty.core.tasks.deliver_webhooks", seconds=5),
    "send-messages": every("loyalty.core.tasks.send_messages", seconds=5),
    # No figure waits for these two; the facts and messages about them do.
    "expire-points": every("accounts.expire_points", minutes=1),
    "unlock-points": every("accounts.unlock_points", minutes=5),
    "check-ledger": every("accounts.check_ledger", days=1),
    "recalculate-levels": every("accounts.recalculate_levels", minutes=1),
    # Purchases and changes of customers are seen at once; this sees to what time alone changes.
    "recalculate-segments": every("accounts.recalculate_segments", minutes=1),
    # Each tells a customer once a day; every hour, because each store has its own midnight.
    "warn-of-expiring-points": every("accounts.warn_of_expiring_points", hours=1),
    "warn-of-expiring-levels": every("accounts.warn_of_expiring_levels", hours=1),
    # No answer waits for these two: it looks at the dates.
    "activate-coupons": every("campaigns.activate_coupons", minutes=1),
    "expire-coupons": every("campaigns.expire_coupons", minutes=1),
    # As the warnings above: once of each coupon.
    "warn-of-expiring-coupons": every("campaigns.warn_of_expiring_coupons", hours=1),
    "push-new-rewards": every("campaigns.push_new_rewards", hours=1),
    "fill-pools": every("campaigns.fill_pools", minutes=1),
    "alert-low-stock": every("campaigns.alert_low_stock", minutes=5),
    # Woken by each upload, too.
    "bring-in-files": every("loyalty.core.tasks.bring_in_files", minutes=1),
    "forget-imports": every("loyalty.core.tasks.forget_imports", days=1),
    "take-out-files": every("loyalty.core.tasks.take_out_files", minutes=1),
    "forget-exports": every("loyalty.core.tasks.forget_exports", days=1),
    "forget-answers": every("loyalty.core.tasks.forget_answers", hours=1),
    "forget-webhooks": every("loyalty.core.tasks.forget_webhooks", days=1),
    "forget-sign-ins": every("accounts.forget_sign_ins", days=1),
    "forget-messages": every("loyalty.core.tasks.forget_messages", days=1),
    # Where a directory is used: it tells of nobody who leaves.
    "review-staff": every("accounts.review_staff", minutes=5),
    "forget-codes": every("accounts.forget_codes", days=1),
    "forget-password-resets": every("accounts.forget_password_resets", days=1),
    "forget-attempts": every("loyalty.core.tasks.forget_attempts", hours=1),
    "forget-browser-sessions": every("loyalty.core.tasks.forget_browser_sessions", days=1),
}
