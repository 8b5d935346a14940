"""
Read the filters of lists of documents from a query.

What makes no sense (an id that is none, a date that there is not) finds nothing or counts as not
asked, as the page number does: lists refuse nobody.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from loyalty.core.api import filters
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
# What a column of amounts can hold.
VALUES_BELOW = Decimal(10) ** 15


def all_filters(query: QueryDict, zone: ZoneInfo) -> Filter:
    """Read every filter of GET transaction."""
    return Filter(
        **_common(query),
        customer_uuid=filters.uuid(query, "customerId"),
        buyer_name=query.get("customerData_name"),
        buyer_email=query.get("customerData_email"),
        buyer_phone=query.get("customerData_phone"),
        buyer_card=query.get("customerData_loyaltyCardNumber"),
        purchased_from=filters.moment(query, "purchaseDateFrom", zone),
        purchased_to=filters.moment(query, "purchaseDateTo", zone, is_end=True),
        gross_value_min=filters.amount(query, "grossValueFrom", below=VALUES_BELOW),
        gross_value_max=filters.amount(query, "grossValueTo", below=VALUES_BELOW),
        labels=filters.labels(query),
        is_matched=filters.flag(query, "matched"),
    )


def customer_filters(query: QueryDict) -> Filter:
    """Read the filters of a customer's own list; the others of the generated docs are ignored."""
    return Filter(**_common(query), customer_uuid=filters.uuid(query, "customerId"))


def number_filter(query: QueryDict) -> Filter:
    """Read the one filter of the list that a seller sees of a customer."""
    return Filter(document_number=query.get("documentNumber"))


def _common(query: QueryDict) -> dict[str, Any]:
    return {
        "document_type": _document_type(query),
        "document_number": query.get("documentNumber"),
        "transaction_uuid": filters.uuid(query, "transactionId"),
        "pos_uuid": filters.uuid(query, "posId"),
    }


def _document_type(query: Mapping[str, str]) -> str | None:
    value = (query.get("documentType") or "").strip()
    # The front ends send what their drop-down says: neither type is "both".
    return value if value in DocumentType.values else None
