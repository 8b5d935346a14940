"""Languages, and the texts of clients in them. Source: TRN-1…4."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core.api import formats
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import PUBLIC, OpenLoyaltyView
from loyalty.core.models import Language
from loyalty.core.selectors import languages as selectors
from loyalty.core.services import languages
from loyalty.core.services.languages import LanguageData

UTC = ZoneInfo("UTC")
SORTS = {
    "code": lambda language: language.code,
    "name": lambda language: language.name.casefold(),
    "default": lambda language: language.is_default,
    "order": lambda language: language.order,
    "updatedAt": lambda language: language.updated_at,
}


class LanguageForm(Form):
    name = serializers.CharField(max_length=255)
    default = serializers.BooleanField(source="is_default", required=False, default=False)
    order = serializers.IntegerField(required=False, default=0)
    content = serializers.CharField(max_length=languages.CONTENT_MAX)


class NewLanguageForm(LanguageForm):
    code = serializers.CharField(max_length=16)


class Translations(OpenLoyaltyView):
    """The texts of one language, for clients that nobody has signed in to yet."""

    rules = {"GET": PUBLIC}
    query = ("_locale",)

    def get(self, request: Request, **ids: Any) -> Response:
        return Response(selectors.texts_for(request.query_params.get("_locale")))


class Languages(OpenLoyaltyView):
    resource = "SETTINGS"
    forms = {"POST": FormOf(NewLanguageForm, root="translation")}

    def get(self, request: Request, **ids: Any) -> Response:
        found = selectors.list_languages()
        query = request.query_params
        if key := SORTS.get(query.get("sort", "")):
            found.sort(key=key, reverse=str(query.get("direction", "")).upper() == "DESC")
        page, size = self.page()
        shown = found[(page - 1) * size : page * size]
        return Response({"translations": [_row(each) for each in shown], "total": len(found)})

    def post(self, request: Request, **ids: Any) -> Response:
        values = self.form()
        code = values.pop("code")
        created = languages.create(code=code, data=LanguageData(**values), actor=self.actor)
        return Response(_whole(created))


class LanguageDetails(OpenLoyaltyView):
    resource = "SETTINGS"
    forms = {"PUT": FormOf(LanguageForm, root="translation")}

    def get(self, request: Request, *, code: str, **ids: Any) -> Response:
        return Response(_whole(selectors.get_language(code)))

    def put(self, request: Request, *, code: str, **ids: Any) -> Response:
        selectors.get_language(code)
        data = LanguageData(**self.form())
        return Response(_whole(languages.update(code=code, data=data, actor=self.actor)))

    def delete(self, request: Request, *, code: str, **ids: Any) -> Response:
        languages.delete(code=code, actor=self.actor)
        return Response({})


def _row(language: Language) -> dict[str, Any]:
    return {
        "code": language.code,
        "name": language.name,
        "default": language.is_default,
        "order": language.order,
        "updatedAt": formats.date_time(language.updated_at, UTC),
    }


def _whole(language: Language) -> dict[str, Any]:
    content = json.dumps(selectors.content_of(language), ensure_ascii=False, indent=1)
    return _row(language) | {"content": content}
