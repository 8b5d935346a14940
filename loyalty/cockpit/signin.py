"""Staff sign-in by user name or e-mail, and changing one's own password."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AuthenticationForm

from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.requests import CockpitRequest, actor_of
from accounts.models import StaffUser
from accounts.services import own_password
from loyalty.core.models import AuditEntry
from loyalty.core.services import audit

# So many wrong passwords from one address in so long a time, and it has to wait.
FAILURES_MAX = 10
FAILURES_WITHIN = timedelta(minutes=10)


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # the theme is not typed
    """Django's sign-in, in plain words, for an address that has not guessed too often."""

    error_messages = {
        "invalid_login": gettext_lazy(
            "This name and password do not belong together. Please check both."
        ),
        "inactive": gettext_lazy("This account is not active. Ask an administrator."),
        "throttled": gettext_lazy("Too many wrong passwords. Please wait ten minutes."),
    }

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = gettext_lazy("User name or e-mail")
        self.fields["username"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].widget.attrs["autocomplete"] = "current-password"

    def clean(self) -> Any:
        if self.request is not None and is_throttled(self.request):
            raise forms.ValidationError(self.error_messages["throttled"], code="throttled")
        return super().clean()

    def confirm_login_allowed(self, user: StaffUser) -> None:
        if not user.is_staff:
            raise forms.ValidationError(self.error_messages["inactive"], code="inactive")


def is_throttled(request: HttpRequest) -> bool:
    """Return whether an address has failed too often of late; the audit trail is the memory."""
    failures = AuditEntry.objects.filter(
        created_at__gte=timezone.now() - FAILURES_WITHIN,
        event_type="AuthenticationFailure",
        entity_type="Cockpit",
        data__ip=request.META.get("REMOTE_ADDR"),
    )
    return failures.count() >= FAILURES_MAX


def record(request: HttpRequest) -> None:
    """Write into the audit trail how an attempt to sign in has ended."""
    user = request.user
    address = request.META.get("REMOTE_ADDR")
    actor = actor_of(user, ip_address=address) if isinstance(user, StaffUser) else None
    audit.record(
        actor,
        store=None,
        event_type="AuthenticationSuccess" if actor else "AuthenticationFailure",
        entity_type="Cockpit",
        entity_id=actor.uuid if actor else "",
        data={} if actor else {"ip": address},
        now=timezone.now(),
    )


class PasswordForm(CommandForm):
    current = forms.CharField(
        label=gettext_lazy("Present password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )
    new = forms.CharField(
        label=gettext_lazy("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=gettext_lazy(
            "At least 8 characters, with a lowercase and an uppercase letter, a digit and a "
            "special character."
        ),
    )
    sections = (Section(gettext_lazy("Change password"), ("current", "new")),)

    def run(self, data: dict[str, Any]) -> StaffUser:
        return own_password.change(
            staff=self.instance, current=data["current"], new=data["new"], actor=self.actor
        )


def change_password(request: CockpitRequest) -> HttpResponse:
    """Change one's own password, and stay signed in here."""
    from loyalty.cockpit.site import site

    options: dict[str, Any] = {
        "store": request.store,
        "actor": request.actor,
        "instance": request.user,
    }
    form = PasswordForm(request.POST if request.method == "POST" else None, **options)
    if request.method == "POST":
        is_done, staff = form.submit()
        if is_done:
            update_session_auth_hash(request, staff)
            messages.success(request, _("Your password was changed."))
            return HttpResponseRedirect(reverse("admin:index"))
    title = _("Change password")
    context = {
        "title": title,
        "crumbs": [(title, "")],
        "form": form,
        "cancel_url": reverse("admin:index"),
    }
    return TemplateResponse(request, "cockpit/form.html", site.each_context(request) | context)
