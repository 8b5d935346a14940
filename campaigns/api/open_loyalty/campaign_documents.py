"""How the Open Loyalty API prints a reward to each kind of reader. Source: §1.2, VIS-15, VIS-16."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from campaigns.models import CampaignTranslation, RewardCampaign
from campaigns.selectors import campaign_facts, usage
from campaigns.selectors.campaign_facts import Facts
from campaigns.selectors.usage import Tally
from loyalty.core import markdown
from loyalty.core.api.formats import date_time, number
from loyalty.core.models import Store


class Reader(Enum):
    """For whom a reward is printed; the public sees what customers see."""

    STAFF = "staff"
    SELLER = "seller"
    CUSTOMER = "customer"


# Wire name → column of a translation; those that are Markdown.
TEXTS = {
    "shortDescription": "short_description",
    "conditionsDescription": "conditions_description",
    "usageInstruction": "usage_instruction",
    "brandDescription": "brand_description",
}


class CampaignWriter:
    """
    Writes rewards of one store, needing their texts and photos prefetched.

    Before rows are written, `read(campaigns)` reads all that they need at once. `with_codes`: print
    the pools, which staff alone may see, who `sees_codes`; every other list of codes is empty.
    `wraps_photo_ids`: as release 3.x did.
    """

    def __init__(
        self,
        store: Store,
        *,
        reader: Reader,
        locale: str,
        now: datetime,
        as_html: bool = False,
        with_codes: bool = True,
        sees_codes: bool = True,
        wraps_photo_ids: bool = False,
    ) -> None:
        self.store = store
        self.reader = reader
        self.locale = locale
        self.now = now
        self.zone = store.zone
        self.as_html = as_html
        self.with_codes = with_codes and sees_codes and reader is Reader.STAFF
        self.omits_codes = reader is Reader.STAFF and not with_codes
        self.wraps_photo_ids = wraps_photo_ids
        self.facts = Facts()

    def read(
        self,
        campaigns: Sequence[RewardCampaign],
        *,
        tallies: Mapping[int, Tally] | None = None,
    ) -> None:
        """Read what is told of these. `tallies`: where the caller has them already."""
        self.facts = campaign_facts.get_facts(
            self.store,
            campaigns,
            now=self.now,
            locale=self.locale,
            with_codes=self.with_codes,
            tallies=tallies,
        )

    def row(self, campaign: RewardCampaign) -> dict[str, Any]:
        """Return a reward as lists show it."""
        document = self._targets(campaign) | self._common(campaign)
        if self.reader is Reader.STAFF:
            document |= self._for_staff(campaign)
        return document

    def one(self, campaign: RewardCampaign) -> dict[str, Any]:
        """Return a reward read alone: as in lists, with its photos."""
        self.read([campaign])
        return self.row(campaign) | {"photos": self._photos(campaign)}

    def _targets(self, campaign: RewardCampaign) -> dict[str, Any]:
        if self.reader is Reader.CUSTOMER:
            return {}
        names = self.facts.names
        targets: dict[str, Any] = {
            "levels": _uuids(campaign.level_ids, names.levels),
            "segments": _uuids(campaign.segment_ids, names.segments),
            "coupons": self.facts.codes.get(campaign.pk, []),
        }
        if self.omits_codes:
            del targets["coupons"]
        return targets

    def _common(self, campaign: RewardCampaign) -> dict[str, Any]:
        facts = self.facts
        text = campaign.translated(self.locale)
        tally = facts.tallies.get(campaign.pk, usage.NOTHING)
        return {
            "campaignId": str(campaign.uuid),
            "reward": campaign.type,
            "name": text.name,
            **self._texts(text),
            "brandName": text.brand_name,
            "active": campaign.is_active,
            "costInPoints": number(campaign.cost_in_points),
            "singleCoupon": campaign.is_single_coupon,
            "unlimited": campaign.is_unlimited,
            # These two are never left out; 0 where the campaign has no limits.
            "limit": campaign.limit or 0,
            "limitPerUser": campaign.limit_per_user or 0,
            "daysInactive": campaign.days_inactive,
            "daysValid": campaign.days_valid,
            "campaignActivity": {
                "allTimeActive": campaign.is_all_time_active,
                "activeFrom": date_time(campaign.active_from, self.zone),
                "activeTo": date_time(campaign.active_to, self.zone),
            },
            "campaignVisibility": {
                "allTimeVisible": campaign.is_all_time_visible,
                "visibleFrom": date_time(campaign.visible_from, self.zone),
                "visibleTo": date_time(campaign.visible_to, self.zone),
            },
            "featured": campaign.is_featured,
            "public": campaign.is_public,
            "moreInformationLink": campaign.more_information_link,
            "rewardValue": number(campaign.reward_value),
            "pointValue": number(campaign.point_value),
            "transactionPercentageValue": campaign.transaction_percentage_value,
            "connectType": campaign.connect_type or None,
            "earningRule": self._rule(campaign),
            "labels": campaign.labels,
            "segmentNames": _names(campaign.segment_ids, facts.names.segments),
            "levelNames": _names(campaign.level_ids, facts.names.levels),
            "categories": _uuids(campaign.category_ids, facts.names.categories),
            "categoryNames": _names(campaign.category_ids, facts.names.categories),
            "usageLeft": usage.usage_left(campaign, tally),
            "visibleForCustomersCount": facts.visible_for.get(campaign.pk, 0),
            "usersWhoUsedThisCampaignCount": tally.customers,
            "hasPhoto": bool(campaign.photos.all()),
            "brandIcon": bool(campaign.brand_icon),
            **self._opening(campaign),
        }

    def _opening(self, campaign: RewardCampaign) -> dict[str, Any]:
        """Return when it can be bought, where that is not now (VIS-11)."""
        if campaign.is_activity_open_at(self.now):
            return {}
        return {
            "will_be_active_from": date_time(campaign.active_from, self.zone),
            "will_be_active_to": date_time(campaign.active_to, self.zone),
        }

    def _for_staff(self, campaign: RewardCampaign) -> dict[str, Any]:
        tally = self.facts.tallies.get(campaign.pk, usage.NOTHING)
        rule = campaign.earning_rule_uuid
        return {
            # How many codes the pool has: `coupons` is empty where there are too many to print.
            "couponsCount": tally.codes,
            "pushNotificationText": campaign.push_notification_text,
            "cashbackProvider": campaign.cashback_provider,
            "tax": campaign.tax,
            "taxPriceValue": number(campaign.tax_price_value),
            "fulfillmentTracking": campaign.has_fulfillment_tracking,
            "earningRuleId": str(rule) if rule else None,
            "lowStockThreshold": campaign.low_stock_threshold,
            "translations": [
                {
                    "name": text.name,
                    **self._texts(text),
                    "brandName": text.brand_name,
                    "id": text.pk,
                    "locale": text.locale,
                }
                for text in campaign.translations.all()
            ],
        }

    def _texts(self, text: CampaignTranslation) -> dict[str, str]:
        texts = {wire: getattr(text, column) for wire, column in TEXTS.items()}
        if self.as_html:
            texts = {wire: markdown.html(written) for wire, written in texts.items()}
        return texts

    def _rule(self, campaign: RewardCampaign) -> dict[str, Any] | None:
        rule = (
            self.facts.rules.get(campaign.earning_rule_uuid) if campaign.earning_rule_uuid else None
        )
        if rule is None:
            return None
        return {"type": rule.type, "name": rule.name, "pointsAmount": number(rule.points)}

    def _photos(self, campaign: RewardCampaign) -> list[dict[str, Any]]:
        return [
            {
                "photoId": {"id": str(photo.uuid)} if self.wraps_photo_ids else str(photo.uuid),
                "path": str(photo.image.name),
                # Misspelt in the original, and read so by its clients (PIC-2).
                "orginalName": photo.original_name,
                "mimeType": photo.mime_type,
            }
            for photo in campaign.photos.all()
        ]


def _uuids(ids: Sequence[int], named: Mapping[int, tuple[str, str]]) -> list[str]:
    return [named[pk][0] for pk in ids if pk in named]


def _names(ids: Sequence[int], named: Mapping[int, tuple[str, str]]) -> dict[str, str] | list[str]:
    """Return a map of id to name (VIS-5); an empty one is printed as []."""
    return dict(named[pk] for pk in ids if pk in named) or []
