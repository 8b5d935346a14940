"""The accounts' recurring tasks. Each is harmless when run twice, or late."""

from celery import shared_task

from accounts.services import level_jobs, points_jobs, segment_members, tokens


@shared_task(name="accounts.expire_points")  # type: ignore[untyped-decorator]  # celery is untyped
def expire_points() -> int:
    """Write down what has expired (PE-8). Every minute."""
    return points_jobs.expire_due()


@shared_task(name="accounts.unlock_points")  # type: ignore[untyped-decorator]  # celery is untyped
def unlock_points() -> int:
    """Write down which locks have ended (PA-3). Hourly."""
    return points_jobs.unlock_due()


@shared_task(name="accounts.recalculate_levels")  # type: ignore[untyped-decorator]  # celery is untyped
def recalculate_levels() -> tuple[int, int]:
    """End the periods of levels that are due (LV-14); how many, and who moved. Every minute."""
    run = level_jobs.recalculate_all()
    return run.assessed, run.moved


@shared_task(name="accounts.recalculate_segments")  # type: ignore[untyped-decorator]  # celery is untyped
def recalculate_segments() -> tuple[int, int]:
    """Bring all active segments up to date (SG-5); return who came and who left. Every minute."""
    changes = segment_members.recalculate_all()
    return changes.added, changes.removed


@shared_task(name="accounts.forget_sign_ins")  # type: ignore[untyped-decorator]  # celery is untyped
def forget_sign_ins() -> int:
    """Delete the sign-ins through the APIs that are over. Daily."""
    return tokens.forget_over()
