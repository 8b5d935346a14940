"""Where a member of staff is signed in, or somebody whom they look after; and "sign out there"."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import access
from accounts.cockpit import requests, rights
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Access, Customer, PrincipalKind, Resource, Seller, StaffUser
from accounts.selectors import sign_ins
from accounts.services import tokens
from loyalty.core.errors import NotFound

Person = StaffUser | Seller | Customer
RESOURCES = {
    PrincipalKind.STAFF: Resource.ADMIN,
    PrincipalKind.SELLER: Resource.SELLER,
    PrincipalKind.CUSTOMER: Resource.CUSTOMER,
}


def show_own(request: CockpitRequest) -> HttpResponse:
    """List one's own sign-ins; nobody needs a right for that."""
    lead = _("If you do not know one of these, sign out there and change your password.")
    return _show(request, request.user, requests.sign_in_of(request), lead, may_end=True)


def show_one(request: CockpitRequest, kind: str, person: UUID) -> HttpResponse:
    """List the sign-ins of a customer or seller of this store, or of a member of staff."""
    if kind not in PrincipalKind.values:
        raise Http404(kind)
    resource = RESOURCES[PrincipalKind(kind)]
    rights.require(request.actor, resource, Access.VIEW)
    found = _find(request, PrincipalKind(kind), person)
    may_end = request.actor.can_modify(resource)
    if request.method == "POST":
        rights.require(request.actor, resource, Access.MODIFY)
    lead = _("Where %(person)s is signed in.") % {"person": found}
    here = requests.sign_in_of(request) if found.uuid == request.actor.uuid else None
    return _show(request, found, here, lead, may_end=may_end)


def _find(request: CockpitRequest, kind: PrincipalKind, uuid: UUID) -> Person:
    try:
        if kind == PrincipalKind.CUSTOMER:
            return access.get_customer(request.actor, request.store, str(uuid))
        if kind == PrincipalKind.SELLER:
            return access.get_seller(request.actor, request.store, str(uuid))
        return access.get_staff(request.actor, uuid)
    except NotFound as refusal:
        raise Http404(uuid) from refusal


def _show(
    request: CockpitRequest, person: Person, here: UUID | None, lead: str, *, may_end: bool
) -> HttpResponse:
    from loyalty.cockpit.site import site

    if request.method == "POST":
        return _end(request, person, here)
    context: dict[str, Any] = {
        "title": _("Sign-ins"),
        "lead": lead,
        "rows": sign_ins.list_for(person, here=here, now=timezone.now()),
        "may_end": may_end,
        "all_label": _("Sign out everywhere else") if here else _("Sign out everywhere"),
    }
    shell = site.each_context(request) | {"crumbs": [(context["title"], "")]}
    return TemplateResponse(request, "cockpit/sign_ins.html", shell | context)


def _end(request: CockpitRequest, person: Person, here: UUID | None) -> HttpResponse:
    only = None
    if "others" not in request.POST:
        try:
            only = UUID(request.POST.get("session", ""))
        except ValueError as error:
            raise Http404 from error
    tokens.end_sessions(person, actor=request.actor, only=only, but=here)
    messages.success(request, _("Signed out there."))
    return HttpResponseRedirect(request.path or reverse("admin:sign_ins"))
