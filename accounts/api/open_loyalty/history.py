"""Open Loyalty's history of a customer: the facts under its names, newest first. Source: 8.4."""

from typing import Any
from zoneinfo import ZoneInfo

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.events import POINTS_EXPIRING_SOON
from accounts.selectors import history
from loyalty.core import coupon_codes
from loyalty.core.api import formats
from loyalty.core.api.open_loyalty.events import type_of
from loyalty.core.api.views import ADMIN, OpenLoyaltyView, Rule
from loyalty.core.models import Event

# What every entry says already, and what only handlers ask for.
TOLD = {"customerId", "accountId", "wasNew"}


class History(OpenLoyaltyView):
    """`GET admin/customer/<customer>/history`."""

    resource = "CUSTOMER"
    rules = {"GET": Rule(ADMIN)}

    def get(self, request: Request, **ids: Any) -> Response:
        customer = access.get_customer(self.actor, self.store, str(self.kwargs["customer"]))
        found = history.iterate_history(customer)
        return Response([self._entry(fact, str(customer.uuid)) for fact in found])

    def _entry(self, fact: Event, customer_id: str) -> dict[str, Any]:
        fact.payload = coupon_codes.payload_for(self.actor, fact.payload)
        return write_entry(fact, customer_id, self.zone)


def write_entry(fact: Event, customer_id: str, zone: ZoneInfo) -> dict[str, Any]:
    """
    Return one entry. A variable without a value has no `value`, and no place among the flat ones.

    `pointsBalance` stands in the facts of points: what could be spent afterwards.
    """
    is_about_points = fact.type.startswith("points.") and fact.type != POINTS_EXPIRING_SOON
    told = _of_points(fact) if is_about_points else _of_others(fact)
    flat = {key: value for key, value in told.items() if value is not None}
    entry: dict[str, Any] = {
        # PHP's empty array, which is a list.
        "flatVariables": flat or [],
        "customerId": customer_id,
        "type": type_of(fact.type).rpartition(".")[2],
        # With a colon in the offset, unlike elsewhere: so it is printed.
        "createdAt": fact.recorded_at.astimezone(zone).isoformat(timespec="seconds"),
        "variables": [
            {"key": key} | ({} if value is None else {"value": value})
            for key, value in told.items()
        ],
    }
    if is_about_points and (balance := fact.payload.get("active")) is not None:
        entry["pointsBalance"] = formats.number_of_text(balance)
    return entry


def _of_points(fact: Event) -> dict[str, Any]:
    if (value := fact.payload.get("value")) is None:
        return {}  # a reset is about all that there was
    return {
        "points": formats.number_of_text(value),
        "transactionId": fact.payload.get("transactionId") or "",
        "comment": fact.payload.get("comment") or None,
    }


def _of_others(fact: Event) -> dict[str, Any]:
    return {
        key: ", ".join(map(str, value)) if isinstance(value, list) else value
        for key, value in fact.payload.items()
        if key not in TOLD
    }
