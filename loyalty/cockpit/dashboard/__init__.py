"""The first page: how the program is doing, in figures that lead to their lists."""

from loyalty.cockpit.dashboard.diagrams import parts_of
from loyalty.cockpit.dashboard.figures import CHOICES, chosen, count, count_lately, period_of
from loyalty.cockpit.dashboard.page import Dashboard, read

__all__ = [
    "CHOICES",
    "Dashboard",
    "chosen",
    "count",
    "count_lately",
    "parts_of",
    "period_of",
    "read",
]
