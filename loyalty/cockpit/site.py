"""The cockpit's site: sign-in, the frame around every page, and the pages that span contexts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.sites import UnfoldAdminSite

from accounts.cockpit import requests, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import StaffUser
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
        return isinstance(request.user, StaffUser) and request.user.is_staff

    def admin_view(self, view: AnyView, cacheable: bool = False) -> AnyView:
        return super().admin_view(self.framed(view), cacheable)  # type: ignore[no-any-return]

    def framed(self, view: AnyView) -> AnyView:
        """Prepare the request, work in the store's time zone, and answer refusals with a page."""

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            prepared = requests.prepare(request)
            with timezone.override(prepared.store.zone):
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
        response: HttpResponse = super().login(request, extra_context)
        if request.method == "POST":
            signin.record(request)
        return response

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return none: the menu is in `navigation`."""
        return []

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:index"))

    def extra_urls(self) -> list[URLPattern]:
        from loyalty.cockpit import dashboard_view, settings_view

        return [
            path("store/<str:code>/", self.admin_view(self.switch_store), name="switch_store"),
            path("settings/", self.admin_view(settings_view.show), name="settings"),
            path(
                "settings/history/", self.admin_view(settings_view.history), name="settings_history"
            ),
            path("", self.admin_view(dashboard_view.show), name="index"),
            path(
                "password_change/",
                self.admin_view(signin.change_password),
                name="password_change",
            ),
        ]

    def switch_store(self, request: CockpitRequest, code: str) -> HttpResponse:
        store = requests.choose_store(request, code)
        if store is None:
            raise Http404(code)
        messages.info(request, _("You are now working in %(store)s.") % {"store": store.name})
        return HttpResponseRedirect(reverse("admin:index"))

    def search(
        self, request: CockpitRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from loyalty.cockpit import search_view

        return search_view.show(request)


def rendered(response: HttpResponse) -> HttpResponse:
    """Render a lazy response now, while the store's time zone is active."""
    if isinstance(response, TemplateResponse) and not response.is_rendered:
        response.render()
    return response


# Django makes it of the class above when it is first asked for.
site = admin.site
