"""What is answered where no view could: in the API's format below `/api/`, as a page elsewhere."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.template import loader
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.csrf import csrf_exempt

SAFE = ("GET", "HEAD")
# Until a database that was started anew, or a command that lost a deadlock, may be asked again.
WAIT_SECONDS = 5
# The classes of PostgreSQL's errors that pass: connections, deadlocks, resources, locks, its end.
PASSING = {"08", "40", "53", "55", "57"}

_TEXTS: dict[int, tuple[Promise, Promise]] = {
    400: (
        gettext_lazy("This was not understood"),
        gettext_lazy(
            "Something is wrong with the address or with what was sent. Nothing was changed."
        ),
    ),
    403: (
        gettext_lazy("This is not for you"),
        gettext_lazy("Your account may not open this page. Ask whoever manages the accounts."),
    ),
    404: (
        gettext_lazy("There is no such page"),
        gettext_lazy("The address may be mistyped, or what was here is gone."),
    ),
    500: (
        gettext_lazy("Something went wrong"),
        gettext_lazy(
            "It was written down for those who run this program. Look whether what you did was "
            "saved before you do it again."
        ),
    ),
    503: (
        gettext_lazy("One moment, please"),
        gettext_lazy("The program is not ready just now. Try again in a few seconds."),
    ),
}
_TOO_OLD = (
    gettext_lazy("This page was open for too long"),
    gettext_lazy("Nothing was saved. Go back, load the page again and send the form once more."),
)


@dataclass(frozen=True)
class Home:
    """The way out of a failure."""

    url: str
    name: str


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 400, "Bad Request") or _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 403, "Forbidden") or _page(request, 403)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or was another session's; usually a page left open."""
    return _api(request, 403, "Forbidden") or _page(request, 403, texts=_TOO_OLD)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 404, "Not Found") or _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault; of a database that cannot answer now, when to ask again."""
    if _passes(sys.exc_info()[1]):
        answer = _api(request, 503, "Service Unavailable") or _page(request, 503)
        answer["Retry-After"] = str(WAIT_SECONDS)
        return answer
    return _api(request, 500, "Internal Server Error") or _page(request, 500)


def _passes(error: BaseException | None) -> bool:
    """Tell whether the database could not answer just now; what it refuses is our fault."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    # A connection that was lost has no number.
    number: str | None = getattr(error.__cause__, "sqlstate", None)
    return number is None or number[:2] in PASSING


def only_read(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """
    Answer GET and HEAD alone, for the API's plain views: another method as its other views do.

    Django's own decorator answers with no body, and the look at a form's token before it with a
    page.
    """

    @csrf_exempt
    @wraps(view)
    def inner(request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE:
            return view(request)
        message = f'Method "{request.method}" not allowed.'
        refused = JsonResponse({"error": {"code": 405, "message": message}}, status=405)
        refused["Allow"] = ", ".join(SAFE)
        return refused

    return inner


def _api(request: HttpRequest, code: int, message: str) -> HttpResponse | None:
    if not request.path.startswith("/api"):
        return None
    return JsonResponse({"error": {"code": code, "message": message}}, status=code)


def _page(
    request: HttpRequest, code: int, *, texts: tuple[Promise, Promise] | None = None
) -> HttpResponse:
    title, text = texts or _TEXTS[code]
    words = {"title": title, "text": text, "home": _home(request.path)}
    # Without the request: what its context adds would ask the database who is signed in.
    return HttpResponse(loader.render_to_string("failure.html", words), status=code)


def _home(path: str) -> Home:
    if path.startswith("/cockpit"):
        return Home(resolve_url("admin:index"), gettext("To the cockpit"))
    if path.startswith("/pos"):
        return Home(resolve_url("pos:till"), gettext("To the till"))
    return Home(resolve_url("portal:home"), gettext("To your points"))
