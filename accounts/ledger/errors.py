"""What the ledger refuses."""

from loyalty.core.errors import DomainError


class InsufficientPoints(DomainError):
    """not enough points"""

    code = "insufficient_points"
    field = "points"


class InvalidAmount(DomainError):
    """This value is not valid."""

    code = "invalid_amount"
    field = "points"


class SupplyExhausted(DomainError):
    """There are not enough points left to give out."""

    code = "supply_exhausted"
    field = "points"


class PointTypeInactive(DomainError):
    """These points are no longer in use."""

    code = "point_type_inactive"
    field = "points"


class ReservedKey(DomainError):
    """A key that begins like this is kept for the ledger's own postings."""

    code = "reserved_key"


class SameWallet(DomainError):
    """transferring points to yourself is forbidden"""

    code = "same_wallet"
    field = "receiver"


class NotPending(DomainError):
    """This transfer is not pending."""

    code = "not_pending"


class NotExpirable(DomainError):
    """This transfer cannot be expired."""

    code = "not_expirable"


class NotCancellable(DomainError):
    """this transfer cannot be canceled"""

    code = "not_cancellable"


class NotHeld(DomainError):
    """These points are not set aside any more."""

    code = "not_held"


class NotRevertible(DomainError):
    """This posting cannot be reverted."""

    code = "not_revertible"
