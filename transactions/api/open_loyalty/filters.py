"""
Read the filters of lists of documents from a query.

What makes no sense (an id that is none, a date that there is not) finds nothing or counts as not
asked, as the page number does: lists refuse nobody.
"""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict

from loyalty.core.api import formats
from transactions.models import DocumentType
from transactions.selectors.transactions import Filter

# Wire name → column, for `sort`.
SORTS = {
    "transactionId": "uuid",
    "documentNumber": "document_number",
    "documentType": "document_type",
    "purchaseDate": "purchased_at",
    "purchasePlace": "purchase_place",
    "grossValue": "gross_value",
    "assignedToCustomerDate": "assigned_at",
    "customerId": "customer__uuid",
    "posId": "pos__uuid",
    "posName": "pos__name",
    "customerData_name": "customer_data__name",
    "customerData_email": "customer_data__email",
    "customerData_phone": "customer_data__phone",
    "customerData_loyaltyCardNumber": "customer_data__loyaltyCardNumber",
    "customerData.name": "customer_data__name",
    "customerData.email": "customer_data__email",
    "customerData.phone": "customer_data__phone",
    "customerData.loyaltyCardNumber": "customer_data__loyaltyCardNumber",
    "pointsEarned": "points_earned",
}

# What lists can be asked for, for the OpenAPI document.
COMMON = ("documentType", "documentNumber", "transactionId", "customerId", "posId")
ALL = (
    *COMMON,
    "customerData_name",
    "customerData_email",
    "customerData_phone",
    "customerData_loyaltyCardNumber",
    "purchaseDateFrom",
    "purchaseDateTo",
    "grossValueFrom",
    "grossValueTo",
    "labels[0][key]",
    "labels[0][value]",
    "matched",
)

# An id that nothing has: what is asked for by a malformed one.
NOTHING_HAS = UUID(int=0)

_DAY = re.compile(r"\s*\d{4}-\d{2}-\d{2}\s*", re.ASCII)
_LABEL = re.compile(r"labels\[(\w{1,9})\]\[(key|value)\]", re.ASCII)


def all_filters(query: QueryDict, zone: ZoneInfo) -> Filter:
    """Read every filter of GET transaction."""
    return Filter(
        **_common(query),
        customer_uuid=_uuid(query, "customerId"),
        buyer_name=query.get("customerData_name"),
        buyer_email=query.get("customerData_email"),
        buyer_phone=query.get("customerData_phone"),
        buyer_card=query.get("customerData_loyaltyCardNumber"),
        purchased_from=_date(query, "purchaseDateFrom", zone),
        purchased_to=_date(query, "purchaseDateTo", zone, is_end=True),
        gross_value_min=_amount(query, "grossValueFrom"),
        gross_value_max=_amount(query, "grossValueTo"),
        labels=_labels(query),
        is_matched=_flag(query, "matched"),
    )


def customer_filters(query: QueryDict) -> Filter:
    """Read the filters of a customer's own list; the others of the generated docs are ignored."""
    return Filter(**_common(query), customer_uuid=_uuid(query, "customerId"))


def number_filter(query: QueryDict) -> Filter:
    """Read the one filter of the list that a seller sees of a customer."""
    return Filter(document_number=query.get("documentNumber"))


def _common(query: QueryDict) -> dict[str, Any]:
    return {
        "document_type": _document_type(query),
        "document_number": query.get("documentNumber"),
        "transaction_uuid": _uuid(query, "transactionId"),
        "pos_uuid": _uuid(query, "posId"),
    }


def _document_type(query: Mapping[str, str]) -> str | None:
    value = (query.get("documentType") or "").strip()
    # The front ends send what their drop-down says: neither type is "both".
    return value if value in DocumentType.values else None


def _uuid(query: Mapping[str, str], name: str) -> UUID | None:
    text = (query.get(name) or "").strip()
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        return NOTHING_HAS


def _date(
    query: Mapping[str, str], name: str, zone: ZoneInfo, *, is_end: bool = False
) -> datetime | None:
    """Return an instant; a bare day that ends a range is meant to its end."""
    # In a query the `+` of an offset has become a blank.
    text = re.sub(r" (\d{2}:?\d{2})$", r"+\1", (query.get(name) or "").strip())
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}\+\d{2}:?\d{2}", text):
        text = text.replace("+", " ")
    try:
        instant = formats.parse_date_time(text, zone)
    except (ValueError, OverflowError):
        return None
    if is_end and _DAY.fullmatch(text):
        last = instant.astimezone(zone).date()
        end = datetime.combine(last + timedelta(days=1), time(), tzinfo=zone)
        return end - timedelta(microseconds=1)
    return instant


def _amount(query: Mapping[str, str], name: str) -> Decimal | None:
    try:
        amount = Decimal((query.get(name) or "").strip()[:40])
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < Decimal(10) ** 15 else None


def _flag(query: Mapping[str, str], name: str) -> bool | None:
    word = (query.get(name) or "").strip().lower()
    return {"1": True, "true": True, "0": False, "false": False}.get(word)


def _labels(query: QueryDict) -> list[tuple[str | None, str | None]]:
    """Read `labels[0][key]=a&labels[0][value]=b&labels[1][key]=c`; either half may be left out."""
    found: dict[str, dict[str, str]] = {}
    for name, value in query.items():
        if (match := _LABEL.fullmatch(name)) and isinstance(value, str) and value:
            found.setdefault(match[1], {})[match[2]] = value
    return [(label.get("key"), label.get("value")) for label in found.values()]
