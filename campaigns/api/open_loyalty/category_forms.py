"""What the calls about categories take. Source: CAT-1."""

from typing import Any

from rest_framework import serializers

from campaigns.api.open_loyalty.translations import NameField, TranslatedForm, TranslationsForm
from campaigns.services.categories import CategoryData
from loyalty.core.api.forms import Form


class CategoryTextForm(Form):
    name = NameField()


class CategoryTextsForm(TranslationsForm):
    child_form = CategoryTextForm


class CategoryForm(TranslatedForm):
    """A whole category, as it is created and replaced."""

    translations = CategoryTextsForm()
    active = serializers.BooleanField(required=False, source="is_active")
    sortOrder = serializers.IntegerField(source="sort_order")


class CategoryActiveForm(Form):
    active = serializers.BooleanField(source="is_active")


def category_data(values: dict[str, Any]) -> CategoryData:
    """Turn a checked `CategoryForm` into the command's argument. Without `active` it is off."""
    return CategoryData(
        names={locale: text.get("name", "") for locale, text in values["translations"].items()},
        sort_order=values["sort_order"],
        is_active=values.get("is_active", False),
    )
