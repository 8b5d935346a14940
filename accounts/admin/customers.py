"""Customers: the list and the form. Their page spans all rooms and is the door's."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import RangeNumericFilter

from accounts.admin import customer_deeds
from accounts.cockpit import formats
from accounts.cockpit.filters import (
    ChoiceFilter,
    DayRangeFilter,
    LevelFilter,
    PosFilter,
    SegmentFilter,
)
from accounts.cockpit.forms import CommandForm, DayField, LabelsField, Section, choices_of
from accounts.cockpit.many import ManyAdmin
from accounts.cockpit.pages import EmptyState
from accounts.cockpit.vocabulary import word
from accounts.models import (
    CardState,
    Customer,
    CustomerStatus,
    Gender,
    Level,
    Pos,
    Resource,
    Seller,
)
from accounts.selectors import search
from accounts.services import customer_data, customers
from accounts.services.customer_data import ADDRESS_KEYS, COMPANY_KEYS, Changes, Registration

STATUS_TONES = {
    CustomerStatus.NEW: "info",
    CustomerStatus.ACTIVE: "good",
    CustomerStatus.BLOCKED: "bad",
    CustomerStatus.DELETED: "neutral",
}
# Polish bends them: one customer, and the tab of many.
STATUS_WORDS = {
    CustomerStatus.NEW: pgettext_lazy("of a customer", "New"),
    CustomerStatus.ACTIVE: pgettext_lazy("of a customer", "Active"),
    CustomerStatus.BLOCKED: pgettext_lazy("of a customer", "Blocked"),
    CustomerStatus.DELETED: pgettext_lazy("of a customer", "Deleted"),
}
STATUS_TABS = {
    CustomerStatus.NEW: pgettext_lazy("of customers", "New"),
    CustomerStatus.ACTIVE: pgettext_lazy("of customers", "Active"),
    CustomerStatus.BLOCKED: pgettext_lazy("of customers", "Blocked"),
    CustomerStatus.DELETED: pgettext_lazy("of customers", "Deleted"),
}
OWN_FIELDS = (
    "first_name",
    "last_name",
    "gender",
    "birth_date",
    "email",
    "phone",
    "loyalty_card_number",
    "labels",
    "agreement1",
    "agreement2",
    "agreement3",
)


def status_chip(status: str) -> str:
    known = CustomerStatus(status)
    return formats.chip(STATUS_WORDS[known], STATUS_TONES[known])


class CustomerForm(CommandForm):
    """Register a customer, or change what is known of one."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=255)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=255)
    gender = forms.ChoiceField(label=gettext_lazy("Gender"))
    birth_date = DayField(label=gettext_lazy("Birth date"), required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=64, required=False)
    loyalty_card_number = forms.CharField(
        label=gettext_lazy("Loyalty card"), max_length=255, required=False
    )
    card_state = forms.ChoiceField(
        label=gettext_lazy("The card itself"),
        choices=CardState.choices,
        required=False,
        help_text=gettext_lazy("Where the plastic card is; nothing else follows from it."),
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Level"),
        required=False,
        help_text=gettext_lazy("A level chosen here stays until it is set back to automatic."),
    )
    pos = forms.ChoiceField(label=gettext_lazy("Point of sale"), required=False)
    seller = forms.ChoiceField(label=gettext_lazy("Seller"), required=False)
    labels = LabelsField(
        label=gettext_lazy("Labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )
    street = forms.CharField(label=gettext_lazy("Street"), max_length=255, required=False)
    address1 = forms.CharField(label=gettext_lazy("Building"), max_length=255, required=False)
    address2 = forms.CharField(label=gettext_lazy("Flat"), max_length=255, required=False)
    postal = forms.CharField(label=gettext_lazy("Post code"), max_length=255, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=255, required=False)
    province = forms.CharField(label=gettext_lazy("Province"), max_length=255, required=False)
    country = forms.CharField(label=gettext_lazy("Country"), max_length=255, required=False)
    company_name = forms.CharField(label=gettext_lazy("Name"), max_length=255, required=False)
    company_nip = forms.CharField(label=gettext_lazy("Tax number"), max_length=255, required=False)
    agreement1 = forms.BooleanField(label=gettext_lazy("Program conditions"))
    agreement2 = forms.BooleanField(label=gettext_lazy("Marketing"), required=False)
    agreement3 = forms.BooleanField(label=gettext_lazy("Data processing"), required=False)

    renamed = {"address": "street", "company": "company_name"}
    sections = (
        Section(gettext_lazy("Person"), ("first_name", "last_name", "gender", "birth_date")),
        Section(
            gettext_lazy("Recognised by"),
            ("email", "phone", "loyalty_card_number", "card_state"),
            gettext_lazy("What a till sends with a purchase finds the customer by one of these."),
        ),
        Section(gettext_lazy("Program"), ("level", "pos", "seller", "labels")),
        Section(gettext_lazy("Address"), ADDRESS_KEYS),
        Section(gettext_lazy("Company"), ("company_name", "company_nip")),
        Section(
            gettext_lazy("Agreements"),
            ("agreement1", "agreement2", "agreement3"),
            gettext_lazy("Tick only what the customer has agreed to."),
        ),
    )

    def initial_values(self) -> dict[str, Any]:
        customer: Customer | None = self.instance
        if customer is None:
            return {"gender": Gender.NOT_DISCLOSED}
        values = {name: getattr(customer, name) for name in OWN_FIELDS}
        values |= customer.address | {"card_state": customer.card_state}
        values |= {f"company_{key}": customer.company.get(key, "") for key in COMPANY_KEYS}
        for name in ("pos", "seller"):
            values[name] = str(getattr(customer, f"{name}_id") or "")
        values["level"] = str(customer.manually_assigned_level_id or "")
        return values

    def prepare(self) -> None:
        levels = Level.objects.in_store(self.store).prefetch_related("translations")
        automatic = _("automatic")
        if self.instance is not None and self.instance.level is not None:
            automatic = _("automatic (%(level)s)") % {"level": self.instance.level.name}
        for name, states in (("gender", Gender), ("card_state", CardState)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(code, word(label)) for code, label in states.choices]
        if self.instance is None:
            # Whoever registers has none yet.
            del self.fields["card_state"]
        self.fields[customer_data.required_identifier(self.store)].required = True
        self._choose("level", automatic, levels.filter(is_active=True))
        self._choose("pos", "–", Pos.objects.in_store(self.store))
        working = Seller.objects.in_store(self.store).filter(is_deleted=False)
        self._choose("seller", "–", working)

    def _choose(self, name: str, nothing: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        chosen = self.initial.get(name)
        choices = choices_of(rows)
        if chosen and chosen not in dict(choices):
            choices.append((chosen, _("(no longer offered)")))
        field.choices = [("", nothing), *choices]

    def run(self, data: dict[str, Any]) -> Customer:
        values = {name: data[name] for name in OWN_FIELDS}
        values["email"] = values["email"] or None
        values["phone"] = values["phone"] or None
        values["loyalty_card_number"] = values["loyalty_card_number"] or None
        values["address"] = {key: data[key] for key in ADDRESS_KEYS if data[key]}
        values["company"] = {
            key: data[f"company_{key}"] for key in COMPANY_KEYS if data[f"company_{key}"]
        }
        for name, model in (("pos", Pos), ("seller", Seller)):
            values[name] = self._chosen(model, data[name])
        level = self._chosen(Level, data["level"])
        if self.instance is None:
            whole = Registration(**values, level=level)
            return customers.register(store=self.store, data=whole, actor=self.actor)
        changes: Changes = values  # type: ignore[assignment]  # keys of Changes by construction
        if data["card_state"]:
            changes["card_state"] = data["card_state"]
        if data["level"] != self.initial["level"]:
            changes["level"] = level
        return customers.update(customer=self.instance, changes=changes, actor=self.actor)

    def _chosen(self, model: Any, pk: str) -> Any:
        return model.objects.in_store(self.store).get(pk=pk) if pk else None


class AssignedFilter(admin.SimpleListFilter):
    title = gettext_lazy("level chosen by hand")
    parameter_name = "by_hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in {"0", "1"}:
            return queryset.filter(manually_assigned_level__isnull=self.value() == "0")
        return queryset


class BoughtFilter(admin.SimpleListFilter):
    title = gettext_lazy("purchases")
    parameter_name = "bought"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", gettext_lazy("Never bought")), ("yes", gettext_lazy("Has bought"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "no":
            return queryset.filter(last_transaction_at=None)
        if self.value() == "yes":
            return queryset.exclude(last_transaction_at=None)
        return queryset


class CustomerAdmin(ManyAdmin):
    """The list and the form; `loyalty.cockpit` registers it with the page."""

    resource = Resource.CUSTOMER
    add_form = edit_form = CustomerForm
    list_display = (
        "full_name",
        "contact",
        "card",
        "level_name",
        "figure_orders",
        "figure_spent",
        "last_bought",
        "state",
        "joined",
    )
    list_select_related = ("level",)
    list_filter = (
        ("status", ChoiceFilter),
        ("level", LevelFilter),
        SegmentFilter,
        AssignedFilter,
        BoughtFilter,
        ("pos", PosFilter),
        ("gender", ChoiceFilter),
        "agreement2",
        ("transactions_amount", RangeNumericFilter),
        ("transactions_count", RangeNumericFilter),
        ("created_at", DayRangeFilter),
        ("last_transaction_at", DayRangeFilter),
    )
    search_fields = ("first_name",)  # shows the box; `get_search_results` does the work
    search_help_text = gettext_lazy("Name, e-mail, phone or card")
    ordering = ("-created_at", "-pk")
    sortable_by = ("full_name", "figure_orders", "figure_spent", "last_bought", "joined")
    many_forms = customer_deeds.FORMS
    audit_type = "Customer"
    empty_state = EmptyState(
        gettext_lazy("Nobody here yet"),
        gettext_lazy("Customers register in the portal, at the till, or are added here."),
        "group",
    )

    def get_references(self, request: HttpRequest) -> "QuerySet[Any]":
        """Return them as others may name them: names are for whom customers are open."""
        found = super().get_queryset(request)
        return found if self.has_view_permission(request) else found.none()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).prefetch_related("level__translations")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        return search.matching(queryset, search_term), False

    @admin.display(description=gettext_lazy("Name"), ordering="last_name")
    def full_name(self, customer: Customer) -> str:
        return customer.name or formats.EMPTY

    @admin.display(description=gettext_lazy("Contact"))
    def contact(self, customer: Customer) -> str:
        return customer.email or customer.phone or formats.EMPTY

    @admin.display(description=gettext_lazy("Card"))
    def card(self, customer: Customer) -> str:
        return customer.loyalty_card_number or formats.EMPTY

    @admin.display(description=gettext_lazy("Level"))
    def level_name(self, customer: Customer) -> str:
        return customer.level.name if customer.level else formats.EMPTY

    @admin.display(description=gettext_lazy("Orders"), ordering="transactions_count")
    def figure_orders(self, customer: Customer) -> str:
        return formats.figure(formats.whole(customer.transactions_count))

    @admin.display(description=gettext_lazy("Spent"), ordering="transactions_amount")
    def figure_spent(self, customer: Customer) -> str:
        return formats.figure(formats.money(customer.transactions_amount))

    @admin.display(description=gettext_lazy("Last purchase"), ordering="last_transaction_at")
    def last_bought(self, customer: Customer) -> str:
        return formats.day(customer.last_transaction_at)

    @admin.display(description=gettext_lazy("Status"))
    def state(self, customer: Customer) -> str:
        return status_chip(customer.status)

    @admin.display(description=gettext_lazy("Joined"), ordering="created_at")
    def joined(self, customer: Customer) -> str:
        return formats.day(customer.created_at)

    def list_tabs(self, request: Any) -> Sequence[tuple[Any, str, bool]]:
        chosen = request.GET.get("status__exact", "")
        return [
            (pgettext("of customers", "All"), "?", not chosen),
            *[
                (words, f"?status__exact={status.value}", chosen == status.value)
                for status, words in STATUS_TABS.items()
            ],
        ]
