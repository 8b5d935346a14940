"""The cockpit's site: sign-in, the frame around every page, and the pages that span contexts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.sites import UnfoldAdminSite

from accounts.cockpit import requests, rights, way_back
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import StaffUser
from accounts.services import tokens
from loyalty.cockpit import signin

AnyView = Callable[..., HttpResponse]


class CockpitSite(UnfoldAdminSite):  # type: ignore[misc]  # the theme is not typed
    """Staff's door. Every view behind it knows its actor and its store."""

    site_title = gettext_lazy("Loyalty cockpit")
    index_title = gettext_lazy("Dashboard")
    login_form = signin.SignInForm
    login_template = "cockpit/login.html"
    empty_value_display = "–"

    def register(self, model: Any, admin_class: Any = None, **options: Any) -> None:
        """Take our own screens only: Django brings one for groups, which rights here know not."""
        if admin_class is not None and issubclass(admin_class, CockpitAdmin):
            super().register(model, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, StaffUser) and user.is_staff and signin.is_open(request)

    def admin_view(self, view: AnyView, cacheable: bool = False) -> AnyView:
        return super().admin_view(self.framed(view), cacheable)  # type: ignore[no-any-return]

    def framed(self, view: AnyView) -> AnyView:
        """Prepare the request, work in the store's time zone, and answer refusals with a page."""

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            requests.refuse_null(request)
            prepared = requests.prepare(request)
            with (
                timezone.override(prepared.store.zone),
                rights.looking(prepared.actor),
                way_back.making(prepared),
            ):
                try:
                    return rendered(view(prepared, *args, **kwargs))
                except PermissionDenied as refusal:
                    return rendered(self.refused(prepared, refusal))
                except Http404:
                    return rendered(self.not_found(prepared))

        return inner

    def refused(self, request: CockpitRequest, refusal: PermissionDenied) -> HttpResponse:
        """Name the right that is missing, and who can give it."""
        is_named = isinstance(refusal, rights.RightMissing)
        context = {
            "title": _("You need another right"),
            "resource": word(refusal.resource.label) if is_named else "",  # type: ignore[attr-defined]
            "access": word(refusal.access.label) if is_named else "",  # type: ignore[attr-defined]
        }
        return self.page(request, "cockpit/refused.html", context, status=403)

    def not_found(self, request: CockpitRequest) -> HttpResponse:
        context = {"title": _("Not found")}
        return self.page(request, "cockpit/not_found.html", context, status=404)

    def page(
        self,
        request: CockpitRequest,
        template: str,
        context: dict[str, Any],
        status: int = 200,
    ) -> TemplateResponse:
        """Render a page of the site's own in its shell."""
        shell = self.each_context(request) | {"crumbs": [(context["title"], "")]}
        return TemplateResponse(request, template, shell | context, status=status)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and not self.has_permission(request):
            # Of a browser that was signed out from elsewhere, Django would keep the person.
            logout(request)
        links = {"forgot_url": reverse("admin:password_forgot")}
        response: HttpResponse = super().login(request, links | (extra_context or {}))
        if request.method == "POST":
            signin.open_session(request, response)
        return response

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if (uuid := requests.sign_in_of(request)) is not None:
            tokens.revoke(session_uuid=uuid)
        response: HttpResponse = super().logout(request, extra_context)
        return response

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return none: the menu is in `navigation`."""
        return []

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:index"))

    def extra_urls(self) -> list[URLPattern]:
        from loyalty.cockpit import urls

        switch = self.admin_view(self.switch_store)
        return [*urls.patterns(self), path("store/<str:code>/", switch, name="switch_store")]

    def switch_store(self, request: CockpitRequest, code: str) -> HttpResponse:
        if all(store.code != code for store in request.stores):
            raise Http404(code)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        store = requests.choose_store(request, code)
        assert store is not None
        messages.info(request, _("You are now working in %(store)s.") % {"store": store.name})
        return HttpResponseRedirect(reverse("admin:index"))

    def search(
        self, request: CockpitRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from loyalty.cockpit import search_view

        return search_view.show(request, self)


def rendered(response: HttpResponse) -> HttpResponse:
    """Render a lazy response now, while the store's time zone is active."""
    if isinstance(response, TemplateResponse) and not response.is_rendered:
        response.render()
    return response


# Django makes it of the class above when it is first asked for.
site = admin.site
