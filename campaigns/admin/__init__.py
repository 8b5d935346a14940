"""The cockpit's screens on rewards."""

from campaigns.admin import campaigns, categories, coupons, trail

__all__ = ["campaigns", "categories", "coupons", "trail"]
