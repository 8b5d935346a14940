"""Chapter Analytics, as far as it is about customers and points. Source: spec 13.6."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors import member_statistics, points_statistics
from loyalty.core import clock
from loyalty.core.api.formats import number
from loyalty.core.api.views import OpenLoyaltyView


class CustomerStatistics(OpenLoyaltyView):
    """`GET admin/analytics/customers`: how many there are, and how many joined lately."""

    resource = "ANALYTICS"

    def get(self, request: Request, **ids: Any) -> Response:
        lately = member_statistics.count_joined_lately(self.store, clock.now())
        return Response(
            {"total": member_statistics.count_all(self.store), "intervals": intervals(lately)}
        )


class PointsStatistics(OpenLoyaltyView):
    """`GET admin/analytics/points`: how often points were spent, and how many."""

    resource = "ANALYTICS"

    def get(self, request: Request, **ids: Any) -> Response:
        count, points = points_statistics.sum_spendings(self.store)
        return Response({"totalSpendingTransfers": count, "totalPointsSpent": number(points)})


def intervals(counts: dict[int, int]) -> dict[str, int]:
    """Name counts by days as the original does: `in_7_days`."""
    return {f"in_{days}_days": count for days, count in counts.items()}
