"""The cockpit's screens on people and points."""

from accounts.admin import (
    customers,
    ledger,
    levels,
    point_types,
    pos,
    segments,
    sellers,
    staff,
    transfers,
)
from accounts.cockpit.trail import people

__all__ = [
    "customers",
    "ledger",
    "levels",
    "people",
    "point_types",
    "pos",
    "segments",
    "sellers",
    "staff",
    "transfers",
]
