"""Find anything (Ctrl-K): customers, cards, document numbers, pages."""

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from accounts.cockpit import formats, rights
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Resource
from accounts.selectors import search
from loyalty.cockpit import navigation
from transactions.selectors import transactions

if TYPE_CHECKING:
    from loyalty.cockpit.site import CockpitSite

FOUND_MAX = 8
LENGTH_MAX = 100


def show(request: CockpitRequest, site: "CockpitSite") -> HttpResponse:
    """Answer the search box with a list, and whoever opens the address with a page of it."""
    text = request.GET.get("s", "").strip()[:LENGTH_MAX]
    found = find(request, text) if text else []
    pages = Paginator(found, max(len(found), 1))
    context = {"results": pages.page(1), "page_obj": pages, "query": text}
    if "HX-Request" in request.headers:
        return TemplateResponse(request, "cockpit/_found.html", context)
    return site.page(request, "cockpit/found.html", context | {"title": _("Search")})


def find(request: CockpitRequest, text: str) -> list[SearchResult]:
    """Return what a text may mean, of what is open to the person: at most two queries."""
    return [*_documents(request, text), *_customers(request, text), *_pages(request, text)]


def _customers(request: CockpitRequest, text: str) -> list[SearchResult]:
    if not rights.may(request.actor, Resource.CUSTOMER):
        return []
    return [
        SearchResult(
            title=customer.name or customer.email or str(customer.pk),
            description=", ".join(
                filter(None, (customer.email, customer.phone, customer.loyalty_card_number))
            )
            or _("Customer"),
            link=reverse("admin:accounts_customer_change", args=[customer.pk]),
            icon="person",
        )
        for customer in search.find_customers(request.store, text, limit=FOUND_MAX)
    ]


def _documents(request: CockpitRequest, text: str) -> list[SearchResult]:
    if not rights.may(request.actor, Resource.TRANSACTION):
        return []
    return [
        SearchResult(
            title=document.document_number,
            description=f"{formats.money(document.gross_value, request.store.currency)}, "
            f"{formats.moment(document.purchased_at)}",
            link=reverse("admin:transactions_transaction_change", args=[document.pk]),
            icon="receipt_long",
        )
        for document in transactions.list_by_number(request.store, text)[:FOUND_MAX]
    ]


def _pages(request: CockpitRequest, text: str) -> list[SearchResult]:
    return [
        SearchResult(title=title, description=_("Page"), link=url, icon=icon)
        for title, url, icon in navigation.entries(request)
        if text.lower() in title.lower()
    ]
