"""The OpenAPI document of the Open Loyalty API, and the pages that show it."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, include, path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

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
    return made


# These pages are public, and a token that ran out must not close them.
PAGE: dict[str, Any] = {"authentication_classes": [], "permission_classes": [], "url_name": NAME}

urls: list[URLPattern] = [
    path("doc.json", document_json, name=NAME),
    path("doc", SpectacularSwaggerSplitView.as_view(**PAGE)),
    path("redoc", SpectacularRedocView.as_view(**PAGE)),
]
