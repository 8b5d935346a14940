"""The OpenAPI document of the Open Loyalty API, and the pages that show it."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, include, path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from loyalty.core.api import formats
from loyalty.core.api.schema import SECURITY_SCHEMES

NAME = "open-loyalty-document"


@require_safe
def document_json(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document())


@cache
def document() -> dict[str, Any]:
    """Return the document. Made once per process: no request changes what the views declare."""
    # Imported here: the addresses import this module.
    from loyalty.api.open_loyalty import urls

    # Each address once: those without a store's code repeat those with it.
    patterns = [
        path("api/<store_code:store_code>/", include(urls.store_urls)),
        path("api/", include(urls.global_urls)),
    ]
    generator = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    made.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
    plain: dict[str, Any] = _with_plain_numbers(made)
    return plain


def _with_plain_numbers(node: Any) -> Any:
    """Write bounds that are Decimals as JSON numbers; the JSON encoder would write texts."""
    if isinstance(node, dict):
        return {key: _with_plain_numbers(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_with_plain_numbers(value) for value in node]
    return formats.number(node) if isinstance(node, Decimal) else node


# These pages are public, and a token that ran out must not close them.
PAGE: dict[str, Any] = {"authentication_classes": [], "permission_classes": [], "url_name": NAME}
# Nothing from elsewhere, whatever the two scripts would like to load.
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:"
)

View = Callable[..., HttpResponseBase]


def _closed(view: View) -> View:
    """Let a page load only what this server serves."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        return response

    return inner


swagger = SpectacularSwaggerSplitView.as_view(**PAGE, template_name="api/swagger.html")
redoc = SpectacularRedocView.as_view(**PAGE, template_name="api/redoc.html")

urls: list[URLPattern] = [
    path("doc.json", document_json, name=NAME),
    path("doc", _closed(swagger)),
    path("redoc", _closed(redoc)),
]
