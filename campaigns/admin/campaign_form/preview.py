"""What the settings of a reward mean while they are typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import strip_tags

from accounts.models import Level, Segment
from campaigns.admin import words
from campaigns.admin.campaign_form.fields import OWN
from campaigns.admin.campaign_form.form import CampaignForm
from campaigns.models import DEFAULT_LOCALE, CampaignTranslation, RewardCampaign, RewardType
from campaigns.selectors import audience
from campaigns.services.campaign_data import COLUMNS, COMMON, CampaignText
from loyalty.core import markdown


@dataclass(frozen=True)
class Preview:
    """What the form's settings mean. `reach` None: nobody can say yet."""

    name: str
    price: str
    is_in_points: bool
    text: str
    sentences: Sequence[str]
    reach: int | None


def preview_of(form: CampaignForm) -> Preview:
    """Say what is in the form, saved or not. Nothing is written; three queries at most."""
    if form.is_bound:
        form.is_valid()
        return _read(form, *_typed(form, form.cleaned_data))
    if form.instance is not None:
        return _read(form, form.instance, form.instance.translated(DEFAULT_LOCALE))
    initial = {name: form.initial.get(name) for name in form.fields}
    given = {name: value for name, value in initial.items() if value is not None}
    return _read(form, *_typed(form, given))


def _typed(form: CampaignForm, data: dict[str, Any]) -> tuple[RewardCampaign, CampaignText]:
    """Return what was typed as a reward that is nowhere kept, and its texts."""
    whole = form.campaign_data(data)
    own = COLUMNS[form.type]
    campaign = RewardCampaign(store=form.store, type=form.type)
    for name in (*COMMON, *OWN):
        value = getattr(whole, name)
        if name in COMMON or name in own:
            setattr(campaign, name, value)
    if campaign.is_unlimited:
        campaign.limit = campaign.limit_per_user = None
    for name, model in (("level_ids", Level), ("segment_ids", Segment)):
        uuids = getattr(whole, name.replace("_ids", "s"))
        rows = model.objects.in_store(form.store).filter(uuid__in=uuids) if uuids else ()
        setattr(campaign, name, [row.pk for row in rows])
    return campaign, whole.translations.get(DEFAULT_LOCALE, CampaignText())


def _read(
    form: CampaignForm, campaign: RewardCampaign, text: CampaignText | CampaignTranslation
) -> Preview:
    has_price = _has_price(campaign)
    is_ready = (
        has_price
        and bool(campaign.level_ids or campaign.segment_ids)
        and (campaign.is_all_time_active or (campaign.active_from and campaign.active_to))
        and (
            campaign.is_all_time_visible
            or "is_all_time_visible" not in form.fields
            or (campaign.visible_from and campaign.visible_to)
        )
    )
    is_custom = campaign.type == RewardType.CUSTOM_CAMPAIGN_CODE
    names = audience.get_names(form.store, [campaign])
    for_whom = words.audience_of(campaign, names)
    return Preview(
        name=text.name,
        price=words.price_of(campaign) if has_price and not is_custom else "",
        is_in_points=campaign.has_pool and bool(campaign.cost_in_points),
        text=strip_tags(markdown.html(text.short_description)),
        sentences=words.sentences_of(campaign, audience=for_whom) if is_ready else (),
        reach=audience.count_targeted(form.store, [campaign])[campaign.pk] if for_whom else None,
    )


def _has_price(campaign: RewardCampaign) -> bool:
    if campaign.type == RewardType.CASHBACK:
        return campaign.point_value is not None
    if campaign.type == RewardType.PERCENTAGE_DISCOUNT_CODE:
        return campaign.transaction_percentage_value is not None
    # What is being typed may lack what a stored one has.
    cost: Any = campaign.cost_in_points
    return not campaign.has_pool or cost is not None
