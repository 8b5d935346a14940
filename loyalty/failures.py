"""What is answered where no view could: in the API's format below `/api/`, as a page elsewhere."""

from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

SAFE = ("GET", "HEAD")

# Without Django's look at the token of a form, which our pages have none of: it reads the body,
# and the body may be what was wrong.
_forbidden = unwrap(defaults.permission_denied)
_not_found = unwrap(defaults.page_not_found)
_bad_request = unwrap(defaults.bad_request)
_server_error = unwrap(defaults.server_error)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 400, "Bad Request") or _bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 403, "Forbidden") or _forbidden(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 404, "Not Found") or _not_found(request, exception)


def server_error(request: HttpRequest, **context: Any) -> HttpResponse:
    return _api(request, 500, "Internal Server Error") or _server_error(request)


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
