"""Translatable texts of a form: one child for each language, the default one obligatory."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers

from loyalty.core.api.forms import Form
from loyalty.core.selectors.languages import content_languages, default_code

_LOCALE = re.compile(r"[a-zA-Z]{2,3}([_-][a-zA-Z0-9]{2,8})?", re.ASCII)
LOCALES_MAX = 100


class TranslationsForm(Form):
    """
    Texts by locale.

    All languages of clients always stand in the form's layout; others come with the body.
    `child_form`: what stands below a locale. The default language's name is required.
    """

    child_form: ClassVar[type[Form]]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for place, (code, _name) in enumerate(content_languages()):
            fields[code] = self._field(code, is_default=place == 0)
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            for locale in list(data)[:LOCALES_MAX]:
                if locale not in self.fields and _LOCALE.fullmatch(str(locale)):
                    self.fields[locale] = self._field(locale, is_default=False)
        return super().to_internal_value(data)

    def _field(self, locale: str, *, is_default: bool) -> Form:
        field = self.child_form(required=False)
        if is_default:
            name: Any = field.fields["name"]
            name.required, name.allow_blank = True, False
        return field


class TranslatedForm(Form):
    # The base of forms with `translations`; no docstring: the document would show it.

    def to_internal_value(self, data: Any) -> Any:
        """As ever; where the default language is missing, it is what is faulty."""
        if isinstance(data, Mapping):
            texts = data.get("translations")
            if not texts or isinstance(texts, Mapping):
                data = {**data, "translations": {default_code(): {}, **(texts or {})}}
        return super().to_internal_value(data)


class NameField(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, **options)
