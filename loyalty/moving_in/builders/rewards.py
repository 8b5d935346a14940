"""Rewards, their categories, and the coupons that customers have bought."""

from decimal import Decimal
from typing import Any

from campaigns.models import (
    CampaignCategory,
    CampaignCategoryTranslation,
    CampaignTranslation,
    Coupon,
    CouponCode,
    CouponStatus,
    DeliveryStatus,
    RewardCampaign,
)
from loyalty.core import clock
from loyalty.moving_in.builders.known import Known, Row, ids_of, translations
from loyalty.moving_in.values import amount, block, known_uuid, rows, text, uuid

ZERO = Decimal(0)
TEXTS = {
    "name": "name",
    "short_description": "shortDescription",
    "conditions_description": "conditionsDescription",
    "usage_instruction": "usageInstruction",
    "brand_name": "brandName",
    "brand_description": "brandDescription",
}


def category(known: Known, row: Row) -> None:
    if (key := known_uuid(row["campaignCategoryId"])) in known.categories:
        return
    category = CampaignCategory.objects.create(
        store=known.store,
        uuid=key,
        is_active=bool(row.get("active")),
        sort_order=int(row.get("sortOrder") or 0),
    )
    CampaignCategoryTranslation.objects.bulk_create(
        CampaignCategoryTranslation(
            category=category, locale=each["locale"], name=text(each.get("name"))
        )
        for each in translations(row)
    )
    known.categories[category.uuid] = category.pk


def campaign(known: Known, row: Row) -> None:
    if (key := known_uuid(row["campaignId"])) in known.campaigns:
        return
    created_at = known.values.moment(row.get("createdAt")) or clock.now()
    codes = list(dict.fromkeys(_code(each) for each in rows(row.get("coupons"))))
    campaign = RewardCampaign.objects.create(
        store=known.store,
        uuid=key,
        type=row["reward"],
        is_active=bool(row.get("active")),
        is_featured=bool(row.get("featured")),
        is_public=bool(row.get("public")),
        more_information_link=text(row.get("moreInformationLink")),
        push_notification_text=text(row.get("pushNotificationText")),
        labels=rows(row.get("labels")),
        category_ids=ids_of(known.categories, row.get("categories")),
        level_ids=ids_of(known.levels, row.get("levels")),
        segment_ids=ids_of(known.segments, row.get("segments")),
        has_fulfillment_tracking=bool(row.get("fulfillmentTracking")),
        connect_type=text(row.get("connectType")),
        earning_rule_uuid=uuid(row.get("earningRuleId")),
        low_stock_threshold=int(row.get("lowStockThreshold") or 0),
        next_position=len(codes),
        created_at=created_at,
        updated_at=created_at,
        **_prices(row),
        **_limits(row),
        **_dates(known, row),
    )
    CampaignTranslation.objects.bulk_create(
        CampaignTranslation(
            campaign=campaign,
            locale=each["locale"],
            **{column: text(each.get(wire)) for column, wire in TEXTS.items()},
        )
        for each in translations(row)
    )
    CouponCode.objects.bulk_create(
        (
            CouponCode(campaign=campaign, code=code, position=position)
            for position, code in enumerate(codes)
        ),
        batch_size=1_000,
    )
    known.campaigns[campaign.uuid] = campaign.pk


def _prices(row: Row) -> dict[str, Any]:
    return {
        "reward_value": amount(row.get("rewardValue")),
        "tax": row.get("tax"),
        "tax_price_value": amount(row.get("taxPriceValue")),
        "cost_in_points": amount(row.get("costInPoints")) or ZERO,
        "point_value": amount(row.get("pointValue")),
        "cashback_provider": text(row.get("cashbackProvider")),
        "transaction_percentage_value": row.get("transactionPercentageValue"),
    }


def _limits(row: Row) -> dict[str, Any]:
    return {
        "is_unlimited": bool(row.get("unlimited")),
        "is_single_coupon": bool(row.get("singleCoupon")),
        "limit": row.get("limit") or None,
        "limit_per_user": row.get("limitPerUser") or None,
        "days_inactive": int(row.get("daysInactive") or 0),
        "days_valid": int(row.get("daysValid") or 0),
    }


def _dates(known: Known, row: Row) -> dict[str, Any]:
    shown, active = block(row.get("campaignVisibility")), block(row.get("campaignActivity"))
    return {
        "is_all_time_visible": bool(shown.get("allTimeVisible")),
        "visible_from": known.values.moment(shown.get("visibleFrom")),
        "visible_to": known.values.moment(shown.get("visibleTo")),
        "is_all_time_active": bool(active.get("allTimeActive")),
        "active_from": known.values.moment(active.get("activeFrom")),
        "active_to": known.values.moment(active.get("activeTo")),
    }


def coupon(known: Known, row: Row) -> None:
    """A reward that a customer has bought; its code is not given out again."""
    told = block(row.get("coupon"))
    key, campaign = known_uuid(told.get("id")), uuid(row.get("campaignId"))
    customer = known.customer_of(row)
    if customer is None or campaign not in known.campaigns:
        return
    if Coupon.objects.in_store(known.store).filter(uuid=key).exists():
        return
    campaign_id = known.campaigns[campaign]
    code = text(told.get("code"))
    pooled = CouponCode.objects.filter(campaign=campaign_id, code=code).first()
    delivery = text(block(row.get("deliveryStatus")).get("status"))
    status = text(row.get("status"))
    used_at = known.values.moment(row.get("usageDate"))
    purchased_at = known.values.moment(row.get("purchasedAt")) or clock.now()
    # The code of a coupon that was cancelled is given out again.
    is_free = status == CouponStatus.CANCELLED
    is_single = RewardCampaign.objects.filter(pk=campaign_id, is_single_coupon=True).exists()
    Coupon.objects.create(
        store=known.store,
        uuid=key,
        campaign_id=campaign_id,
        customer=customer,
        code=code,
        pool_code=pooled,
        holds_code=pooled is not None
        and not is_single
        and not is_free
        and not Coupon.objects.filter(pool_code=pooled, holds_code=True).exists(),
        purchased_at=purchased_at,
        campaign_type=row["campaignType"],
        campaign_name=text(row.get("campaignName")),
        cost_in_points=amount(row.get("costInPoints")) or ZERO,
        tax_price_value=amount(row.get("taxPriceValue")),
        customer_email=text(row.get("customerEmail")),
        customer_phone=text(row.get("customerPhone")),
        customer_first_name=text(row.get("customerName")),
        customer_last_name=text(row.get("customerLastname")),
        shipping_address=block(row.get("campaignShippingAddress")),
        points_after=amount(row.get("currentPointsAmount")) or ZERO,
        status=status if status in CouponStatus.values else CouponStatus.ACTIVE,
        active_since=known.values.moment(row.get("activeSince")),
        active_to=known.values.moment(row.get("activeTo")),
        cancelled_at=clock.now() if status == CouponStatus.CANCELLED else None,
        is_used=bool(row.get("used")),
        used_at=(used_at or purchased_at) if row.get("used") else None,
        used_for_transaction_uuid=uuid(row.get("usedForTransactionId")),
        delivery_status=delivery if delivery in DeliveryStatus.values else "",
        transaction_uuid=uuid(row.get("transactionId")),
        returned_amount=amount(row.get("returnedAmount")) or ZERO,
    )
    if pooled is not None and not is_free:
        CouponCode.objects.filter(pk=pooled.pk).update(is_issued=True)


def _code(coupon: Any) -> str:
    """Return a code, as a text or in a compound of one."""
    return text(coupon.get("code") if isinstance(coupon, dict) else coupon)
