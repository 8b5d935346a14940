"""What the form of a reward asks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.cockpit.audience import AudienceForm
from accounts.cockpit.forms import LabelsField, LinesField, LocalDateTimeField
from campaigns.models import CODE_TYPES, RewardType
from campaigns.services.campaign_data import EVERY_OWN

TEXTS = (
    "name",
    "short_description",
    "conditions_description",
    "usage_instruction",
    "brand_name",
    "brand_description",
)
WITH_PHOTOS = (*CODE_TYPES, RewardType.CUSTOM_CAMPAIGN_CODE)
# The columns of some types that the form asks for under the same names.
OWN = tuple(name for name in EVERY_OWN if name != "earning_rule_uuid")
_AMOUNT: dict[str, Any] = {"required": False, "max_digits": 14, "decimal_places": 2, "min_value": 0}


class CampaignFields(AudienceForm):
    """Every field of every type; `CampaignForm` drops those that its type has not."""

    is_active = forms.BooleanField(
        label=pgettext_lazy("it is on", "Active"),
        required=False,
        help_text=gettext_lazy("Off: nobody can buy it, whatever the dates say."),
    )
    cost_in_points = forms.DecimalField(
        label=gettext_lazy("Price in points"),
        help_text=gettext_lazy("0: it costs nothing."),
        **_AMOUNT | {"required": True},
    )
    point_value = forms.DecimalField(
        label=gettext_lazy("Worth of one point"), **_AMOUNT | {"required": True}
    )
    cashback_provider = forms.ChoiceField(label=gettext_lazy("Paid out by"), required=False)
    transaction_percentage_value = forms.IntegerField(
        label=gettext_lazy("Percentage of the purchase"),
        min_value=0,
        max_value=99,
        help_text=gettext_lazy("Rounded to whole units: 10 percent of 47 is 5."),
    )
    has_fulfillment_tracking = forms.BooleanField(
        label=gettext_lazy("Follow the delivery"),
        required=False,
        help_text=gettext_lazy(
            "When a coupon is used, those who send things out are told by e-mail."
        ),
    )
    connect_type = forms.ChoiceField(label=gettext_lazy("Points come by"))
    earning_rule = forms.ChoiceField(label=gettext_lazy("Earning rule"), required=False)
    reward_value = forms.DecimalField(
        label=gettext_lazy("Worth of the reward"),
        help_text=gettext_lazy("In money; for your reports."),
        **_AMOUNT,
    )
    tax = forms.IntegerField(
        label=gettext_lazy("Tax, %"), required=False, min_value=0, max_value=98
    )
    tax_price_value = forms.DecimalField(label=gettext_lazy("Tax, amount"), **_AMOUNT)

    is_single_coupon = forms.BooleanField(
        label=gettext_lazy("One code for all"),
        required=False,
        help_text=gettext_lazy("Everybody gets the first code of the pool."),
    )
    is_unlimited = forms.BooleanField(
        label=gettext_lazy("Unlimited"),
        required=False,
        help_text=gettext_lazy("Off: at most as often as the two limits say."),
    )
    limit = forms.IntegerField(label=gettext_lazy("In all"), required=False, min_value=1)
    limit_per_user = forms.IntegerField(
        label=gettext_lazy("Each customer"), required=False, min_value=1
    )
    codes = LinesField(
        label=gettext_lazy("First codes"),
        required=False,
        help_text=gettext_lazy(
            "One in each line. Leave it empty to load a file or to generate codes afterwards."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    low_stock_threshold = forms.IntegerField(
        label=gettext_lazy("Alert below"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("Free codes. 0: only when none is left."),
    )
    days_inactive = forms.IntegerField(
        label=gettext_lazy("Days until it works"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("0: at once."),
    )
    days_valid = forms.IntegerField(
        label=gettext_lazy("Days that it works"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("Counted after the days before it works. 0: for ever."),
    )

    is_all_time_active = forms.BooleanField(
        label=gettext_lazy("Can be had always"),
        required=False,
        help_text=gettext_lazy("Off: only between the two dates."),
    )
    active_from = LocalDateTimeField(label=gettext_lazy("From"), required=False)
    active_to = LocalDateTimeField(label=gettext_lazy("Until"), required=False)
    is_all_time_visible = forms.BooleanField(
        label=gettext_lazy("Always shown"),
        required=False,
        help_text=gettext_lazy(
            "Off: customers see it only between the two dates, maybe before it can be had."
        ),
    )
    visible_from = LocalDateTimeField(label=gettext_lazy("From"), required=False)
    visible_to = LocalDateTimeField(label=gettext_lazy("Until"), required=False)

    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Categories"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_featured = forms.BooleanField(
        label=gettext_lazy("Featured"),
        required=False,
        help_text=gettext_lazy("Apps may put it in front."),
    )
    is_public = forms.BooleanField(
        label=gettext_lazy("Public"),
        required=False,
        help_text=gettext_lazy("Also shown to who is not signed in."),
    )
    labels = LabelsField(
        label=gettext_lazy("Labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )
    more_information_link = forms.CharField(
        label=gettext_lazy("Link to more"), required=False, max_length=2000
    )
    push_notification_text = forms.CharField(
        label=gettext_lazy("Push message"),
        required=False,
        widget=forms.Textarea,
        help_text=gettext_lazy("Sent once to each customer whom it newly concerns. Empty: none."),
    )
    photo = forms.FileField(
        label=gettext_lazy("Add a photo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or GIF, at least 600 × 600 pixels, at most 2 MB."),
    )
    brand_icon = forms.FileField(
        label=gettext_lazy("Brand icon"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or GIF, at most 2 MB."),
    )
    removes_brand_icon = forms.BooleanField(
        label=gettext_lazy("Remove the brand icon"), required=False
    )
