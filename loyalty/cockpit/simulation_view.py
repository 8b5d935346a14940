"""What would this basket earn? A page that asks the rules and writes nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.ledger import customer_link
from accounts.cockpit import rights
from accounts.cockpit.forms import LocalDateTimeField, choices_of, dress
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Customer, Pos, Resource
from accounts.selectors import customers
from accounts.selectors.customers import Named
from earning import engine
from earning.models import PURCHASE_TYPES, EarningRule
from earning.selectors import explanations
from earning.selectors.explanations import Explanation
from earning.services import awards
from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from transactions.admin import rule_urls

ROWS, ROWS_MORE, ROWS_MAX = 4, 3, 60


class BasketForm(forms.Form):
    """Who buys, where and when."""

    customer = forms.CharField(
        label=gettext_lazy("Customer"),
        required=False,
        max_length=255,
        help_text=gettext_lazy(
            "E-mail address, phone, card number or id; empty: somebody new on the first level."
        ),
    )
    pos = forms.ChoiceField(label=gettext_lazy("Point of sale"), required=False)
    bought = LocalDateTimeField(label=gettext_lazy("Bought"), required=False)

    def __init__(self, data: Any, *, store: Store, sees_customers: bool) -> None:
        super().__init__(data, initial={"bought": clock.now()})
        self.store = store
        shops = Pos.objects.in_store(store).order_by("name", "pk")
        choices = self.fields["pos"]
        assert isinstance(choices, forms.ChoiceField)
        choices.choices = [("", _("None")), *choices_of(shops)]
        if not sees_customers:
            del self.fields["customer"]
        for field in self.fields.values():
            dress(field)

    def clean_customer(self) -> Customer | None:
        text = self.cleaned_data["customer"].strip()
        if not text:
            return None
        try:
            who = Named(uuid=UUID(text))
        except ValueError:
            who = Named(email=text, loyalty_card_number=text, phone=text)
        customer = customers.find_named(self.store, who)
        if customer is None:
            raise forms.ValidationError(_("Nobody is known by this."))
        return customer


class LineForm(forms.Form):
    """One line of the basket; a line without a SKU and an amount is none."""

    sku = forms.CharField(label=gettext_lazy("SKU"), max_length=255)
    value = forms.DecimalField(
        label=gettext_lazy("Amount of the line"), max_digits=14, decimal_places=2
    )
    labels = forms.CharField(label=gettext_lazy("Labels"), required=False, max_length=2000)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["labels"].widget.attrs["placeholder"] = "key:value; key:value"
        for name, field in self.fields.items():
            dress(field)
            field.widget.attrs["aria-label"] = str(self.fields[name].label)

    def clean_labels(self) -> frozenset[tuple[str, str]]:
        pairs = [part.partition(":") for part in self.cleaned_data["labels"].split(";") if part]
        if not all(colon and key.strip() and value.strip() for key, colon, value in pairs):
            raise forms.ValidationError(_("Write labels as key:value; key:value."))
        return frozenset((key.strip(), value.strip()) for key, _colon, value in pairs)


@dataclass(frozen=True)
class Answer:
    """What the rules say of a basket. `who`: a link, or words for somebody new."""

    explanation: Explanation
    who: str


def show(request: CockpitRequest) -> HttpResponse:
    """Show the basket, and what it would earn once one is asked about. Writes nothing."""
    from loyalty.cockpit.site import site

    rights.require(request.actor, Resource.EARNING_RULE)
    sent = request.GET if "ask" in request.GET or "more" in request.GET else None
    basket = BasketForm(
        sent,
        store=request.store,
        sees_customers=rights.may(request.actor, Resource.CUSTOMER),
    )
    lines = rows_of(request.GET)
    answer, refusal = None, ""
    if sent is not None and "ask" in sent:
        filled = [line for line in lines if line.is_bound]
        is_fine = all([basket.is_valid(), *(line.is_valid() for line in filled)])
        if not filled:
            refusal = _("Fill in a line at least.")
        elif is_fine:
            try:
                answer = ask(request.store, basket, filled)
            except DomainError as error:
                refusal = word(error.message)
    context = {
        "title": _("Simulate a purchase"),
        "basket": basket,
        "lines": lines,
        "currency": request.store.currency.upper(),
        "answer": answer,
        "explanation": answer.explanation if answer else None,
        "rule_urls": rule_urls(answer.explanation if answer else None),
        "refusal": refusal,
    }
    shell = site.each_context(request) | {"crumbs": [(context["title"], "")]}
    return TemplateResponse(request, "cockpit/simulation.html", shell | context)


def rows_of(sent: QueryDict) -> list[LineForm]:
    """Return the lines that were sent, and some to fill in; only those with content are bound."""
    columns = [sent.getlist(name)[:ROWS_MAX] for name in LineForm.base_fields]
    count = max([ROWS, *(len(column) for column in columns)])
    if "more" in sent:
        count = min(ROWS_MAX, count + ROWS_MORE)
    rows: list[LineForm] = []
    for place in range(count):
        values = {
            name: column[place] if place < len(column) else ""
            for name, column in zip(LineForm.base_fields, columns, strict=True)
        }
        is_filled = any(value.strip() for value in values.values())
        # All lines share their fields' names, so each has ids of its own.
        rows.append(LineForm(values if is_filled else None, auto_id=f"line-{place}-%s"))
    return rows


def ask(store: Store, basket: BasketForm, lines: list[LineForm]) -> Answer:
    """
    Return what the active rules make of a basket, with those that are switched off at the end.

    :raises DomainError: more points than the ledger holds.
    """
    given = basket.cleaned_data
    customer: Customer | None = given.get("customer")
    bought_at: datetime = given["bought"] or clock.now()
    purchase = engine.Purchase(
        lines=tuple(
            engine.Line(
                sku=line.cleaned_data["sku"],
                gross_value=line.cleaned_data["value"],
                labels=line.cleaned_data["labels"],
            )
            for line in lines
        ),
        purchased_at=bought_at,
        pos_id=int(given["pos"]) if given["pos"] else None,
    )
    found = awards.simulate_at(store=store, customer=customer, purchase=purchase)
    idle = EarningRule.objects.in_store(store).filter(type__in=PURCHASE_TYPES, is_active=False)
    told = explanations.explain_result(store, found, switched_off=idle.order_by("pk"))
    return Answer(told, customer_link(customer) if customer else _("Somebody new"))
