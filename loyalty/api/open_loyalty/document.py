"""The OpenAPI document of the Open Loyalty API, and the pages that show it."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache, wraps
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, include, path
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from loyalty.api.open_loyalty import answers
from loyalty.core.api import formats
from loyalty.core.api.schema import SECURITY_SCHEMES
from loyalty.failures import only_read

NAME = "open-loyalty-document"


@only_read
def document_json(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document())


@cache
def document() -> dict[str, Any]:
    """Return the document. Made once per process: no request changes what the views declare."""
    # Imported here: the addresses import this module.
    from loyalty.api.open_loyalty import urls

    # Each address once: those without a store's code repeat those with it.
    patterns = [
        path("api/<store_code:store_code>/", include(urls.store_patterns)),
        path("api/", include(urls.global_urls)),
    ]
    generator = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    made.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
    answers.describe(made)
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


REDOC_SCRIPT = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
# No picture at all: where its logo does not load, Redoc shows none.
NO_PICTURE = "data:,"


@only_read
@gzip_page
@cache_control(max_age=86400)
def redoc_script(request: HttpRequest) -> HttpResponse:
    """Answer Redoc as its package brings it, but for the logo that it would load from its maker."""
    return HttpResponse(_redoc(), content_type="text/javascript; charset=utf-8")


@cache
def _redoc() -> str:
    found = finders.find(REDOC_SCRIPT)
    assert isinstance(found, str), f"{REDOC_SCRIPT} is not installed"
    return Path(found).read_text(encoding="utf-8").replace(REDOC_LOGO, NO_PICTURE)


swagger = SpectacularSwaggerSplitView.as_view(**PAGE, template_name="api/swagger.html")
redoc = SpectacularRedocView.as_view(**PAGE, template_name="api/redoc.html")

urls: list[URLPattern] = [
    path("doc.json", document_json, name=NAME),
    path("doc", only_read(_closed(swagger))),
    path("redoc", only_read(_closed(redoc))),
    path("redoc.js", redoc_script, name="redoc-script"),
]
