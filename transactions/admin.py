"""Purchases: the list, the page that says why it earned what it earned, and matching."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeNumericFilter

from accounts.admin.ledger import customer_link
from accounts.admin.pos import PosAdmin
from accounts.cockpit import formats, links, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.filters import ChoiceFilter, DayRangeFilter, PosFilter
from accounts.cockpit.forms import CommandForm, LabelsField, Section
from accounts.cockpit.pages import Column, EmptyState, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import words as trail
from accounts.cockpit.vocabulary import word
from accounts.ledger.models import Posting
from accounts.models import Access, Customer, Pos, Resource
from accounts.selectors import search
from earning.models import EarningRule
from earning.selectors import explanations
from earning.selectors.explanations import Explanation
from loyalty.core.errors import DomainError
from transactions.models import DocumentType, Transaction
from transactions.selectors import points
from transactions.selectors import pos as pos_selectors
from transactions.services import labels, matching
from transactions.services.documents import Label

trail.register(
    {
        "Transaction": trail.Subject(
            gettext_lazy("transaction"),
            deeds={
                "AssignCustomerToTransaction": gettext_lazy("Gave a purchase to a customer"),
                "UpdateTransactionLabels": gettext_lazy("Changed the labels of a purchase"),
            },
            fields={
                "documentNumber": gettext_lazy("Document"),
                "customerId": gettext_lazy("Customer"),
            },
            references={"customer_id": "Customer"},
        )
    }
)

CANDIDATES_SHOWN = 10
POSTINGS_SHOWN = 50


class LabelsForm(CommandForm):
    """A document's labels, all at once."""

    labels = LabelsField(
        label=gettext_lazy("Labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    sections = (
        Section(
            gettext_lazy("Labels"),
            ("labels",),
            gettext_lazy("They inform people and filters; no rule reads a document's labels."),
        ),
    )

    def initial_values(self) -> dict[str, Any]:
        return {"labels": self.instance.labels}

    def run(self, data: dict[str, Any]) -> Transaction:
        given = tuple(Label(key=row["key"], value=row["value"]) for row in data["labels"])
        return labels.replace(document=self.instance, labels=given, actor=self.actor)


class MatchedFilter(admin.SimpleListFilter):
    title = gettext_lazy("matched with a customer")
    parameter_name = "matched"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in {"0", "1"}:
            return queryset.filter(customer__isnull=self.value() == "0")
        return queryset


@admin.register(Transaction)
class TransactionAdmin(CockpitAdmin):
    resource = Resource.TRANSACTION
    list_display = (
        "document",
        "kind",
        "bought",
        "customer_name",
        "pos_name",
        "figure_amount",
        "figure_points",
    )
    list_select_related = ("customer", "pos")
    list_filter = (
        MatchedFilter,
        ("document_type", ChoiceFilter),
        ("pos", PosFilter),
        ("purchased_at", DayRangeFilter),
        ("gross_value", RangeNumericFilter),
    )
    search_fields = ("document_number",)  # shows the box; `get_search_results` does the work
    search_help_text = gettext_lazy("Document number, or what the till sent of the customer")
    ordering = ("-purchased_at", "-pk")
    sortable_by = ("bought", "figure_amount")
    audit_type = "Transaction"
    empty_state = EmptyState(
        gettext_lazy("No purchases yet"),
        gettext_lazy("They arrive from your tills through the API, or by import."),
        "receipt_long",
    )

    # The list

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        return searched(queryset, search_term), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        moved = points.moved_by(changelist.result_list, timezone.now())
        for row in changelist.result_list:
            row.points_moved = moved.get(row.pk)
        return changelist

    def list_tabs(self, request: CockpitRequest) -> Sequence[tuple[Any, str, bool]]:
        is_open = request.GET.get("matched") == "0"
        is_return = request.GET.get("document_type__exact") == DocumentType.RETURN
        return (
            (_("All"), "?", not is_open and not is_return),
            (_("Unmatched"), "?matched=0", is_open),
            (_("Returns"), f"?document_type__exact={DocumentType.RETURN.value}", is_return),
        )

    @admin.display(description=gettext_lazy("Document"))
    def document(self, row: Transaction) -> str:
        return row.document_number

    @admin.display(description=gettext_lazy("Type"))
    def kind(self, row: Transaction) -> str:
        return kind_chip(row)

    @admin.display(description=gettext_lazy("Bought"), ordering="purchased_at")
    def bought(self, row: Transaction) -> str:
        return formats.time_tag(row.purchased_at)

    @admin.display(description=gettext_lazy("Customer"))
    def customer_name(self, row: Transaction) -> str:
        return customer_link(row.customer) if row.customer else formats.chip(_("Unmatched"), "warn")

    @admin.display(description=gettext_lazy("Point of sale"))
    def pos_name(self, row: Transaction) -> str:
        return str(row.pos or row.purchase_place or formats.EMPTY)

    @admin.display(description=gettext_lazy("Amount"), ordering="gross_value")
    def figure_amount(self, row: Transaction) -> str:
        return formats.figure(formats.money(row.gross_value))

    @admin.display(description=gettext_lazy("Points"))
    def figure_points(self, row: Any) -> str:
        if row.points_moved is None:
            return formats.figure(formats.EMPTY)
        return formats.signed_figure(row.points_moved)

    # The page

    def page(self, request: CockpitRequest, subject: Transaction) -> HttpResponse:
        evaluation = explanations.get_for_transaction(subject.uuid)
        explanation = explanations.explain(evaluation) if evaluation else None
        context = {
            "document": subject,
            "kind": kind_chip(subject),
            "customer": customer_link(subject.customer) if subject.customer else "",
            "moved": points.moved_by([subject], timezone.now()).get(subject.pk),
            "currency": request.store.currency,
            "explanation": explanation,
            "rule_urls": rule_urls(explanation),
            "panels": self.panels(request, subject),
            "tables": self.tables(request, subject),
        }
        return self.render(request, "cockpit/transaction.html", context, subject)

    def tools(self, request: CockpitRequest, subject: Transaction) -> Sequence[Tool]:
        if not self.may_modify(request):
            return ()
        tools = [Tool(_("Labels"), self.object_url(subject, "labels"), "label")]
        if subject.customer_id is None and rights.may(request.actor, Resource.CUSTOMER):
            url = self.object_url(subject, "match")
            tools.insert(0, Tool(_("Match with a customer"), url, "person_search", "primary"))
        return tools

    def panels(self, request: CockpitRequest, subject: Transaction) -> Sequence[Panel]:
        document = Panel(
            _("Document"),
            [
                Fact(_("Number"), subject.document_number),
                Fact(_("Type"), word(subject.get_document_type_display())),
                Fact(_("Bought"), formats.time_tag(subject.purchased_at)),
                Fact(_("Point of sale"), self.pos_name(subject)),
                Fact(_("Received"), formats.time_tag(subject.created_at)),
                *revised_facts(self, subject),
                Fact(_("Labels"), label_line(subject.labels)),
                Fact(_("Id"), subject.uuid),
            ],
        )
        sent = Panel(
            _("What the till sent of the customer"),
            [Fact(_(label), value) for label, value in sent_facts(subject.customer_data)],
            note=_("Matched %(when)s.") % {"when": formats.moment(subject.assigned_at)}
            if subject.assigned_at
            else _("Nobody fits these data yet."),
        )
        return (document, sent)

    def tables(self, request: CockpitRequest, subject: Transaction) -> Sequence[Table]:
        return (
            items_table(subject, request.store.currency),
            postings_table(subject),
            *([returns_table(self, subject)] if subject.document_type == "sell" else []),
        )

    def title_of(self, subject: Transaction) -> str:
        return subject.document_number

    # Matching and labels

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "transactions_transaction"
        return [
            path("<path:object_id>/match/", wrap(self.match_view), name=f"{name}_match"),
            path("<path:object_id>/labels/", wrap(self.labels_view), name=f"{name}_labels"),
            *super().get_urls(),
        ]

    def labels_view(self, request: CockpitRequest, object_id: str) -> HttpResponse:
        rights.require(request.actor, self.resource, Access.MODIFY)
        return self.form_answer(request, LabelsForm, self.get_found(request, object_id))

    def match_view(self, request: CockpitRequest, object_id: str) -> HttpResponse:
        """Offer customers who may have bought this, and give it to the chosen one."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        rights.require(request.actor, Resource.CUSTOMER)
        document = self.get_found(request, object_id)
        if request.method == "POST":
            return self.match(request, document)
        if document.customer_id is not None:
            # The browser's way back after matching leads here.
            return HttpResponseRedirect(self.object_url(document))
        text = request.GET.get("q", "").strip()
        context = {
            "document": document,
            "query": text,
            "candidates": candidates(document, text),
            "sent": [(_(label), value) for label, value in sent_facts(document.customer_data)],
        }
        return self.render(request, "cockpit/match.html", context, document, _("Match"))

    def match(self, request: CockpitRequest, document: Transaction) -> HttpResponse:
        found = Customer.objects.in_store(request.store).filter(
            pk=_number(request.POST.get("customer", ""))
        )
        customer = found.first()
        if customer is None:
            messages.error(request, _("Choose a customer."))
            return HttpResponseRedirect(self.object_url(document, "match"))
        customer.store = request.store
        try:
            matching.claim(
                store=request.store,
                document_number=document.document_number,
                customer=customer,
                actor=request.actor,
            )
        except DomainError as refusal:
            messages.error(request, word(refusal.message))
        else:
            words = {"document": document.document_number, "customer": customer.name}
            messages.success(request, _("%(document)s now belongs to %(customer)s.") % words)
        return HttpResponseRedirect(self.object_url(document))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def searched(documents: Any, text: str) -> Any:
    """Find a document by its number: exactly, by index, and else by how numbers begin."""
    text = text.strip()
    if not text:
        return documents
    exact = documents.filter(document_number=text)
    if exact.exists():
        return exact
    by_buyer = {"email": text.lower()}, {"phone": text}, {"loyaltyCardNumber": text}
    found = documents.filter(document_number__istartswith=text)
    for data in by_buyer:
        found = found | documents.filter(customer_data__contains=data)
    return found


def kind_chip(document: Transaction) -> str:
    tone = "neutral" if document.document_type == DocumentType.SELL else "warn"
    return formats.chip(word(document.get_document_type_display()), tone)


def label_line(labels: list[dict[str, str]]) -> str:
    texts = [f"{label.get('key')}: {label.get('value')}" for label in labels]
    return ", ".join(texts) or formats.EMPTY


def sent_facts(data: dict[str, Any]) -> list[tuple[Any, Any]]:
    names = {
        "name": gettext_lazy("Name"),
        "email": gettext_lazy("E-mail"),
        "phone": gettext_lazy("Phone"),
        "loyaltyCardNumber": gettext_lazy("Loyalty card"),
        "nip": gettext_lazy("Tax number"),
    }
    return [(label, data.get(key) or formats.EMPTY) for key, label in names.items()]


def revised_facts(model_admin: CockpitAdmin, document: Transaction) -> list[Fact]:
    if document.revised is None:
        return []
    url = model_admin.object_url(document.revised)
    return [Fact(_("Returns of"), formats.link(url, document.revised.document_number))]


def rule_urls(explanation: Explanation | None) -> dict[str, str]:
    """Return the addresses of the rules that an explanation names; none to whom they are closed."""
    if explanation is None or not rights.opens(Resource.EARNING_RULE):
        return {}
    uuids = [rule.uuid for rule in explanation.rules]
    found = EarningRule.objects.filter(uuid__in=uuids).values_list("uuid", "pk")
    return {str(uuid): reverse("admin:earning_earningrule_change", args=[pk]) for uuid, pk in found}


def items_table(document: Transaction, currency: str) -> Table:
    return Table(
        title=_("Lines"),
        columns=(
            Column(_("Product")),
            Column(_("SKU")),
            Column(_("Category")),
            Column(_("Brand")),
            Column(_("Labels")),
            Column(_("Quantity"), is_figure=True),
            Column(_("Amount"), is_figure=True),
        ),
        rows=[
            (
                item.name,
                item.sku,
                item.category or formats.EMPTY,
                item.maker or formats.EMPTY,
                label_line(item.labels),
                formats.figure(formats.points(item.quantity)),
                formats.figure(formats.money(item.gross_value, currency)),
            )
            for item in document.items.order_by("position")
        ],
        empty=_("This document has no lines."),
    )


def postings_table(document: Transaction) -> Table:
    """Return what the document moved in the ledger."""
    found = Posting.objects.filter(transaction_uuid=document.uuid).order_by("pk")
    return Table(
        title=_("In the ledger"),
        columns=(
            Column(_("When")),
            Column(_("Kind")),
            Column(_("Comment")),
            Column(_("Points"), is_figure=True),
        ),
        rows=[
            (
                formats.time_tag(row.created_at),
                links.way_to(
                    Resource.POINT_TRANSFER,
                    reverse("admin:ledger_posting_change", args=[row.pk]),
                    word(row.get_kind_display()),
                ),
                row.comment or formats.EMPTY,
                formats.figure(formats.points(row.amount)),
            )
            for row in found[:POSTINGS_SHOWN]
        ],
        empty=_("It moved no points."),
    )


def returns_table(model_admin: CockpitAdmin, document: Transaction) -> Table:
    rows = list(document.returns.order_by("purchased_at", "pk")[:POSTINGS_SHOWN])
    revoked = points.revoked_by_returns([row.uuid for row in rows])
    return Table(
        title=_("Returns"),
        columns=(
            Column(_("Document")),
            Column(_("When")),
            Column(_("Amount"), is_figure=True),
            Column(_("Points"), is_figure=True),
        ),
        rows=[
            (
                formats.link(model_admin.object_url(row), row.document_number),
                formats.time_tag(row.purchased_at),
                formats.figure(formats.money(row.gross_value)),
                formats.signed_figure(-revoked.get(row.uuid, Decimal(0))),
            )
            for row in rows
        ],
        empty=_("Nothing was brought back."),
    )


def candidates(document: Transaction, text: str) -> list[Customer]:
    """Return who may have bought it: whom a search finds, or who resembles the till's data."""
    store = document.store
    if text:
        return search.find_customers(store, text, limit=CANDIDATES_SHOWN)
    data = document.customer_data
    found: dict[int, Customer] = {}
    for key in ("email", "phone", "loyaltyCardNumber", "name"):
        if value := str(data.get(key) or ""):
            for customer in search.find_customers(store, value, limit=CANDIDATES_SHOWN):
                found.setdefault(customer.pk, customer)
    return list(found.values())[:CANDIDATES_SHOWN]


@admin.register(Pos)
class PosWithSalesAdmin(PosAdmin):
    """Points of sale with what they have sold, which only this room knows."""

    list_display: tuple[str, ...] = (*PosAdmin.list_display, "figure_count", "figure_sold")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        counters = pos_selectors.count_by_pos([row.pk for row in changelist.result_list])
        for row in changelist.result_list:
            row.counters = counters.get(row.pk)
        return changelist

    @admin.display(description=gettext_lazy("Documents"))
    def figure_count(self, row: Any) -> str:
        return formats.figure(formats.whole(row.counters.count if row.counters else 0))

    @admin.display(description=gettext_lazy("Sold"))
    def figure_sold(self, row: Any) -> str:
        return formats.figure(formats.money(row.counters.amount if row.counters else 0))

    def tables(self, request: CockpitRequest, subject: Pos) -> Sequence[Table]:
        latest = Transaction.objects.filter(pos=subject).order_by("-purchased_at", "-pk")[:10]
        list_url = reverse("admin:transactions_transaction_changelist")
        return (
            Table(
                title=_("Latest purchases"),
                columns=(Column(_("Document")), Column(_("When")), Column(_("Amount"), True)),
                rows=[
                    (
                        links.way_to(
                            Resource.TRANSACTION,
                            reverse("admin:transactions_transaction_change", args=[row.pk]),
                            row.document_number,
                        ),
                        formats.time_tag(row.purchased_at),
                        formats.figure(formats.money(row.gross_value, request.store.currency)),
                    )
                    for row in latest
                ],
                empty=_("Nothing has been bought here yet."),
                more=(f"{list_url}?pos__id__exact={subject.pk}", _("All"))
                if rights.may(request.actor, Resource.TRANSACTION)
                else None,
            ),
        )
