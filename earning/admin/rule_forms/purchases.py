"""The forms of rules about purchases."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit.forms import LabelsField, LinesField, Section
from accounts.cockpit.vocabulary import word
from campaigns.models import CODE_TYPES, RewardCampaign, RewardType
from earning.admin.rule_forms.base import RuleForm
from earning.admin.words import TYPE_TEXTS
from earning.models import InclusionType, RuleType
from earning.services.rule_data import LabelMultiplier

# What a purchase can bring at once.
INSTANT_TYPES = (*CODE_TYPES, RewardType.PERCENTAGE_DISCOUNT_CODE)


def pairs(labels: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label["key"], label["value"]) for label in labels)


class PointsForm(RuleForm):
    type = RuleType.POINTS

    point_value = forms.DecimalField(
        label=gettext_lazy("Points per unit"),
        min_value=0,
        max_digits=14,
        decimal_places=2,
    )
    min_order_value = forms.DecimalField(
        label=gettext_lazy("Smallest purchase"),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
    )
    excludes_delivery_cost = forms.BooleanField(
        label=gettext_lazy("Not for delivery"),
        required=False,
        help_text=gettext_lazy("Delivery costs (SKUs of the store settings) bring no points."),
    )
    excluded_skus = LinesField(
        label=gettext_lazy("Not for SKUs"),
        required=False,
        help_text=gettext_lazy("One in each line."),
    )
    inclusion_type = forms.ChoiceField(
        label=gettext_lazy("Labels"),
        choices=[
            (InclusionType.NONE.value, gettext_lazy("do not matter")),
            (InclusionType.INCLUDE.value, gettext_lazy("only lines with a label below")),
            (InclusionType.EXCLUDE.value, gettext_lazy("not lines with a label below")),
        ],
    )
    included_labels = LabelsField(
        label=gettext_lazy("Only with labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )
    excluded_labels = LabelsField(
        label=gettext_lazy("Not with labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )

    type_section = Section(
        gettext_lazy("General spending"),
        (
            "point_value",
            "min_order_value",
            "excludes_delivery_cost",
            "excluded_skus",
            "inclusion_type",
            "included_labels",
            "excluded_labels",
        ),
        TYPE_TEXTS[RuleType.POINTS][1],
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["point_value"].help_text = _("For each %(currency)s.") % {
            "currency": self.store.currency
        }

    def type_defaults(self) -> dict[str, Any]:
        return {"excludes_delivery_cost": True, "inclusion_type": InclusionType.NONE}

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "point_value": data["point_value"],
            "min_order_value": data["min_order_value"],
            "excludes_delivery_cost": data["excludes_delivery_cost"],
            "excluded_skus": tuple(data["excluded_skus"]),
            "inclusion_type": InclusionType(data["inclusion_type"]),
            "included_labels": pairs(data["included_labels"]),
            "excluded_labels": pairs(data["excluded_labels"]),
        }


class MultiplyForProductForm(RuleForm):
    type = RuleType.MULTIPLY_FOR_PRODUCT

    sku_ids = LinesField(
        label=gettext_lazy("SKUs"), required=False, help_text=gettext_lazy("One in each line.")
    )
    labels = LabelsField(
        label=gettext_lazy("or labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )
    multiplier = forms.DecimalField(
        label=gettext_lazy("Times"), min_value=0, max_digits=14, decimal_places=2
    )

    type_section = Section(
        gettext_lazy("Multiply for product"),
        ("sku_ids", "labels", "multiplier"),
        TYPE_TEXTS[RuleType.MULTIPLY_FOR_PRODUCT][1],
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "sku_ids": tuple(data["sku_ids"]),
            "labels": pairs(data["labels"]),
            "multiplier": data["multiplier"],
        }


class MultiplyByLabelsForm(RuleForm):
    type = RuleType.MULTIPLY_BY_PRODUCT_LABELS

    label_multipliers = LabelsField(
        label=gettext_lazy("Labels"),
        parts=("key", "value", "multiplier"),
        help_text=gettext_lazy("One in each line: key: value: factor"),
    )

    type_section = Section(
        gettext_lazy("Multiply by product labels"),
        ("label_multipliers",),
        TYPE_TEXTS[RuleType.MULTIPLY_BY_PRODUCT_LABELS][1],
    )

    def clean_label_multipliers(self) -> list[LabelMultiplier]:
        try:
            return [
                LabelMultiplier(row["key"], row["value"], Decimal(row["multiplier"]))
                for row in self.cleaned_data["label_multipliers"]
            ]
        except InvalidOperation as error:
            raise forms.ValidationError(_("A factor is a number, such as 2 or 1.5.")) from error

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"label_multipliers": tuple(data["label_multipliers"])}


class ProductPurchaseForm(RuleForm):
    type = RuleType.PRODUCT_PURCHASE

    sku_ids = LinesField(label=gettext_lazy("SKUs"), help_text=gettext_lazy("One in each line."))
    points_amount = forms.DecimalField(
        label=gettext_lazy("Points"), min_value=0, max_digits=14, decimal_places=2
    )

    type_section = Section(
        gettext_lazy("Product purchase"),
        ("sku_ids", "points_amount"),
        TYPE_TEXTS[RuleType.PRODUCT_PURCHASE][1],
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"sku_ids": tuple(data["sku_ids"]), "points_amount": data["points_amount"]}


class InstantRewardForm(RuleForm):
    """ER-14, INS-1: which reward a purchase brings."""

    type = RuleType.INSTANT_REWARD

    reward_campaign = forms.ChoiceField(
        label=gettext_lazy("Reward"),
        help_text=gettext_lazy(
            "Its price is charged, and its limits count; who cannot have it gets nothing, and the "
            "purchase goes on."
        ),
    )

    type_section = Section(
        gettext_lazy("Instant reward"),
        ("reward_campaign",),
        TYPE_TEXTS[RuleType.INSTANT_REWARD][1],
    )

    def initial_values(self) -> dict[str, Any]:
        values = super().initial_values()
        if self.instance is not None and self.instance.reward_campaign is not None:
            values["reward_campaign"] = str(self.instance.reward_campaign.uuid)
        return values

    def prepare(self) -> None:
        super().prepare()
        kept = self.instance.reward_campaign_id if self.instance is not None else None
        found = RewardCampaign.objects.in_store(self.store).filter(
            Q(is_active=True) | Q(pk=kept), type__in=INSTANT_TYPES
        )
        field = self.fields["reward_campaign"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (str(row.uuid), f"{row.name} ({word(row.get_type_display())})")
            for row in found.prefetch_related("translations")
        ]
        if not field.choices:
            field.help_text = _("No reward is active now.")

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"reward_campaign": data["reward_campaign"]}
