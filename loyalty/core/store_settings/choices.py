"""What settings choose from, by the values that are stored."""

from enum import StrEnum

CUSTOMER_STATUSES = ("new", "active", "blocked", "deleted")
IDENTIFIERS = ("email", "loyaltyCardNumber", "phone")


class ExpiryMode(StrEnum):
    """When points expire (PE-1…4)."""

    ALL_TIME_ACTIVE = "all_time_active"
    AFTER_X_DAYS = "after_x_days"
    END_OF_MONTH = "at_the_end_of_the_month"
    END_OF_YEAR = "at_the_end_of_the_year"


class TierBasis(StrEnum):
    TRANSACTIONS = "transactions"
    POINTS = "points"


class DowngradeMode(StrEnum):
    NONE = "none"
    AUTOMATIC = "automatic"
    AFTER_X_DAYS = "after_x_days"


class DowngradeBase(StrEnum):
    NONE = "none"
    ACTIVE_POINTS = "active_points"
    EARNED_POINTS = "earned_points"
    EARNED_SINCE_LEVEL_CHANGE = "earned_points_since_last_level_change"


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class MarketingVendor(StrEnum):
    NONE = "none"
    SALES_MANAGO = "sales_manago"
