"""Why a customer does not get a reward: sentences that Open Loyalty's clients know (§4)."""

from loyalty.core.errors import DomainError


class Refused(DomainError):
    """This reward cannot be had."""


class NoCouponsLeft(Refused):
    """No coupons left"""

    code = "no_coupons_left"


class NotEnoughPoints(Refused):
    """Not enough points"""

    code = "not_enough_points"


class LimitExceeded(Refused):
    """Limit exceeded"""

    code = "limit_exceeded"


class LimitPerCustomerExceeded(Refused):
    """Limit per customer exceeded"""

    code = "limit_per_customer_exceeded"


class NotAllowed(Refused):
    """Not allowed"""

    code = "not_allowed"


class CouponValueTooLow(Refused):
    """Coupon value too low"""

    code = "coupon_value_too_low"


class InvalidCost(Refused):
    """The price of this reward has more decimals than points have"""

    code = "invalid_cost"


class TransactionRequired(Refused):
    """Transaction required"""

    code = "transaction_required"


class InvalidTransaction(Refused):
    """Invalid transaction"""

    code = "invalid_transaction"


class NotBuyable(Refused):
    """This reward cannot be bought manually"""

    code = "not_buyable"


class InvalidQuantity(Refused):
    """The quantity should be a whole number between 1 and 1000"""

    code = "invalid_quantity"
    field = "quantity"


class NotObtainable(Refused):
    """This reward is not active, or not for this customer"""

    code = "not_obtainable"
