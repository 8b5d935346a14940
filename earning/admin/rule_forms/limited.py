"""The forms of rules that each customer may use only so often."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.cockpit.forms import Section
from accounts.cockpit.vocabulary import word
from earning.admin.rule_forms.base import points_field
from earning.admin.rule_forms.occasions import OccasionForm
from earning.admin.words import TYPE_TEXTS
from earning.models import LimitPeriod, RuleType
from earning.services.rule_data import Limit
from earning.services.rule_validation import LATITUDE_MAX, LONGITUDE_MAX


class LimitedForm(OccasionForm):
    """A rule that each customer may use only so often."""

    renamed = {"limit.period": "limit_period", "limit.uses": "limit_uses"}

    limit_is_active = forms.BooleanField(
        label=gettext_lazy("Limited"),
        required=False,
        help_text=gettext_lazy("Off: each customer may use the rule as often as they like."),
    )
    limit_uses = forms.IntegerField(
        label=gettext_lazy("Uses of each customer"), required=False, min_value=0
    )
    limit_period = forms.ChoiceField(
        label=gettext_lazy("in each"),
        required=False,
        help_text=gettext_lazy("By the calendar: a week begins on Monday, a month on the 1st."),
    )

    def prepare(self) -> None:
        super().prepare()
        field = self.fields["limit_period"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *((each.value, word(each.label)) for each in LimitPeriod)]

    def limit_data(self, data: dict[str, Any]) -> dict[str, Any]:
        limit = Limit(data["limit_is_active"], data["limit_period"], data["limit_uses"])
        return {"limit": limit, "points_amount": data["points_amount"]}


LIMIT_FIELDS = ("points_amount", "limit_is_active", "limit_uses", "limit_period")


class CustomEventForm(LimitedForm):
    type = RuleType.CUSTOM_EVENT

    event_name = forms.CharField(
        label=gettext_lazy("Name of the event"),
        max_length=255,
        help_text=gettext_lazy("As your systems report it. Only one rule can have it."),
    )
    points_amount = points_field()

    type_section = Section(
        gettext_lazy("Custom event"),
        ("event_name", *LIMIT_FIELDS),
        TYPE_TEXTS[RuleType.CUSTOM_EVENT][1],
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return self.limit_data(data) | {"event_name": data["event_name"]}


class QrCodeForm(LimitedForm):
    type = RuleType.QRCODE

    code = forms.CharField(
        label=gettext_lazy("Content of the code"),
        max_length=255,
        help_text=gettext_lazy("Capital and small letters differ. Save it, then print the code."),
    )
    points_amount = points_field()

    type_section = Section(
        gettext_lazy("QR code"), ("code", *LIMIT_FIELDS), TYPE_TEXTS[RuleType.QRCODE][1]
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return self.limit_data(data) | {"code": data["code"]}


class GeolocationForm(LimitedForm):
    type = RuleType.GEOLOCATION

    latitude = forms.DecimalField(
        label=gettext_lazy("Latitude"),
        min_value=-LATITUDE_MAX,
        max_value=LATITUDE_MAX,
        help_text=gettext_lazy("In degrees; south of the equator negative."),
    )
    longitude = forms.DecimalField(
        label=gettext_lazy("Longitude"),
        min_value=-LONGITUDE_MAX,
        max_value=LONGITUDE_MAX,
        help_text=gettext_lazy("In degrees; west of Greenwich negative."),
    )
    radius = forms.DecimalField(
        label=gettext_lazy("Radius in km"), min_value=1, max_digits=14, decimal_places=2
    )
    points_amount = forms.DecimalField(
        label=gettext_lazy("Points"), min_value=1, max_digits=14, decimal_places=2
    )

    type_section = Section(
        gettext_lazy("Geolocation"),
        ("latitude", "longitude", "radius", *LIMIT_FIELDS),
        TYPE_TEXTS[RuleType.GEOLOCATION][1],
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        place = {name: data[name] for name in ("latitude", "longitude", "radius")}
        return self.limit_data(data) | place
