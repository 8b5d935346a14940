"""Pictures, conditions, style sheet and manifest of a store. Source: SET-20…23."""

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import PUBLIC, OpenLoyaltyView
from loyalty.core.errors import NotFound
from loyalty.core.models import CONDITIONS, DEFAULT_STORE_CODE, PictureName
from loyalty.core.selectors import store_files as selectors
from loyalty.core.selectors.store_files import Shown
from loyalty.core.services import store_files

# Browsers ask for a logo on every page.
FRESH_SECONDS = 300
THEME_COLOUR, BACKGROUND_COLOUR = "#0c4742", "#ffffff"


class FileForm(Form):
    file = serializers.FileField()


class Picture(OpenLoyaltyView):
    """`settings/photo/<name>`, and `settings/logo` and its like, whose name stands in the map."""

    resource = "SETTINGS"
    rules = {"GET": PUBLIC}
    forms = {"POST": FormOf(FileForm, root="photo")}

    def get(self, request: Request, *, name: str, size: str | None = None, **ids: Any) -> Any:
        if size is not None and size not in selectors.SIZES:
            raise NotFound
        return _shown(selectors.find_picture(self.store, _named(name), size))

    def post(self, request: Request, *, name: str, **ids: Any) -> Response:
        upload = self.form()["file"]
        store_files.set_picture(
            store=self.store, name=_named(name), upload=upload, actor=self.actor
        )
        return Response()

    def delete(self, request: Request, *, name: str, **ids: Any) -> Response:
        store_files.remove(store=self.store, name=_named(name).value, actor=self.actor)
        return Response()


class PictureCopy(Picture):
    """A small copy of a picture; it comes and goes with the picture."""

    http_method_names = ["get", "head", "options"]


class ConditionsFile(OpenLoyaltyView):
    resource = "SETTINGS"
    rules = {"GET": PUBLIC}
    forms = {"POST": FormOf(FileForm, root="conditions")}

    def get(self, request: Request, **ids: Any) -> HttpResponse:
        found = selectors.find_conditions(self.store)
        if found is None:
            raise NotFound
        return _shown(found)

    def post(self, request: Request, **ids: Any) -> Response:
        upload = self.form()["file"]
        store_files.set_conditions(store=self.store, upload=upload, actor=self.actor)
        return Response()

    def delete(self, request: Request, **ids: Any) -> Response:
        store_files.remove(store=self.store, name=CONDITIONS, actor=self.actor)
        return Response()


class TermsConditions(OpenLoyaltyView):
    """`/terms-conditions`: the store's file, or else the address that it names."""

    rules = {"GET": PUBLIC}

    def get(self, request: Request, **ids: Any) -> HttpResponse:
        found = selectors.find_conditions(self.store)
        if found is not None:
            return _shown(found)
        if address := self.store.settings.program_conditions_url:
            return HttpResponseRedirect(address)
        raise NotFound


class ConditionsUrl(OpenLoyaltyView):
    """Where customers read the conditions: the address in the settings, or else the file's."""

    rules = {"GET": PUBLIC}

    def get(self, request: Request, **ids: Any) -> Response:
        address = self.store.settings.program_conditions_url
        if not address and selectors.has_conditions(self.store):
            code = self.store.code
            place = "" if code == DEFAULT_STORE_CODE else f"/{code}"
            address = request.build_absolute_uri(f"{place}/terms-conditions")
        return Response({"url": address})


class StyleSheet(OpenLoyaltyView):
    rules = {"GET": PUBLIC}
    query = ("json",)

    def get(self, request: Request, **ids: Any) -> HttpResponse:
        css = self.store.settings.css_template
        if self.query_flag("json"):
            return Response({"css": css})
        return HttpResponse(css, content_type="text/css; charset=utf-8")


class Manifest(OpenLoyaltyView):
    """What a browser needs to install the customers' pages (SET-23)."""

    rules = {"GET": PUBLIC}

    def get(self, request: Request, **ids: Any) -> HttpResponse:
        settings = self.store.settings
        pictures = selectors.describe_pictures(self.store)
        icons = [
            {
                "src": request.build_absolute_uri(
                    f"/api/{self.store.code}/{pictures[name]['path']}/{size}"
                ),
                "sizes": size,
                "type": selectors.SVG if pictures[name]["mime"] == selectors.SVG else "image/png",
            }
            for name, size in (("small-logo", "192x192"), ("logo", "512x512"))
        ]
        return JsonResponse(
            {
                "name": settings.program_name,
                "short_name": settings.program_name,
                "icons": icons,
                "start_url": "/",
                "display": "standalone",
                "background_color": BACKGROUND_COLOUR,
                "theme_color": settings.accent_color or THEME_COLOUR,
            },
            content_type="application/manifest+json",
        )


def _named(name: str) -> PictureName:
    try:
        return PictureName(name)
    except ValueError as error:
        raise NotFound from error


def _shown(file: Shown) -> HttpResponse:
    answer = HttpResponse(file.content, content_type=file.mime_type)
    answer["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(file.name, safe='')}"
    answer["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    if file.mime_type.startswith("image/"):
        # Whatever somebody managed to upload, a browser that opens it runs nothing of it. Not for
        # PDF: browsers' own viewers do not open it in a sandbox.
        answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
