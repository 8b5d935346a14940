"""What the logs of what was sent have alike: whose it is, and how it is found by its customer."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin.ledger import customer_link
from accounts.cockpit import formats
from accounts.cockpit.base import ReadOnlyAdmin
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Customer

# How many customers a search looks at: an address and a number are one's own.
FOUND_MAX = 100


class SentLogAdmin(ReadOnlyAdmin):
    """Rows that name a customer by number alone: `customer_id` is no foreign key."""

    ordering = ("-pk",)
    sortable_by = ("at",)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        known = Customer.objects.in_store(request.store)  # type: ignore[attr-defined]
        found = (
            known.filter(email__iexact=text)
            | known.filter(phone=text)
            | known.filter(loyalty_card_number__iexact=text)
            | known.filter(uuid__in=uuids(text))
        )
        ids = list(found.values_list("pk", flat=True)[:FOUND_MAX])
        return queryset.filter(customer_id__in=ids), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        ids = {row.customer_id for row in changelist.result_list if row.customer_id}
        owners = Customer.objects.in_store(request.store).in_bulk(ids)  # type: ignore[attr-defined]
        for row in changelist.result_list:
            row.owner = owners.get(row.customer_id)
        return changelist

    @admin.display(description=gettext_lazy("When"), ordering="pk")
    def at(self, line: Any) -> str:
        return formats.time_tag(line.created_at)

    @admin.display(description=gettext_lazy("Customer"))
    def customer(self, line: Any) -> str:
        return customer_link(line.owner) if line.owner else formats.EMPTY

    def link_to_owner(self, request: CockpitRequest, line: Any) -> str:
        """Return on the page of one line what `customer` says in the list."""
        if not line.customer_id:
            return formats.EMPTY
        owner = Customer.objects.in_store(request.store).filter(pk=line.customer_id).first()
        return customer_link(owner) if owner else formats.EMPTY


def uuids(text: str) -> list[UUID]:
    """Return the id that a text is, or none."""
    try:
        return [UUID(text)]
    except ValueError:
        return []
