"""Chapter Analytics, as far as it is about purchases. Source: spec 13.6."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.open_loyalty.analytics import intervals
from loyalty.core import clock
from loyalty.core.api.formats import number
from loyalty.core.api.views import OpenLoyaltyView
from transactions.selectors import sales_statistics


class TransactionStatistics(OpenLoyaltyView):
    """`GET admin/analytics/transactions`: sales less their returns."""

    resource = "ANALYTICS"
    query = ("excludeCustomersWithoutTransaction",)

    def get(self, request: Request, **ids: Any) -> Response:
        members_only = bool(self.query_flag("excludeCustomersWithoutTransaction"))
        found = sales_statistics.sum_turnover(self.store, clock.now(), members_only=members_only)
        return Response(
            {
                "total": found.count,
                "countIntervals": intervals(found.lately),
                "amount": number(found.amount),
                "amountWithoutDeliveryCosts": number(found.without_delivery),
                "currency": self.store.currency,
            }
        )
