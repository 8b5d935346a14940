"""Coupon codes for the pools of rewards, out of files. Source: POOL-3."""

from collections import defaultdict
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from accounts.models import Resource
from campaigns.models import CouponCode, RewardCampaign
from campaigns.services import campaign_validation as validation
from campaigns.services import pools
from loyalty.core.errors import DomainError
from loyalty.core.imports.kinds import NO_UUID, REQUIRED, Kind, Result, uuid_of
from loyalty.core.models import RowOutcome
from loyalty.core.xml_rows import Row, text_of

NO_CAMPAIGN = "There is no such campaign."
TWO_CAMPAIGNS = "More than one campaign has this name; give its id."
IN_POOL = "The pool has this code already."

# Campaign by its id, or those that have a name.
Campaigns = dict[str, list[RewardCampaign]]


class CouponCodesKind(Kind):
    """Each row is a code for the pool of a reward, which it names by its id or its name."""

    name = "coupon-codes"
    title = _("Coupon codes")
    about = _("Adds codes to the pools of rewards; each row names a reward.")
    resource = Resource.REWARD_CAMPAIGN
    root = "couponCodes"
    element = "couponCode"
    columns = ("campaignId", "campaignName", "code")
    required = ("code",)
    words = {
        "campaignId": ("reward id", "id kampanii", "id nagrody"),
        "campaignName": ("campaign", "reward", "reward name", "kampania", "nagroda"),
        "code": ("coupon", "coupon code", "voucher", "voucher code", "kod", "kod kuponu", "kupon"),
    }
    chunk_rows = 2_000
    is_secret = True

    def identify(self, row: Row) -> str:
        return text_of(row, "code")

    def process_many(self, rows: Sequence[Row]) -> list[Result]:
        """Add the codes of some rows, each pool's together and in the order of the file."""
        results: dict[int, Result] = {}
        campaigns = self._campaigns(rows)
        by_campaign: dict[RewardCampaign, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            if fault := _fault_of(row, campaigns):
                results[place] = Result(RowOutcome.BAD, self.identify(row), fault)
            else:
                by_campaign[campaigns[_campaign_of(row)][0]].append(place)
        for campaign, places in by_campaign.items():
            self._add(campaign, places, rows, results)
        return [results[place] for place in range(len(rows))]

    def _add(
        self,
        campaign: RewardCampaign,
        places: Sequence[int],
        rows: Sequence[Row],
        results: dict[int, Result],
    ) -> None:
        codes = {place: self.identify(rows[place]) for place in places}
        pool = CouponCode.objects.filter(campaign=campaign, code__in=set(codes.values()))
        present = set(pool.values_list("code", flat=True))
        new: dict[str, int] = {}
        for place, code in codes.items():
            if code not in present:
                new.setdefault(code, place)
        refusal = ""
        try:
            if new:
                pools.set_codes(campaign=campaign, codes=new, is_appended=True, actor=self.actor)
        except DomainError as error:
            refusal = error.message
        for place, code in codes.items():
            if new.get(code) != place:
                message = f"Processing exception: {IN_POOL}"
                results[place] = Result(RowOutcome.DUPLICATE, code, message)
            elif refusal:
                results[place] = Result(RowOutcome.BAD, code, f"Processing exception: {refusal}")
            else:
                results[place] = Result(RowOutcome.DONE, code)

    def _campaigns(self, rows: Sequence[Row]) -> Campaigns:
        """Return the rewards that rows name, by what they are named by."""
        wanted = {_campaign_of(row) for row in rows}
        of_store = RewardCampaign.objects.in_store(self.store).select_related("store")
        found: Campaigns = defaultdict(list)
        named = of_store.filter(translations__name__in=wanted).distinct()
        for campaign in named.prefetch_related("translations"):
            for name in {text.name for text in campaign.translations.all()}:
                found[name].append(campaign)
        uuids = [uuid for text in wanted if (uuid := uuid_of(text))]
        for campaign in of_store.filter(uuid__in=uuids):
            found[str(campaign.uuid)] = [campaign]
        return found


def _fault_of(row: Row, campaigns: Campaigns) -> str:
    code, named = text_of(row, "code"), campaigns.get(_campaign_of(row), [])
    if not code:
        return f"Convert exception: code {REQUIRED}"
    if len(code) > validation.NAME_MAX or "\n" in code or "\r" in code:
        return f"Convert exception: code is refused: {validation.TOO_LONG}"
    if not _campaign_of(row):
        return f"Convert exception: campaignId {REQUIRED}"
    if text_of(row, "campaignId") and uuid_of(text_of(row, "campaignId")) is None:
        return f"Convert exception: campaignId {NO_UUID}"
    if not named:
        return f"Processing exception: {NO_CAMPAIGN}"
    return "" if len(named) == 1 else f"Processing exception: {TWO_CAMPAIGNS}"


def _campaign_of(row: Row) -> str:
    return text_of(row, "campaignId").lower() or text_of(row, "campaignName")
