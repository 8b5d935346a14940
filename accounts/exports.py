"""People's lists and the points' as files."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource as Columns

from accounts.cockpit.lists import listed
from accounts.ledger.models import Lot, Posting, WalletBalance
from accounts.models import (
    Customer,
    Level,
    PointsTransfer,
    Pos,
    Resource,
    Role,
    Segment,
    Seller,
    StaffUser,
)
from accounts.selectors import transfers
from loyalty.core import coupon_codes
from loyalty.core.exports.columns import day, flag, labels, moment, number, part, text, whole
from loyalty.core.exports.kinds import Kind
from loyalty.core.models import Store

ZERO = Decimal(0)


class CustomerColumns(Columns):  # type: ignore[misc]  # the library is not typed
    """Named as in the files that bring customers in, so that one leads to the other."""

    customer_id = text("customerId", "uuid")
    email = text("email", "email")
    first_name = text("firstName", "first_name")
    last_name = text("lastName", "last_name")
    active = flag("active", "is_active")
    status = text("status", "status")
    gender = text("gender", "gender")
    birth_date = day("birthDate", "birth_date")
    phone = text("phone", "phone")
    card = text("loyaltyCardNumber", "loyalty_card_number")
    agreement1 = flag("agreement1", "agreement1")
    agreement2 = flag("agreement2", "agreement2")
    agreement3 = flag("agreement3", "agreement3")
    level_id = text("levelId", "level__uuid")
    level = text("levelName", lambda row: row.level.name if row.level else None)
    by_hand = flag("levelAssignedManually", lambda row: row.manually_assigned_level_id is not None)
    pos_id = text("posId", "pos__uuid")
    seller_id = text("sellerId", "seller__uuid")
    street = part("address.street", "address", "street")
    address1 = part("address.address1", "address", "address1")
    address2 = part("address.address2", "address", "address2")
    postal = part("address.postal", "address", "postal")
    city = part("address.city", "address", "city")
    province = part("address.province", "address", "province")
    country = part("address.country", "address", "country")
    company = part("company.name", "company", "name")
    nip = part("company.nip", "company", "nip")
    labels = labels("labels", "labels")
    points_active = number("activePoints", "points_active")
    points_earned = number("earnedPoints", "points_earned")
    points_spent = number("usedPoints", "points_spent")
    points_expired = number("expiredPoints", "points_expired")
    count = whole("transactionsCount", "transactions_count")
    amount = number("transactionsAmount", "transactions_amount")
    last_at = moment("lastTransactionDate", "last_transaction_at")
    created_at = moment("createdAt", "created_at")


def read_points(rows: Sequence[Any], store: Store, now: datetime) -> None:
    """Put on customers what their wallets hold: two queries for a page."""
    wallets = [row.wallet_id for row in rows]
    lots = Lot.objects.active_at(now).filter(wallet__in=wallets, point_type__is_default=True)
    sums = lots.order_by().values_list("wallet").annotate(Sum("remaining"), Sum("reserved"))
    active = {wallet: remaining - reserved for wallet, remaining, reserved in sums}
    stored = WalletBalance.objects.filter(wallet__in=wallets, point_type__is_default=True)
    totals = {balance.wallet_id: balance for balance in stored}
    for row in rows:
        balance = totals.get(row.wallet_id)
        row.points_active = active.get(row.wallet_id, ZERO)
        row.points_earned = balance.earned if balance else ZERO
        row.points_spent = balance.spent if balance else ZERO
        row.points_expired = balance.expired if balance else ZERO


class LevelColumns(Columns):  # type: ignore[misc]  # as above
    level_id = text("levelId", "uuid")
    name = text("name", "name")
    active = flag("active", "is_active")
    condition = number("conditionValue", "condition_value")
    min_order = number("minOrder", "min_order")
    reward_name = text("reward.name", "reward_name")
    reward_value = number("reward.value", "reward_value")
    reward_code = text("reward.code", "reward_code")
    members = whole("customersCount", "member_count")
    created_at = moment("createdAt", "created_at")


class SegmentColumns(Columns):  # type: ignore[misc]  # as above
    segment_id = text("segmentId", "uuid")
    name = text("name", "name")
    description = text("description", "description")
    active = flag("active", "is_active")
    parts = text("parts", "parts")
    members = whole("customersCount", "member_count")
    created_at = moment("createdAt", "created_at")


class SellerColumns(Columns):  # type: ignore[misc]  # as above
    seller_id = text("sellerId", "uuid")
    first_name = text("firstName", "first_name")
    last_name = text("lastName", "last_name")
    email = text("email", "email")
    phone = text("phone", "phone")
    active = flag("active", "is_active")
    may_transfer = flag("allowPointTransfer", "may_transfer_points")
    pos_id = text("posId", "pos__uuid")
    pos = text("posName", "pos__name")
    last_login_at = moment("lastLoginAt", "last_login_at")
    created_at = moment("createdAt", "created_at")


class PosColumns(Columns):  # type: ignore[misc]  # as above
    pos_id = text("posId", "uuid")
    name = text("name", "name")
    identifier = text("identifier", "identifier")
    description = text("description", "description")
    street = part("location.street", "location", "street")
    address1 = part("location.address1", "location", "address1")
    address2 = part("location.address2", "location", "address2")
    postal = part("location.postal", "location", "postal")
    city = part("location.city", "location", "city")
    province = part("location.province", "location", "province")
    country = part("location.country", "location", "country")
    created_at = moment("createdAt", "created_at")


class TransferColumns(Columns):  # type: ignore[misc]  # as above
    transfer_id = text("pointsTransferId", "uuid")
    customer_id = text("customerId", "customer__uuid")
    first_name = text("customerFirstName", "customer__first_name")
    last_name = text("customerLastName", "customer__last_name")
    email = text("customerEmail", "customer__email")
    card = text("customerLoyaltyCardNumber", "customer__loyalty_card_number")
    type = text("type", "type")
    state = text("state", "state_now")
    value = number("value", "value")
    available = number("availableAmount", "available")
    created_at = moment("createdAt", "created_at")
    expires_at = moment("expiresAt", "expires_at")
    locked_until = moment("lockedUntil", "locked_until")
    comment = text("comment", lambda row: coupon_codes.hidden_in(row.posting.comment))
    issuer = text("issuer", "posting__issuer")
    transaction_id = text("transactionId", "transaction_uuid")
    document = text("transactionDocumentNumber", "document_number")
    sender_id = text("senderId", "sender_uuid")
    receiver_id = text("receiverId", "receiver_uuid")


def read_surroundings(rows: Sequence[Any], store: Store, now: datetime) -> None:
    """Put on transfers where they stand, and what they refer to."""
    around = transfers.get_surroundings(rows)
    for row in rows:
        document = around.documents.get(row.transaction_uuid)
        row.state_now = row.state_at(now).value
        row.document_number = document.document_number if document else None
        row.sender_uuid = around.sender_of(row)
        row.receiver_uuid = around.receiver_of(row)


class PostingColumns(Columns):  # type: ignore[misc]  # as above
    posting_id = text("postingId", "uuid")
    kind = text("kind", "kind")
    status = text("status", "status")
    amount = number("amount", "amount")
    captured = number("capturedAmount", "captured_amount")
    source = text("from", "from_owner")
    target = text("to", "to_owner")
    comment = text("comment", lambda row: coupon_codes.hidden_in(row.comment))
    issuer = text("issuer", "issuer")
    transaction_id = text("transactionId", "transaction_uuid")
    effective_at = moment("effectiveAt", "effective_at")
    created_at = moment("createdAt", "created_at")


def read_sides(rows: Sequence[Any], store: Store, now: datetime) -> None:
    """Put on postings whose wallets they name: a customer's id, or what the store keeps one for."""
    owners = _owners(each for row in rows for each in (row.from_wallet_id, row.to_wallet_id))
    for row in rows:
        row.from_owner = owners.get(row.from_wallet_id) or row.from_wallet.kind
        target = row.to_wallet.kind if row.to_wallet else None
        row.to_owner = owners.get(row.to_wallet_id) or target


class LotColumns(Columns):  # type: ignore[misc]  # as above
    lot_id = text("lotId", "uuid")
    customer_id = text("customerId", "owner")
    origin = text("origin", "origin")
    amount = number("amount", "amount")
    remaining = number("remaining", "remaining")
    reserved = number("reserved", "reserved")
    consumed = number("consumed", "consumed")
    expired = number("expired", "expired")
    cancelled = number("cancelled", "cancelled")
    active_from = moment("activeFrom", "active_from")
    expires_at = moment("expiresAt", "expires_at")
    transaction_id = text("transactionId", "transaction_uuid")
    created_at = moment("createdAt", "created_at")


def read_owners(rows: Sequence[Any], store: Store, now: datetime) -> None:
    """Put on lots whose they are."""
    owners = _owners(row.wallet_id for row in rows)
    for row in rows:
        row.owner = owners.get(row.wallet_id)


def _owners(wallets: Iterable[int | None]) -> dict[int | None, UUID]:
    rows = Customer.objects.filter(wallet__in=set(wallets) - {None})
    return dict(rows.values_list("wallet_id", "uuid"))


class StaffColumns(Columns):  # type: ignore[misc]  # as above
    admin_id = text("adminId", "uuid")
    first_name = text("firstName", "first_name")
    last_name = text("lastName", "last_name")
    email = text("email", "email")
    phone = text("phone", "phone")
    active = flag("isActive", "is_active")
    external = flag("external", "is_external")
    roles = text("roles", lambda row: ", ".join(role.name for role in row.roles.all()))


class RoleColumns(Columns):  # type: ignore[misc]  # as above
    name = text("name", "name")
    master = flag("master", "is_master")
    permissions = text(
        "permissions",
        lambda row: ", ".join(
            f"{permission.resource}:{permission.access}" for permission in row.permissions.all()
        ),
    )


PERSON = ("level", "pos", "seller")

KINDS = (
    Kind(
        name="customers",
        title=_("Customers"),
        rights=(Resource.CUSTOMER,),
        resource=CustomerColumns,
        **listed(Customer, *PERSON),
        prepare=read_points,
    ),
    Kind(
        name="levels",
        title=_("Levels"),
        rights=(Resource.LEVEL,),
        resource=LevelColumns,
        **listed(Level),
    ),
    Kind(
        name="segments",
        title=_("Segments"),
        rights=(Resource.SEGMENT,),
        resource=SegmentColumns,
        **listed(Segment),
    ),
    Kind(
        name="sellers",
        title=_("Sellers"),
        rights=(Resource.SELLER,),
        resource=SellerColumns,
        **listed(Seller, "pos"),
    ),
    Kind(
        name="pos",
        title=_("Points of sale"),
        rights=(Resource.POS,),
        resource=PosColumns,
        **listed(Pos),
    ),
    Kind(
        name="points-transfers",
        title=_("Points transfers"),
        rights=(Resource.POINT_TRANSFER,),
        resource=TransferColumns,
        **listed(PointsTransfer, "customer", "posting"),
        prepare=read_surroundings,
    ),
    Kind(
        name="postings",
        title=_("Ledger"),
        rights=(Resource.POINT_TRANSFER,),
        resource=PostingColumns,
        **listed(Posting, "from_wallet", "to_wallet"),
        prepare=read_sides,
    ),
    Kind(
        name="lots",
        title=_("Lots"),
        rights=(Resource.POINT_TRANSFER,),
        resource=LotColumns,
        **listed(Lot),
        prepare=read_owners,
    ),
    Kind(
        name="staff",
        title=_("Staff"),
        rights=(Resource.ADMIN,),
        resource=StaffColumns,
        **listed(StaffUser),
    ),
    Kind(
        name="roles",
        title=_("Roles"),
        rights=(Resource.ACL,),
        resource=RoleColumns,
        **listed(Role),
    ),
)
