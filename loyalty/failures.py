"""What is answered where no view could: in the API's format below `/api/`, as a page elsewhere."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 400, "Bad Request") or defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 403, "Forbidden") or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api(request, 404, "Not Found") or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest, **context: Any) -> HttpResponse:
    return _api(request, 500, "Internal Server Error") or defaults.server_error(request)


def _api(request: HttpRequest, code: int, message: str) -> HttpResponse | None:
    if not request.path.startswith("/api"):
        return None
    return JsonResponse({"error": {"code": code, "message": message}}, status=code)
