"""The cockpit's screens on earning rules and invitations."""

from earning.admin import invitations, rules, trail

__all__ = ["invitations", "rules", "trail"]
