"""
What people and rules do with a customer's points. Source: domain spec PA and PE.

Each command locks the customer's wallet until the transaction ends, and runs inside the caller's
transaction where there is one. Where levels follow points it locks the customer first.
"""

from accounts.ledger.errors import InsufficientPoints, InvalidAmount, SameWallet
from accounts.services.points.changes import audited
from accounts.services.points.granting import BY_SETTINGS, BySettings, Grant, add, add_many
from accounts.services.points.spending import Spend, block, spend, spend_many, transfer
from accounts.services.points.timing import activate, expire, reset
from accounts.services.points.undoing import TakeBack, cancel, revert, take_back, take_back_many

__all__ = [
    "BY_SETTINGS",
    "BySettings",
    "Grant",
    "InsufficientPoints",
    "InvalidAmount",
    "SameWallet",
    "Spend",
    "TakeBack",
    "activate",
    "add",
    "add_many",
    "audited",
    "block",
    "cancel",
    "expire",
    "reset",
    "revert",
    "spend",
    "spend_many",
    "take_back",
    "take_back_many",
    "transfer",
]
