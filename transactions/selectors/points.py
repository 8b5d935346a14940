"""What documents earned and cost in points. Source: TX-19, TX-23."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.ledger.models import Lot, LotOrigin, PointsField, Posting, PostingKind
from transactions.models import DocumentType, Transaction

ZERO = Decimal(0)


def earned_by_sale(sale_uuid: UUID, now: datetime) -> Decimal:
    """
    Return P: what a sale's lots brought that are active or pending now, spent or not (TX-19).

    A lot that has expired or was cancelled no longer counts.
    """
    lots = _counting_lots(now).filter(posting__transaction_uuid=sale_uuid)
    return lots.aggregate(sum=Sum("amount"))["sum"] or ZERO


def taken_back_of_sale(sale_uuid: UUID) -> Decimal:
    """Return what all returns of a sale have cost so far, by their full values (TX-20, PA-12)."""
    postings = _take_backs().filter(revised_transaction_uuid=sale_uuid)
    return postings.aggregate(sum=Sum("requested_amount"))["sum"] or ZERO


def taken_back_of_sales(sale_uuids: Collection[UUID]) -> dict[UUID, Decimal]:
    """Return `taken_back_of_sale()` of many in one query; sales without one are missing."""
    postings = _take_backs().filter(revised_transaction_uuid__in=sale_uuids)
    sums = postings.order_by().values_list("revised_transaction_uuid")
    found = sums.annotate(Sum("requested_amount"))
    return {uuid: amount for uuid, amount in found if uuid is not None}


def earned_by_sales(sale_uuids: Collection[UUID], now: datetime) -> dict[UUID, Decimal]:
    """Return `earned_by_sale()` of many in one query; sales that earned nothing are missing."""
    lots = _counting_lots(now).filter(posting__transaction_uuid__in=sale_uuids)
    sums = lots.order_by().values_list("posting__transaction_uuid").annotate(Sum("amount"))
    return {uuid: amount for uuid, amount in sums if uuid is not None}


def revoked_by_returns(return_uuids: Collection[UUID]) -> dict[UUID, Decimal]:
    """
    Return what each return cost, by the full value of its transfer (PA-12), in one query.

    Returns that cost nothing are missing.
    """
    postings = _take_backs().filter(transaction_uuid__in=return_uuids)
    sums = postings.order_by().values_list("transaction_uuid").annotate(Sum("requested_amount"))
    return {uuid: amount for uuid, amount in sums if uuid is not None}


def moved_by(documents: Sequence[Transaction], now: datetime) -> dict[int, Decimal]:
    """Return what documents brought or cost, by primary key: two queries for a page."""
    sales = {row.uuid: row.pk for row in documents if row.document_type == DocumentType.SELL}
    returns = {row.uuid: row.pk for row in documents if row.document_type == DocumentType.RETURN}
    moved = {sales[uuid]: amount for uuid, amount in earned_by_sales(sales, now).items()}
    for uuid, amount in revoked_by_returns(returns).items():
        moved[returns[uuid]] = -amount
    return moved


def with_points(documents: QuerySet[Transaction], now: datetime) -> QuerySet[Any]:
    """
    Add `points_earned` (0 for returns) and `points_revoked` (0 for sales), without a query per row.

    A return's is the full value of its transfer, even where the customer had less (PA-12).
    """
    earned = _sum_by_document(_counting_lots(now), "posting__transaction_uuid", "amount")
    revoked = _sum_by_document(_take_backs(), "transaction_uuid", "requested_amount")
    return documents.annotate(points_earned=earned, points_revoked=revoked)


def _counting_lots(now: datetime) -> QuerySet[Lot]:
    is_pending = Q(is_locked=True, active_from__gt=now)
    is_valid = Q(expires_at=None) | Q(expires_at__gt=now)
    # By way of the posting, which has the index.
    return Lot.objects.filter(
        is_pending | is_valid,
        posting__kind=PostingKind.EARN,
        origin=LotOrigin.EARNED,
        cancelled_at=None,
        expired_at=None,
    )


def _take_backs() -> QuerySet[Posting]:
    return Posting.objects.filter(kind=PostingKind.TAKE_BACK)


def _sum_by_document(rows: QuerySet[Any], column: str, amount: str) -> Coalesce:
    sums = (
        rows.filter(**{column: OuterRef("uuid")})
        .order_by()
        .values(column)
        .annotate(sum=Sum(amount))
        .values("sum")
    )
    return Coalesce(Subquery(sums), Value(ZERO), output_field=PointsField())
