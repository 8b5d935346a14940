"""How the form of a reward is parted."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.cockpit.forms import Section
from accounts.cockpit.vocabulary import in_language
from campaigns.admin import words
from campaigns.admin.campaign_form.fields import TEXTS
from campaigns.models import RewardType


def sections_of(
    reward_type: RewardType, *, languages: Sequence[tuple[str, str]], zone: str
) -> tuple[Section, ...]:
    """
    Return the sections for every type; of a form without their fields they are not shown.

    `languages`: code and name of each that texts are asked in, the default first.
    """
    first, *others = _texts(languages)
    times = _("Times are in %(zone)s.") % {"zone": zone}
    offer = (
        "is_active",
        "cost_in_points",
        "point_value",
        "cashback_provider",
        "transaction_percentage_value",
        "connect_type",
        "earning_rule",
        "has_fulfillment_tracking",
    )
    limits = (
        "codes",
        "is_single_coupon",
        "is_unlimited",
        "limit_per_user",
        "limit",
        "low_stock_threshold",
    )
    active = ("is_all_time_active", "active_from", "active_to")
    shown = ("is_all_time_visible", "visible_from", "visible_to")
    return (
        first,
        Section(_("Offer"), offer, words.TYPE_TEXTS[reward_type][1]),
        Section(_("Codes and limits"), limits),
        Section(
            _("Life of a coupon"),
            ("days_inactive", "days_valid"),
            _("Counted from the moment in which a customer gets it."),
        ),
        Section(_("For whom"), ("target", "levels", "segments")),
        Section(_("When it can be had"), active, times),
        Section(_("When customers see it"), shown, times),
        Section(
            _("How it is found"),
            ("categories", "is_featured", "is_public", "labels", "more_information_link"),
        ),
        Section(_("Pictures"), ("photo", "brand_icon", "removes_brand_icon")),
        *others,
        Section(
            _("Message and reports"),
            ("push_notification_text", "reward_value", "tax", "tax_price_value"),
        ),
    )


def _texts(languages: Sequence[tuple[str, str]]) -> list[Section]:
    default = languages[0][0]
    note = _(
        "Longer texts are written in Markdown. What is missing is shown in the default language."
    )
    return [
        Section(
            in_language(_("Texts"), language),
            tuple(f"{name}_{code}" for name in TEXTS),
            note if code != default else "",
        )
        for code, language in languages
    ]
