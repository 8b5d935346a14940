"""A store's settings, and the values of the select fields in forms. Source: SET-1…13, SET-24."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core import store_settings
from loyalty.core.api import choices
from loyalty.core.api.forms import Form, FormOf, FormRefused
from loyalty.core.api.views import PUBLIC, SIGNED_IN, OpenLoyaltyView, Rule
from loyalty.core.models import Store
from loyalty.core.selectors import store_files
from loyalty.core.services import stores
from loyalty.core.store_settings import (
    Credentials,
    Flag,
    IdentifierOrder,
    Setting,
    TextSet,
    Whole,
    WholeOrNone,
)

OLDER_NAMES = ("accountActivationMethod", "allTimeActive", "pointsDaysActive")


class PriorityForm(Form):
    priority = serializers.IntegerField()
    field = serializers.ChoiceField(choices=store_settings.IDENTIFIERS)


def _field(setting: Setting[Any]) -> Any:
    """Describe a setting for the OpenAPI document; the registry itself checks it."""
    options: dict[str, Any] = {"required": False, "help_text": setting.help}
    if isinstance(setting, Flag):
        return serializers.BooleanField(**options)
    if isinstance(setting, Whole | WholeOrNone):
        return serializers.IntegerField(**options)
    if isinstance(setting, TextSet):
        return serializers.ListField(child=serializers.CharField(), **options)
    if isinstance(setting, IdentifierOrder):
        return PriorityForm(many=True, **options)
    if isinstance(setting, Credentials):
        return serializers.DictField(child=serializers.CharField(), **options)
    return serializers.CharField(**options)


SettingsForm = type(
    "SettingsForm",
    (Form,),
    {
        "__doc__": "Every setting of a store. Omitted flags become false, omitted lists empty.",
        "__module__": __name__,
        "currency": serializers.CharField(required=False),
        **{setting.wire: _field(setting) for setting in store_settings.documented()},
        "accountActivationMethod": serializers.CharField(required=False),
        "allTimeActive": serializers.BooleanField(required=False),
        "pointsDaysActive": serializers.IntegerField(required=False),
    },
)


class Settings(OpenLoyaltyView):
    resource = "SETTINGS"
    forms = {"POST": FormOf(SettingsForm, root="settings")}

    def get(self, request: Request, **ids: str) -> Response:
        return Response({"settings": _wire(self.store)})

    def post(self, request: Request, **ids: str) -> Response:
        own = {setting.wire for setting in store_settings.registry() if setting.is_own}
        form = {wire: value for wire, value in self.body("settings").items() if wire not in own}
        try:
            store = stores.change_settings(store=self.store, form=form, actor=self.actor)
        except store_settings.SettingsRefused as refusal:
            raise FormRefused(_layout(refusal.errors)) from refusal
        return Response({"settings": _wire(store)})


class PublicSettings(OpenLoyaltyView):
    rules = {"GET": Rule(SIGNED_IN, resources=())}

    def get(self, request: Request, **ids: str) -> Response:
        may_edit = self.store.settings.allow_customers_profile_edits
        return Response({"settings": {"allowCustomersProfileEdits": may_edit}})


class Activation(OpenLoyaltyView):
    """How accounts are activated: `…/activation-method` in 3.x, `…/activation` in 4.x."""

    rules = {"GET": PUBLIC}

    def get(self, request: Request, **ids: str) -> Response:
        settings = self.store.settings
        return Response(
            {
                "method": settings.preferred_communication_method.value,
                "required": settings.account_activation_required,
            }
        )


class Choices(OpenLoyaltyView):
    rules = {"GET": PUBLIC}

    def get(self, request: Request, *, type: str, **ids: str) -> Response:
        if type == "smsGatewayConfig":
            return Response({"fields": {store_settings.StoreSettings.sms_api_token.wire: "text"}})
        if type not in choices.LISTS:
            raise Http404
        return Response({"choices": choices.LISTS[type]()})


def _wire(store: Store) -> dict[str, Any]:
    return store.settings.as_wire() | store_files.describe_pictures(store)


def _layout(errors: dict[str, list[str]]) -> dict[str, Any]:
    wires = ["currency", *(setting.wire for setting in store_settings.documented()), *OLDER_NAMES]
    return {wire: {"errors": errors[wire]} if wire in errors else {} for wire in wires}
