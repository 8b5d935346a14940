"""The accounts' recurring tasks. Each is harmless when run twice, or late."""

from django.utils.translation import gettext_lazy as _

from accounts.services import (
    codes,
    level_jobs,
    notice_jobs,
    password_resets,
    points_jobs,
    segment_members,
    staff_directory,
    tokens,
)
from loyalty.core.jobs import Run, recurring


@recurring(
    "expire-points",
    task="accounts.expire_points",
    title=_("Expire points"),
    about=_("Writes down which points have expired, and tells of it. No figure waits for it."),
    counts={"expired": _("Lots expired"), "unlocked": _("Lots unlocked")},
)
def expire_points(run: Run) -> None:
    """Write down what has expired (PE-8)."""
    points_jobs.expire_due(run=run)


@recurring(
    "unlock-points",
    task="accounts.unlock_points",
    title=_("Unlock points"),
    about=_("Writes down which pending points have become active. No figure waits for it."),
    counts={"unlocked": _("Lots unlocked"), "expired": _("Lots expired")},
)
def unlock_points(run: Run) -> None:
    """Write down which locks have ended (PA-3)."""
    points_jobs.unlock_due(run=run)


@recurring(
    "check-ledger",
    task="accounts.check_ledger",
    title=_("Check the books"),
    about=_("Recomputes every balance from the ledger's entries, and fails where one differs."),
    counts={"differences": _("Differences")},
)
def check_ledger(run: Run) -> None:
    """Prove the books of all stores (unified-vocabulary 6.3)."""
    points_jobs.check_books(run=run)


@recurring(
    "recalculate-levels",
    task="accounts.recalculate_levels",
    title=_("Recalculate levels"),
    about=_("Assesses customers whose period in their level has ended, and starts a new one."),
    counts={"assessed": _("Periods ended"), "moved": _("Levels changed")},
)
def recalculate_levels(run: Run) -> None:
    """End the periods of levels that are due (LV-14)."""
    level_jobs.recalculate_all(run=run)


@recurring(
    "recalculate-segments",
    task="accounts.recalculate_segments",
    title=_("Recalculate segments"),
    about=_("Finds who came into a segment, or left it, because time has passed."),
    counts={"added": _("Members came"), "removed": _("Members left")},
)
def recalculate_segments(run: Run) -> None:
    """Bring all active segments up to date (SG-5)."""
    segment_members.recalculate_all(run=run)


@recurring(
    "warn-of-expiring-points",
    task="accounts.warn_of_expiring_points",
    title=_("Warn of expiring points"),
    about=_("Tells customers whose points expire soon, once a day and customer."),
    counts={"told": _("Customers told")},
)
def warn_of_expiring_points(run: Run) -> None:
    """Tell whose points expire soon (PE-10); hourly, as each store has its own midnight."""
    notice_jobs.warn_of_expiring_points(run=run)


@recurring(
    "warn-of-expiring-levels",
    task="accounts.warn_of_expiring_levels",
    title=_("Warn of expiring levels"),
    about=_("Tells customers who lose their level soon, once a day and customer."),
    counts={"told": _("Customers told")},
)
def warn_of_expiring_levels(run: Run) -> None:
    """Tell who loses their level soon (LV-17); hourly, as above."""
    notice_jobs.warn_of_expiring_levels(run=run)


@recurring(
    "forget-sign-ins",
    task="accounts.forget_sign_ins",
    title=_("Forget sign-ins"),
    about=_("Deletes sign-ins through the APIs that are over."),
    counts={"sign_ins": _("Sign-ins deleted")},
)
def forget_sign_ins(run: Run) -> None:
    """Delete the sign-ins that are over."""
    tokens.forget_over(run=run)


@recurring(
    "forget-codes",
    task="accounts.forget_codes",
    title=_("Forget codes"),
    about=_("Deletes codes of a month ago that confirmed addresses."),
    counts={"codes": _("Codes deleted")},
)
def forget_codes(run: Run) -> None:
    """Delete old codes (ACT-2)."""
    codes.forget_over(run=run)


@recurring(
    "forget-password-resets",
    task="accounts.forget_password_resets",
    title=_("Forget password resets"),
    about=_("Deletes wishes for a new password that are over for a month."),
    counts={"resets": _("Wishes deleted")},
)
def forget_password_resets(run: Run) -> None:
    """Delete wishes for a new password of long ago."""
    password_resets.forget_over(run=run)


@recurring(
    "review-staff",
    task="accounts.review_staff",
    title=_("Review staff"),
    about=_("Signs staff out whom the directory does not let in any more, and renews their roles."),
    counts={"signed_out": _("Signed out")},
)
def review_staff(run: Run) -> None:
    """Ask the directory about staff who are signed in (ADM-6)."""
    staff_directory.review(run=run)
