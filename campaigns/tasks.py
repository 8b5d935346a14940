"""The rewards' recurring tasks. Each is harmless when run twice, or late."""

from django.utils.translation import gettext_lazy as _

from campaigns.services import coupon_jobs, pool_jobs, pushes
from loyalty.core.jobs import Run, recurring


@recurring(
    "activate-coupons",
    task="campaigns.activate_coupons",
    title=_("Activate coupons"),
    about=_("Writes down whose waiting days are over. No answer waits for it."),
    counts={"activated": _("Coupons activated")},
)
def activate_coupons(run: Run) -> None:
    """Make coupons active whose waiting time is over (CPN-4)."""
    coupon_jobs.activate_due(run=run)


@recurring(
    "expire-coupons",
    task="campaigns.expire_coupons",
    title=_("Expire coupons"),
    about=_("Writes down which coupons ended unused. No answer waits for it."),
    counts={"expired": _("Coupons expired")},
)
def expire_coupons(run: Run) -> None:
    """Expire coupons that ended unused (CPN-4)."""
    coupon_jobs.expire_due(run=run)


@recurring(
    "warn-of-expiring-coupons",
    task="campaigns.warn_of_expiring_coupons",
    title=_("Warn of expiring coupons"),
    about=_("Tells of coupons that end on the day to warn of, once of each."),
    counts={"told": _("Coupons told of")},
)
def warn_of_expiring_coupons(run: Run) -> None:
    """Tell which coupons end soon (CPX-1); hourly, as each store has its own midnight."""
    coupon_jobs.warn_of_expiring(run=run)


@recurring(
    "alert-low-stock",
    task="campaigns.alert_low_stock",
    title=_("Watch pools of codes"),
    about=_("Tells of pools that have fewer free codes than their threshold."),
    counts={"told": _("Pools told of")},
)
def alert_low_stock(run: Run) -> None:
    """Tell of pools that run out of codes."""
    coupon_jobs.alert_low_stock(run=run)


@recurring(
    "fill-pools",
    task="campaigns.fill_pools",
    title=_("Fill pools of codes"),
    about=_("Loads and generates the codes that wait for it."),
    counts={"portions": _("Portions of codes")},
)
def fill_pools(run: Run) -> None:
    """Load and generate the codes that wait for it."""
    pool_jobs.run_all(run=run)


@recurring(
    "push-new-rewards",
    task="campaigns.push_new_rewards",
    title=_("Tell of new rewards"),
    about=_("Tells customers with a device which rewards have become available to them."),
    counts={"told": _("Customers told"), "noted": _("Customers noted")},
)
def push_new_rewards(run: Run) -> None:
    """Push each reward to those whom it is newly meant for (PSH-1)."""
    pushes.push_new(run=run)
