"""Lists of coupons that customers have, and the report of them. Source: §5.5, RPT-1…3."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet

from accounts.models import Customer
from campaigns.models import Coupon, RewardCampaign
from loyalty.core import sql
from loyalty.core.models import Store
from loyalty.core.models.base import StoreQuerySet

Range = tuple[datetime | None, datetime | None]
ANY_TIME: Range = (None, None)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list is narrowed to; ranges include both ends, None: no end."""

    is_used: bool | None = None
    delivery_status: str | None = None
    purchased_at: Range = ANY_TIME
    used_at: Range = ANY_TIME
    active_since: Range = ANY_TIME
    active_to: Range = ANY_TIME


NO_FILTERS = Filters()
# So many of the coupons that bear one code are looked at.
SAME_CODE_MAX = 200
_ADDRESS = ("street", "address1", "address2", "postal", "city", "province", "country")
# What lists may be sorted by, under Open Loyalty's names: all they show but codes, which not
# everybody may know, and whether a coupon can be used, which is another thing each moment.
SORTS = {
    "purchasedAt": "purchased_at",
    "purchaseAt": "purchased_at",
    "costInPoints": "cost_in_points",
    "coupon.id": "uuid",
    "rewardCampaignId": "campaign__uuid",
    "campaignId": "campaign__uuid",
    "campaignId.campaignId": "campaign__uuid",
    "customerId": "customer__uuid",
    "campaignName": "campaign_name",
    "campaignType": "campaign_type",
    "customerEmail": "customer_email",
    "customerPhone": "customer_phone",
    "customerName": "customer_first_name",
    "customerLastname": "customer_last_name",
    "currentPointsAmount": "points_after",
    "taxPriceValue": "tax_price_value",
    "used": "is_used",
    "usageDate": "used_at",
    "status": "status",
    "activeSince": "active_since",
    "activeTo": "active_to",
    "deliveryStatus": "delivery_status",
    "deliveryStatus.status": "delivery_status",
    "returnedAmount": "returned_amount",
    "transactionId": "transaction_uuid",
    "usedForTransactionId": "used_for_transaction_uuid",
} | {f"campaignShippingAddress.{part}": f"shipping_address__{part}" for part in _ADDRESS}


def list_bought(store: Store, filters: Filters = NO_FILTERS) -> StoreQuerySet[Coupon]:
    """Return all coupons of a store that pass the filters, newest first, with whose they are."""
    return filtered(_with_ids(Coupon.objects.in_store(store)), filters)


def list_of_customer(customer: Customer, filters: Filters = NO_FILTERS) -> StoreQuerySet[Coupon]:
    """Return one customer's coupons, newest first."""
    coupons = Coupon.objects.in_store(customer.store_id).filter(customer=customer)
    return filtered(_with_ids(coupons), filters)


def list_latest(store: Store, customers: Sequence[Customer], *, of_each: int) -> list[Coupon]:
    """Return the latest coupons of each of some customers, newest first."""
    parameters = {"customers": [customer.pk for customer in customers], "most": of_each}
    ids = [pk for (pk,) in sql.read(_LATEST, parameters)]
    # Most pages show nobody who bought anything.
    return list(list_bought(store).filter(pk__in=ids)) if ids else []


_LATEST = """
select latest.id from unnest(%(customers)s::bigint[]) as customer
cross join lateral (
    select coupon.id from campaigns_coupon coupon where coupon.customer_id = customer
    order by coupon.purchased_at desc, coupon.id desc limit %(most)s
) latest
"""


def find_by_code(campaign: RewardCampaign, customer: Customer, code: str) -> list[Coupon]:
    """Return a customer's coupons of one reward that bear one code, the latest first."""
    coupons = Coupon.objects.in_store(campaign.store_id)
    found = coupons.filter(campaign=campaign, customer=customer, code=code)
    return list(found.order_by("-purchased_at", "-pk")[:SAME_CODE_MAX])


def filtered(coupons: StoreQuerySet[Coupon], filters: Filters) -> StoreQuerySet[Coupon]:
    if filters.is_used is not None:
        coupons = coupons.filter(is_used=filters.is_used)
    if filters.delivery_status is not None:
        coupons = coupons.filter(delivery_status=filters.delivery_status)
    for name in ("purchased_at", "used_at", "active_since", "active_to"):
        start, end = getattr(filters, name)
        if start is not None:
            coupons = coupons.filter(**{f"{name}__gte": start})
        if end is not None:
            coupons = coupons.filter(**{f"{name}__lte": end})
    return coupons


def sorted_by(
    coupons: StoreQuerySet[Coupon], name: str, *, is_descending: bool
) -> StoreQuerySet[Coupon]:
    """Sort by one of Open Loyalty's names; an unknown one keeps the order as it is."""
    column = SORTS.get(name)
    if column is None:
        return coupons
    key = F(column).desc(nulls_last=True) if is_descending else F(column).asc(nulls_first=True)
    return coupons.order_by(key, "-pk" if is_descending else "pk")


def _with_ids(coupons: StoreQuerySet[Coupon]) -> StoreQuerySet[Coupon]:
    """Read `campaign_uuid` and `customer_uuid` with each coupon, in the same query."""
    return coupons.annotate(campaign_uuid=F("campaign__uuid"), customer_uuid=F("customer__uuid"))


REPORT_HEADER = (
    "0.Name",
    "1.Date",
    "2.Cost",
    "3.Tax value",
    "4.email",
    "5.phone",
    "6.Firstname",
    "7.Surname",
    "8.Points balance",
    "9.Is used",
)
REPORT_PREFIX = "redeemed_rewards_report"


def iterate_report(
    store: Store, filters: Filters = NO_FILTERS, *, batch: int = 2_000
) -> Iterator[Sequence[str]]:
    """Yield the report's rows as texts, without its header; in constant memory (RPT-1, RPT-2)."""
    found: StoreQuerySet[Coupon] = Coupon.objects.in_store(store)
    coupons = filtered(found, filters).order_by("-purchased_at", "-pk")
    return report_rows(coupons, store.zone, batch=batch)


def report_rows(
    coupons: "QuerySet[Coupon]", zone: ZoneInfo, *, batch: int = 2_000
) -> Iterator[Sequence[str]]:
    """Yield what the report says of each coupon, with times in `zone`; in constant memory."""
    for coupon in coupons.iterator(chunk_size=batch):
        tax = coupon.tax_price_value
        yield (
            coupon.campaign_name,
            f"{coupon.purchased_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            f"{coupon.cost_in_points:.2f}",
            "" if tax is None else f"{tax:.2f}",
            coupon.customer_email,
            coupon.customer_phone,
            coupon.customer_first_name,
            coupon.customer_last_name,
            f"{coupon.points_after:.2f}",
            "1" if coupon.is_used else "",
        )
