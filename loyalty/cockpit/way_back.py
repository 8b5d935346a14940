"""The cockpit's pages for staff, and sellers, who forgot their password (PWD-5…7)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.authentication import ip_address_of
from accounts.services import password_resets
from loyalty.core import devices
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import DEFAULT_STORE_CODE
from loyalty.core.selectors.stores import find_open
from loyalty.core.throttle import Place, TooManyAttempts

CLOSED = gettext_lazy("Too many attempts. Wait a quarter of an hour, then try again.")
ASKED_ALREADY = gettext_lazy(
    "A new password was asked for within the last day. Use the mail that we sent then."
)
PASSWORD_MAX = 4096


class ForgotForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("User name or e-mail"),
        max_length=password_resets.NAME_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )


class ResetForm(forms.Form):
    new = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=PASSWORD_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "At least 8 characters, with a lowercase and an uppercase letter, a digit and a "
            "special character."
        ),
    )
    again = forms.CharField(
        label=gettext_lazy("The same once more"),
        max_length=PASSWORD_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if "new" in values and "again" in values and values["new"] != values["again"]:
            self.add_error("again", gettext("This is not the same as above."))
        return values


@require_http_methods(["GET", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a mail; the answer is the same for every name."""
    form = ForgotForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        status = _ask(request, form)
    is_sent = form.is_bound and not form.errors
    return _page(request, "forgot", {"form": form, "is_sent": is_sent}, status)


def _ask(request: HttpRequest, form: ForgotForm) -> int:
    """Write the wish down; return the status to answer with."""
    store = find_open(DEFAULT_STORE_CODE)
    if store is None:
        return 200
    name, place = form.cleaned_data["username"], Place(ip_address_of(request))
    try:
        password_resets.request_for_personnel(store=store, name=name, place=place)
    except password_resets.AskedAlready:
        form.add_error(None, gettext(str(ASKED_ALREADY)))
        return 422
    except TooManyAttempts:
        form.add_error(None, gettext(str(CLOSED)))
        return 429
    return 200


@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password by the link from a mail. Opening it changes nothing."""
    form = ResetForm(request.POST if request.method == "POST" else None)
    device = devices.device_of(request)
    place = Place(ip_address_of(request), device)
    try:
        if not form.is_valid():
            password_resets.find(token=token, place=place)
            return _page(request, "reset", {"form": form}, 422 if form.is_bound else 200)
        done = password_resets.reset_password(
            token=token, new=form.cleaned_data["new"], place=place
        )
    except InvalidFields as refusal:
        for sentence in refusal.errors["new"]:
            form.add_error("new", gettext(sentence))
        return _page(request, "reset", {"form": form}, 422)
    except DomainError as refusal:
        status = 429 if isinstance(refusal, TooManyAttempts) else 404
        return _page(request, "reset", {"is_over": True}, status)
    values = {"is_done": True, "sign_in_url": reverse("admin:login") if done.staff else ""}
    response = _page(request, "reset", values)
    if done.staff is not None:
        devices.keep(response, device)
    return response


def _page(
    request: HttpRequest, template: str, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    from loyalty.cockpit.site import site

    links = {"forgot_url": reverse("admin:password_forgot"), "sign_in_url": reverse("admin:login")}
    context = site.each_context(request) | links | values
    response = render(request, f"cockpit/{template}.html", context, status=status)
    add_never_cache_headers(response)
    # The link is in the address: no other site may learn it.
    response["Referrer-Policy"] = "same-origin"
    return response
