"""
Segment criteria as people see them: a form for each, and the sentence that it makes.

The rules are in `accounts.segments`; here stand only words and widgets, also for the criteria that
the room of purchases plugs in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from accounts.cockpit import formats
from accounts.cockpit.forms import LabelsField, LinesField, LocalDateTimeField, dress
from accounts.models import Customer, CustomerStatus, Pos
from accounts.segments.criteria import CriterionData
from loyalty.core.models import Store

NAMED_MAX = 4
PAIR_LINES = gettext_lazy("One in each line: key: value")
ONE_A_LINE = gettext_lazy("One in each line.")

# What `accounts.segments` refuses with, in the words that the catalogues translate.
REFUSALS = (
    gettext_noop("This value should not be blank."),
    gettext_noop("This value is not a valid number."),
    gettext_noop("This value should be a whole number."),
    gettext_noop("The value you selected is not a valid choice."),
    gettext_noop("This value is longer than 255 characters."),
    gettext_noop("Every label needs a key."),
    gettext_noop("Every label needs a value."),
    gettext_noop("This value should be 0 or more."),
    gettext_noop("This value should be 1 or more."),
    gettext_noop("This value should be between 0 and 100."),
    gettext_noop("This value is too high."),
    gettext_noop("This value has more than 4 decimals."),
    gettext_noop("The range ends before it begins."),
    gettext_noop("Segment with this name already exists"),
    gettext_noop("There is no such customer"),
    gettext_noop("This names more than one customer"),
)


def translated(sentence: str) -> str:
    """Return a refusal in the reader's language; what it names stands after a colon."""
    text, colon, names = sentence.partition(": ")
    return f"{_(text)}{colon}{names}"


@dataclass(frozen=True)
class Words:
    """What sentences and choices need to know of a store. `pos`: names by id."""

    pos: Mapping[str, str]
    currency: str

    @classmethod
    def of(cls, store: Store) -> "Words":
        rows = Pos.objects.in_store(store).values_list("uuid", "name")
        return cls({str(uuid): name for uuid, name in rows}, store.currency)


class CriterionForm(forms.Form):
    """The inputs of one criterion, named as the criterion's own parameters."""

    type: ClassVar[str]
    title: ClassVar[Any]
    help: ClassVar[Any] = ""

    def __init__(self, *args: Any, words: Words, **options: Any) -> None:
        self.words = words
        super().__init__(*args, **options)
        for name in ("pos_ids", "pos_id"):
            if name in self.fields:
                field = self.fields[name]
                assert isinstance(field, forms.ChoiceField)
                field.choices = list(words.pos.items())
        for field in self.fields.values():
            dress(field)

    def values(self) -> dict[str, Any]:
        """Return what was given, as the check of criteria takes it."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if value is not None and value not in ("", [])
        }

    @classmethod
    def shown(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return kept values as the fields show them."""
        return values


# Ranges


class AmountForm(CriterionForm):
    type = "transaction_amount"
    title = gettext_lazy("Spent in all")
    help = gettext_lazy("Both ends count; leave one empty for an open end.")

    from_amount = forms.DecimalField(
        label=gettext_lazy("From"), required=False, min_value=0, max_digits=19, decimal_places=4
    )
    to_amount = forms.DecimalField(
        label=gettext_lazy("Up to"), required=False, min_value=0, max_digits=19, decimal_places=4
    )


class AverageForm(AmountForm):
    type = "average_transaction_amount"
    title = gettext_lazy("Average purchase")


class CountForm(CriterionForm):
    type = "transaction_count"
    title = gettext_lazy("Number of purchases")
    help = AmountForm.help

    min = forms.IntegerField(label=gettext_lazy("From"), required=False, min_value=0)
    max = forms.IntegerField(label=gettext_lazy("Up to"), required=False, min_value=0)


# Time


class AnniversaryForm(CriterionForm):
    type = "anniversary"
    title = gettext_lazy("Anniversary")

    anniversary_type = forms.ChoiceField(
        label=gettext_lazy("Which"),
        choices=[
            ("birthday", gettext_lazy("birthday")),
            ("registration", gettext_lazy("day of registration")),
        ],
    )
    days = forms.IntegerField(
        label=gettext_lazy("Within days"),
        min_value=1,
        initial=7,
        help_text=gettext_lazy("1: today only. 7: today and the six days after it."),
    )


class PeriodForm(CriterionForm):
    type = "purchase_period"
    title = gettext_lazy("Bought between two dates")
    help = AmountForm.help

    from_date = LocalDateTimeField(label=gettext_lazy("From"), required=False)
    to_date = LocalDateTimeField(label=gettext_lazy("Until"), required=False)

    @classmethod
    def shown(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: datetime.fromisoformat(text) for name, text in values.items()}


class LastPurchaseForm(CriterionForm):
    type = "last_purchase_n_days_before"
    title = gettext_lazy("Bought in the last days")

    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=1, initial=30)


# Places and products


class InPosForm(CriterionForm):
    type = "bought_in_pos"
    title = gettext_lazy("Bought at a point of sale")

    pos_ids = forms.MultipleChoiceField(
        label=gettext_lazy("Points of sale"), widget=forms.CheckboxSelectMultiple
    )


class PercentInPosForm(CriterionForm):
    type = "transaction_percent_in_pos"
    title = gettext_lazy("Share of purchases at a point of sale")

    pos_id = forms.ChoiceField(label=gettext_lazy("Point of sale"))
    percent = forms.DecimalField(
        label=gettext_lazy("At least, %"), min_value=0, max_value=100, initial=50
    )

    @classmethod
    def shown(cls, values: dict[str, Any]) -> dict[str, Any]:
        return values | {"percent": (Decimal(values["percent"]) * 100).normalize()}


class SkusForm(CriterionForm):
    type = "bought_skus"
    title = gettext_lazy("Bought products")

    sku_ids = LinesField(label=gettext_lazy("SKUs"), help_text=ONE_A_LINE)


class MakersForm(CriterionForm):
    type = "bought_makers"
    title = gettext_lazy("Bought brands")

    makers = LinesField(label=gettext_lazy("Brands"), help_text=ONE_A_LINE)


class BoughtLabelsForm(CriterionForm):
    type = "bought_labels"
    title = gettext_lazy("Bought products with a label")

    labels = LabelsField(label=gettext_lazy("Labels"), help_text=PAIR_LINES)


# Customers


class KeysField(LinesField):
    """Labels that are known by their keys alone, one in each line."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return super().prepare_value([label["key"] for label in value])
        return value

    def to_python(self, value: Any) -> Any:
        return [{"key": key} for key in super().to_python(value)]


class LabelKeysForm(CriterionForm):
    type = "customer_has_labels"
    title = gettext_lazy("Has a label, whatever its value")

    labels = KeysField(label=gettext_lazy("Keys"), help_text=ONE_A_LINE)


class LabelValuesForm(CriterionForm):
    type = "customer_with_labels_values"
    title = gettext_lazy("Has a label with a value")

    labels = LabelsField(label=gettext_lazy("Labels"), help_text=PAIR_LINES)


class ListForm(CriterionForm):
    type = "customer_list"
    title = gettext_lazy("List of customers")

    customers = LinesField(
        label=gettext_lazy("Customers"),
        help_text=gettext_lazy(
            "Paste them, one in each line: e-mail, phone, loyalty card or id. "
            "Everybody has to be known."
        ),
    )


GROUPS: Sequence[tuple[Any, Sequence[type[CriterionForm]]]] = (
    (gettext_lazy("Spending"), (AmountForm, AverageForm, CountForm)),
    (gettext_lazy("Time"), (LastPurchaseForm, PeriodForm, AnniversaryForm)),
    (gettext_lazy("Place"), (InPosForm, PercentInPosForm)),
    (gettext_lazy("Product"), (SkusForm, MakersForm, BoughtLabelsForm)),
    (gettext_lazy("Person"), (LabelKeysForm, LabelValuesForm, ListForm)),
)
FORMS: dict[str, type[CriterionForm]] = {
    form.type: form for _title, group in GROUPS for form in group
}


def shown_values(stored: Mapping[str, Any], customers: Mapping[str, str]) -> dict[str, Any]:
    """Return a kept criterion's values as its form shows them. `customers`: names by id."""
    values = {name: value for name, value in stored.items() if name not in ("id", "type")}
    if stored["type"] == ListForm.type:
        return {"customers": [customers.get(uuid, uuid) for uuid in values["customers"]]}
    return FORMS[stored["type"]].shown(values)


def customer_names(store: Store, parts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return by what the customers of lists are recognised; no query where there is no list."""
    uuids = [
        uuid
        for part in parts
        for criterion in part["criteria"]
        for uuid in criterion.get("customers", ())
    ]
    if not uuids:
        return {}
    rows = Customer.objects.in_store(store).exclude(status=CustomerStatus.DELETED)
    found = rows.filter(uuid__in=uuids).values_list("uuid", "email", "loyalty_card_number", "phone")
    return {str(uuid): email or card or phone or str(uuid) for uuid, email, card, phone in found}


# Sentences


def summary_of(parts: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Say in one sentence who is in a segment, from its kept parts."""
    return sentence(
        [
            [
                CriterionData(criterion["type"], shown_values(criterion, {}))
                for criterion in part["criteria"]
            ]
            for part in parts
        ],
        words,
    )


def sentence(parts: Sequence[Sequence[CriterionData]], words: Words) -> str:
    """Say in one sentence who fits: parts joined by "and", criteria of one by "or"."""
    phrases = [
        _part([SENTENCES[criterion.type](criterion.values, words) for criterion in criteria])
        for criteria in parts
        if criteria
    ]
    if not phrases:
        return ""
    return _("Customers who %(conditions)s.") % {"conditions": _(", and ").join(phrases)}


def _part(phrases: Sequence[str]) -> str:
    if len(phrases) == 1:
        return phrases[0]
    return _("either %(conditions)s") % {"conditions": _(" or ").join(phrases)}


def _range(first: Any, last: Any, write: Callable[[Any], str]) -> str:
    if first is None:
        return _("at most %(last)s") % {"last": write(last)}
    if last is None:
        return _("at least %(first)s") % {"first": write(first)}
    if first == last:
        return _("exactly %(first)s") % {"first": write(first)}
    return _("%(first)s to %(last)s") % {"first": write(first), "last": write(last)}


def _amounts(values: Mapping[str, Any], words: Words) -> str:
    def write(amount: Any) -> str:
        return formats.points(Decimal(amount))

    span = _range(values.get("from_amount"), values.get("to_amount"), write)
    return f"{span} {words.currency}"


def _named(names: Sequence[str]) -> str:
    """Return the first names of a list, joined by "or", and how many more there are."""
    shown = _(" or ").join(names[:NAMED_MAX])
    more = len(names) - NAMED_MAX
    if more <= 0:
        return shown
    return ngettext("%(names)s or %(count)s more", "%(names)s or %(count)s more", more) % {
        "names": shown,
        "count": more,
    }


def _pairs(labels: Sequence[Mapping[str, str]]) -> str:
    return _named([": ".join(label.values()) for label in labels])


def _spent(values: Mapping[str, Any], words: Words) -> str:
    return _("have spent %(range)s in all") % {"range": _amounts(values, words)}


def _averaged(values: Mapping[str, Any], words: Words) -> str:
    return _("spend %(range)s on average") % {"range": _amounts(values, words)}


def _counted(values: Mapping[str, Any], words: Words) -> str:
    span = _range(values.get("min"), values.get("max"), formats.whole)
    return _("have bought this often: %(range)s") % {"range": span}


def _celebrating(values: Mapping[str, Any], words: Words) -> str:
    days = values["days"]
    texts = {"days": days}
    if values["anniversary_type"] == "birthday":
        return (
            ngettext("have their birthday today", "have their birthday within %(days)s days", days)
            % texts
        )
    return (
        ngettext(
            "registered on this day of a year",
            "have the anniversary of their registration within %(days)s days",
            days,
        )
        % texts
    )


def _in_period(values: Mapping[str, Any], words: Words) -> str:
    texts = {name: formats.moment(values.get(name)) for name in ("from_date", "to_date")}
    if "to_date" not in values:
        return _("have bought since %(from_date)s") % texts
    if "from_date" not in values:
        return _("have bought until %(to_date)s") % texts
    return _("have bought between %(from_date)s and %(to_date)s") % texts


def _lately(values: Mapping[str, Any], words: Words) -> str:
    days = values["days"]
    return ngettext(
        "have bought since yesterday", "have bought in the last %(days)s days", days
    ) % {"days": days}


def _at(values: Mapping[str, Any], words: Words) -> str:
    names = [words.pos.get(str(uuid), _("a place that is gone")) for uuid in values["pos_ids"]]
    return _("have bought at %(places)s") % {"places": _named(names)}


def _share_at(values: Mapping[str, Any], words: Words) -> str:
    return _("make at least %(percent)s%% of their purchases at %(place)s") % {
        "percent": formats.points(Decimal(values["percent"])),
        "place": words.pos.get(str(values["pos_id"]), _("a place that is gone")),
    }


def _listed(values: Mapping[str, Any], words: Words) -> str:
    count = len(values["customers"])
    return ngettext(
        "are on a list of %(count)s customer", "are on a list of %(count)s customers", count
    ) % {"count": formats.whole(count)}


SENTENCES: dict[str, Callable[[Mapping[str, Any], Words], str]] = {
    "transaction_amount": _spent,
    "average_transaction_amount": _averaged,
    "transaction_count": _counted,
    "anniversary": _celebrating,
    "purchase_period": _in_period,
    "last_purchase_n_days_before": _lately,
    "bought_in_pos": _at,
    "transaction_percent_in_pos": _share_at,
    "bought_skus": lambda values, words: (
        _("have bought %(products)s") % {"products": _named(values["sku_ids"])}
    ),
    "bought_makers": lambda values, words: (
        _("have bought something by %(brands)s") % {"brands": _named(values["makers"])}
    ),
    "bought_labels": lambda values, words: (
        _("have bought something labelled %(labels)s") % {"labels": _pairs(values["labels"])}
    ),
    "customer_has_labels": lambda values, words: (
        _("have the label %(labels)s") % {"labels": _pairs(values["labels"])}
    ),
    "customer_with_labels_values": lambda values, words: (
        _("have the label %(labels)s") % {"labels": _pairs(values["labels"])}
    ),
    "customer_list": _listed,
}
