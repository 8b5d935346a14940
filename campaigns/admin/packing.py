"""The packing list: a page to be printed, of gifts that are to be sent."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.cockpit import formats
from campaigns.admin import words
from campaigns.models import Coupon, RewardType
from campaigns.selectors import packing
from loyalty.core import clock

# So many sheets as somebody packs in a day.
PRINTED_MAX = 500


def context_of(chosen: "QuerySet[Any]", *, sees_codes: bool) -> dict[str, Any]:
    """Return what the page shows of chosen coupons, the oldest first: three queries."""
    gifts = chosen.filter(campaign_type=RewardType.GIFT_CODE)
    found = gifts.select_related("customer").order_by("purchased_at", "pk")
    printed = list(found[: PRINTED_MAX + 1])
    is_cut = len(printed) > PRINTED_MAX
    printed = printed[:PRINTED_MAX]
    others = chosen.exclude(campaign_type=RewardType.GIFT_CODE).order_by().count()
    return {
        "title": _("Packing list"),
        "made_at": formats.moment(clock.now()),
        "parcels": [
            {
                "name": parcel.name,
                "phone": parcel.phone,
                "lines": parcel.lines,
                "is_todays": parcel.is_todays,
                "rows": [_row(coupon, sees_codes) for coupon in parcel.coupons],
            }
            for parcel in packing.parcels_of(printed)
        ],
        "things": len(printed),
        "is_cut": is_cut,
        "left_out": others,
    }


def _row(coupon: Coupon, sees_codes: bool) -> dict[str, str]:
    return {
        "name": coupon.campaign_name or formats.EMPTY,
        "code": words.code_of(coupon.code, is_whole=sees_codes) or formats.EMPTY,
        "bought": formats.day(coupon.purchased_at),
    }
