"""The forms of rules about what happens once: an event of the store, or a friend who comes."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit.forms import Section
from accounts.cockpit.vocabulary import word
from earning.admin.rule_forms.base import RuleForm, points_field
from earning.admin.words import TYPE_TEXTS
from earning.models import ReferralEvent, RewardedPerson, RuleType, StoreEvent
from earning.services import rules
from earning.services.rule_data import RuleData


class OccasionForm(RuleForm):
    """What rules have that are not about purchases: a fixed amount."""

    last_fields = ("photo",)

    def prepare(self) -> None:
        super().prepare()
        # An unticked box says no; this one would say so of something that the type has not.
        del self.fields["is_last_executed"]

    def clean(self) -> dict[str, Any]:
        return super().clean() | {"is_last_executed": False}


class EventForm(OccasionForm):
    type = RuleType.EVENT

    event_name = forms.ChoiceField(label=gettext_lazy("Event"))
    points_amount = points_field()

    type_section = Section(
        gettext_lazy("Event"), ("event_name", "points_amount"), TYPE_TEXTS[RuleType.EVENT][1]
    )

    def prepare(self) -> None:
        super().prepare()
        field = self.fields["event_name"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(event.value, word(event.label)) for event in StoreEvent]
        field.help_text = _(
            "Of several rules for one event the best pays. New accounts have no level yet: their "
            "rule is for everybody."
        )

    def rule_data(self, data: dict[str, Any]) -> RuleData:
        if rules.is_for_everybody(self.type, data["event_name"]):
            data = data | {"levels": [], "segments": []}
        return super().rule_data(data)

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"event_name": data["event_name"], "points_amount": data["points_amount"]}


class ReferralForm(OccasionForm):
    type = RuleType.REFERRAL

    event_name = forms.ChoiceField(label=gettext_lazy("What the invited person does"))
    reward_type = forms.ChoiceField(label=gettext_lazy("Who gets the points"))
    points_amount = points_field()

    type_section = Section(
        gettext_lazy("Customer referral"),
        ("event_name", "reward_type", "points_amount"),
        TYPE_TEXTS[RuleType.REFERRAL][1],
    )

    def prepare(self) -> None:
        super().prepare()
        for name, choices in (("event_name", ReferralEvent), ("reward_type", RewardedPerson)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(each.value, word(each.label)) for each in choices]

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {name: data[name] for name in ("event_name", "reward_type", "points_amount")}
