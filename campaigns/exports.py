"""Rewards, what was bought of them, and their codes as files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource as Columns

from accounts.cockpit.lists import listed
from accounts.models import Resource
from campaigns.models import CampaignCategory, Coupon, CouponCode, RewardCampaign
from loyalty.core import coupon_codes
from loyalty.core.actors import Actor
from loyalty.core.exports.columns import flag, labels, moment, number, text, whole
from loyalty.core.exports.kinds import Kind, UnknownFilter
from loyalty.core.models import Store


class CampaignColumns(Columns):  # type: ignore[misc]  # the library is not typed
    campaign_id = text("campaignId", "uuid")
    name = text("name", "name")
    type = text("reward", "type")
    active = flag("active", "is_active")
    featured = flag("featured", "is_featured")
    public = flag("public", "is_public")
    cost = number("costInPoints", "cost_in_points")
    value = number("rewardValue", "reward_value")
    tax = whole("tax", "tax")
    tax_price = number("taxPriceValue", "tax_price_value")
    point_value = number("pointValue", "point_value")
    percentage = whole("transactionPercentageValue", "transaction_percentage_value")
    unlimited = flag("unlimited", "is_unlimited")
    single = flag("singleCoupon", "is_single_coupon")
    limit = whole("limit", "limit")
    per_user = whole("limitPerUser", "limit_per_user")
    days_inactive = whole("daysInactive", "days_inactive")
    days_valid = whole("daysValid", "days_valid")
    active_from = moment("activeFrom", "active_from")
    active_to = moment("activeTo", "active_to")
    visible_from = moment("visibleFrom", "visible_from")
    visible_to = moment("visibleTo", "visible_to")
    labels = labels("labels", "labels")
    created_at = moment("createdAt", "created_at")


class CouponColumns(Columns):  # type: ignore[misc]  # as above
    coupon_id = text("couponId", "uuid")
    campaign_id = text("campaignId", "campaign__uuid")
    campaign = text("campaignName", "campaign_name")
    type = text("campaignType", "campaign_type")
    code = text("couponCode", "code")
    customer_id = text("customerId", "customer__uuid")
    email = text("customerEmail", "customer_email")
    phone = text("customerPhone", "customer_phone")
    first_name = text("customerName", "customer_first_name")
    last_name = text("customerLastname", "customer_last_name")
    purchased_at = moment("purchasedAt", "purchased_at")
    cost = number("costInPoints", "cost_in_points")
    points_after = number("currentPointsAmount", "points_after")
    tax_price = number("taxPriceValue", "tax_price_value")
    status = text("status", "status_now")
    used = flag("used", "is_used")
    used_at = moment("usageDate", "used_at")
    active_since = moment("activeSince", "active_since")
    active_to = moment("activeTo", "active_to")
    delivery = text("deliveryStatus", "delivery_status")
    sale = text("transactionId", "transaction_uuid")
    used_for = text("usedForTransactionId", "used_for_transaction_uuid")
    returned = number("returnedAmount", "returned_amount")


def read_status(rows: Sequence[Any], store: Store, now: datetime) -> None:
    """Put on coupons where they stand now, whatever the jobs have done so far (CPN-5)."""
    hide_codes(rows, store, now)
    for row in rows:
        row.status_now = row.status_at(now).value


def hide_codes(rows: Sequence[Any], store: Store, now: datetime) -> None:
    """Leave of each code its end, where the reader may not see it whole."""
    for row in rows:
        if not row.is_code_seen:
            row.code = coupon_codes.hidden(row.code)


class CategoryColumns(Columns):  # type: ignore[misc]  # as above
    category_id = text("campaignCategoryId", "uuid")
    name = text("name", str)
    active = flag("active", "is_active")
    order = whole("sortOrder", "sort_order")


class CodeColumns(Columns):  # type: ignore[misc]  # as above
    campaign_id = text("campaignId", "campaign__uuid")
    code = text("code", "code")
    issued = flag("issued", "is_issued")


def find_codes(store: Store, actor: Actor, query: QueryDict) -> "QuerySet[CouponCode]":
    """Return the codes of pools: `campaign` is a campaign's id, `issued` 1 or 0."""
    found = CouponCode.objects.filter(campaign__store=store).select_related("campaign")
    if set(query) - set(CODE_FILTERS):
        raise UnknownFilter
    if campaign := query.get("campaign"):
        try:
            found = found.filter(campaign__uuid=UUID(campaign))
        except ValueError as error:
            raise UnknownFilter from error
    if issued := query.get("issued"):
        if issued not in {"0", "1"}:
            raise UnknownFilter
        found = found.filter(is_issued=issued == "1")
    return found


CODE_FILTERS = ("campaign", "issued")

COUPONS = listed(Coupon, "campaign", "customer")

KINDS = (
    Kind(
        name="campaigns",
        title=_("Rewards"),
        rights=(Resource.REWARD_CAMPAIGN,),
        resource=CampaignColumns,
        **listed(RewardCampaign),
    ),
    Kind(
        name="bought-rewards",
        title=_("Bought rewards"),
        # It names people.
        rights=(Resource.REWARD_CAMPAIGN, Resource.CUSTOMER),
        resource=CouponColumns,
        **COUPONS | {"find": coupon_codes.told_of(COUPONS["find"])},
        prepare=read_status,
        hides_from=coupon_codes.hides_from,
    ),
    Kind(
        name="categories",
        title=_("Categories"),
        rights=(Resource.REWARD_CAMPAIGN,),
        resource=CategoryColumns,
        **listed(CampaignCategory),
    ),
    Kind(
        name="codes",
        title=_("Codes"),
        rights=(Resource.REWARD_CAMPAIGN,),
        resource=CodeColumns,
        find=coupon_codes.told_of(find_codes),
        prepare=hide_codes,
        hides_from=coupon_codes.hides_from,
        filters=lambda: CODE_FILTERS,
    ),
)
