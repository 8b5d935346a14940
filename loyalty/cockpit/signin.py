"""Staff sign-in by user name or e-mail, and changing one's own password."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AuthenticationForm

from accounts import authentication
from accounts.cockpit import requests
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.requests import CockpitRequest
from accounts.directory import DirectoryUnavailable
from accounts.models import Door, StaffUser
from accounts.services import own_password, passwords, signin, tokens
from loyalty.core import devices
from loyalty.core.throttle import TooManyAttempts

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # the theme is not typed
    """Sign-in by the same command as the API's, in plain words."""

    error_messages = {
        "invalid_login": gettext_lazy(
            "This name and password do not belong together. Please check both."
        ),
        "inactive": gettext_lazy("This account is not active. Ask an administrator."),
        "throttled": gettext_lazy("Too many attempts. Wait a quarter of an hour, then try again."),
        "unavailable": gettext_lazy("The staff directory does not answer. Please try again soon."),
    }

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = gettext_lazy("User name or e-mail")
        self.fields["username"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].widget.attrs["autocomplete"] = "current-password"
        if self.data.get("username"):
            # Most of the time it is the password that was wrong.
            del self.fields["username"].widget.attrs["autofocus"]
            self.fields["password"].widget.attrs["autofocus"] = True

    def clean(self) -> Any:
        """Look at the two together; what was left empty is told beside its field."""
        username = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if username and password:
            self.user_cache = self.admitted(username, password)
        return self.cleaned_data

    def admitted(self, username: str, password: str) -> StaffUser:
        device = devices.device_of(self.request)
        caller = authentication.caller_of(self.request, device=device)
        try:
            user = signin.admit_staff(username=username, password=password, caller=caller)
        except signin.Inactive as refusal:
            raise self.refusal("inactive") from refusal
        except signin.BadCredentials as refusal:
            raise self.refusal("invalid_login") from refusal
        except TooManyAttempts as refusal:
            raise self.refusal("throttled") from refusal
        except DirectoryUnavailable as refusal:
            raise self.refusal("unavailable") from refusal
        # Which of Django's ways in the session names; it is read at each page.
        user.backend = BACKEND
        self.request.is_password_weak = bool(passwords.weaknesses(password))
        self.request.device = device
        return user

    def refusal(self, code: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code)


def open_session(request: HttpRequest, response: HttpResponse) -> None:
    """Write down the sign-in that has just happened, so that it can be ended from elsewhere."""
    if not isinstance(request.user, StaffUser) or not hasattr(request, "device"):
        return
    caller = authentication.caller_of(request)
    written = tokens.open_browser_session(
        request.user,
        door=Door.COCKPIT,
        ip_address=caller.address,
        agent=caller.agent,
        expires_at=request.session.get_expiry_date(),
    )
    request.session[requests.SIGN_IN] = str(written.uuid)
    if getattr(request, "is_password_weak", False) and not request.user.is_from_directory:
        messages.warning(request, _("Your password is easy to guess. Please change it."))
    devices.keep(response, request.device)


def is_open(request: HttpRequest) -> bool:
    """Tell whether nobody has ended this browser's sign-in from elsewhere. One query."""
    uuid = requests.sign_in_of(request)
    return uuid is None or tokens.is_open(uuid)


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
        changed = own_password.change(
            principal=self.instance, current=data["current"], new=data["new"], actor=self.actor
        )
        assert isinstance(changed, StaffUser)
        return changed


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
