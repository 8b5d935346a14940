"""The page of a reward: what it is, what came of it, and who can buy it."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin.ledger import customer_link
from accounts.cockpit import formats, rights, way_back
from accounts.cockpit.pages import Column, Fact, Panel, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Customer, Resource
from accounts.selectors import search
from campaigns.admin import codes_page, words
from campaigns.models import RewardCampaign, RewardType
from campaigns.selectors import audience, campaign_figures, reasons, usage
from campaigns.selectors.usage import Tally
from loyalty.core import markdown

COUPONS_SHOWN = 15
ASKED_MAX = 3
QUERY_MAX = 100


def context_of(request: CockpitRequest, subject: RewardCampaign) -> dict[str, Any]:
    """Return what the page of a reward shows."""
    now = timezone.now()
    tally = usage.get_tally(subject)
    names = audience.get_names(request.store, [subject])
    for_whom = words.audience_of(subject, names)
    text = subject.translated(request.LANGUAGE_CODE)
    return {
        "reward": subject,
        "name": subject.name,
        "text": markdown.html(text.short_description),
        "kind": words.type_of(subject.type),
        "price": words.price_of(subject),
        "is_in_points": subject.has_pool and bool(subject.cost_in_points),
        "state": state_chip(*words.state_of(subject, tally, now)),
        "reason": words.state_of(subject, tally, now)[2],
        "sentences": words.sentences_of(
            subject, audience=for_whom, zone=request.store.settings.timezone
        ),
        "photos": [
            (photo_url(subject, photo), photo.original_name, _photo_remove_url(photo))
            for photo in subject.photos.all()
        ],
        "tiles": tiles_of(request, subject, tally),
        "stock": codes_page.stock_of(subject, tally) if subject.has_pool else None,
        "panels": panels_of(request, subject),
        "tables": tables_of(request, subject),
    } | _why_not(request, subject)


def tiles_of(
    request: CockpitRequest, subject: RewardCampaign, tally: Tally
) -> list[dict[str, Any]]:
    figures = campaign_figures.get_figures(subject)
    bought = _coupons_url(subject)
    more = "+" if figures.is_cut else ""
    reach = audience.count_targeted(request.store, [subject])[subject.pk]
    return [
        {"label": _("Meant for"), "value": formats.whole(reach), "note": _("customers")},
        {
            "label": _("Taken"),
            "value": formats.whole(tally.used),
            "note": ngettext("by %(count)s customer", "by %(count)s customers", tally.customers)
            % {"count": formats.whole(tally.customers)},
            "url": bought,
        },
        {
            "label": _("Used"),
            "value": formats.whole(figures.used) + more,
            "note": _("%(expired)s expired, %(cancelled)s cancelled")
            % {
                "expired": formats.whole(figures.expired),
                "cancelled": formats.whole(figures.cancelled),
            },
            "url": f"{bought}&is_used__exact=1",
        },
        {"label": _("Left"), "value": words.left_of(subject, tally), "note": ""},
        {
            "label": _("Points spent"),
            "value": formats.points(figures.points) + more,
            "note": "",
        },
    ]


def _why_not(request: CockpitRequest, subject: RewardCampaign) -> dict[str, Any]:
    """Say whether the customers that were asked for can buy it, and why not."""
    if not rights.may(request.actor, Resource.CUSTOMER):
        return {"may_ask": False}
    text = request.GET.get("q", "").strip()[:QUERY_MAX]
    found = search.find_customers(request.store, text, limit=ASKED_MAX) if text else []
    now = timezone.now()
    return {"may_ask": True, "query": text, "answers": [_told(subject, c, now) for c in found]}


def _told(campaign: RewardCampaign, customer: Customer, now: Any) -> dict[str, Any]:
    customer.store = campaign.store
    found = reasons.why_not(campaign, customer, now=now)
    return {"customer": customer_link(customer), "reasons": [reason.text for reason in found]}


def panels_of(request: CockpitRequest, subject: RewardCampaign) -> Sequence[Panel]:
    names = audience.get_names(request.store, [subject])
    categories = [names.categories[pk][1] for pk in subject.category_ids if pk in names.categories]
    yes_no = {True: _("Yes"), False: _("No")}
    facts = [
        Fact(_("Type"), words.type_of(subject.type)),
        Fact(_("Categories"), ", ".join(categories) or formats.EMPTY),
        Fact(_("Featured"), yes_no[subject.is_featured]),
        Fact(_("Public"), yes_no[subject.is_public]),
        Fact(_("Labels"), labels_of(subject) or formats.EMPTY),
        Fact(_("Worth of the reward"), formats.money(subject.reward_value)),
        Fact(_("Tax"), "–" if subject.tax is None else f"{subject.tax}%"),
        Fact(_("Link to more"), subject.more_information_link or formats.EMPTY),
    ]
    if subject.type == RewardType.GIFT_CODE:
        facts.append(Fact(_("Follow the delivery"), yes_no[subject.has_fulfillment_tracking]))
    facts += [
        Fact(_("Created"), formats.time_tag(subject.created_at)),
        Fact(_("Last edited"), formats.time_tag(subject.updated_at)),
        Fact(_("Id"), subject.uuid),
    ]
    return (Panel(_("Settings"), facts),)


def tables_of(request: CockpitRequest, subject: RewardCampaign) -> Sequence[Table]:
    now = timezone.now()
    is_whole = words.sees_codes(request.actor)
    sees_customers = rights.may(request.actor, Resource.CUSTOMER)
    bought = _coupons_url(subject)
    return (
        Table(
            title=_("Latest coupons"),
            columns=(
                Column(_("Code")),
                Column(_("Customer")),
                Column(_("When")),
                Column(_("State")),
                Column(_("Points"), is_figure=True),
            ),
            rows=[
                (
                    formats.link(
                        reverse("admin:campaigns_coupon_change", args=[coupon.pk]),
                        words.code_of(coupon.code, is_whole=is_whole),
                    ),
                    customer_link(coupon.customer) if sees_customers else formats.EMPTY,
                    formats.time_tag(coupon.purchased_at),
                    words.status_chip(coupon, now),
                    formats.figure(formats.points(coupon.cost_in_points)),
                )
                for coupon in campaign_figures.list_latest_coupons(subject, COUPONS_SHOWN)
            ],
            empty=_("Nobody has it yet."),
            more=(bought, _("All coupons")),
        ),
    )


def photo_url(campaign: RewardCampaign, photo: Any) -> str:
    """Return where anybody may look at a photo (PIC-1)."""
    return f"/api/{campaign.store.code}/campaign/{campaign.uuid}/photo/{photo.uuid}"


def state_chip(text: str, tone: str, why: str) -> str:
    return format_html('<span class="chip chip--{}" title="{}">{}</span>', tone, why, text)


def labels_of(campaign: RewardCampaign) -> str:
    return ", ".join(f"{label.get('key')}: {label.get('value')}" for label in campaign.labels)


def _photo_remove_url(photo: Any) -> str:
    url = reverse("admin:campaigns_rewardcampaign_photo", args=[photo.campaign_id, photo.pk])
    return way_back.onward(url, "campaigns_rewardcampaign")


def _coupons_url(campaign: RewardCampaign) -> str:
    """Return the list of those who have it."""
    return f"{reverse('admin:campaigns_coupon_changelist')}?campaign__id__exact={campaign.pk}"
