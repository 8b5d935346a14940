"""The avatar of a customer: `GET`, `POST` and `DELETE customer/<customer>/avatar` (CUS-50)."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.open_loyalty.customers import CustomerView
from accounts.services import avatars
from loyalty.core import pictures
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import SIGNED_IN, Rule


class AvatarForm(Form):
    file = serializers.FileField()


class Avatar(CustomerView):
    rules = {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN), "DELETE": Rule(SIGNED_IN)}
    forms = {"POST": FormOf(AvatarForm, root="avatar")}

    def get(self, request: Request, **ids: Any) -> HttpResponse:
        avatar = self.customer().avatar
        if not avatar:
            return Response(status=204)
        try:
            with avatar.open("rb") as file:
                content = file.read()
        except FileNotFoundError:  # the media folder was not moved along
            return Response(status=204)
        return HttpResponse(content, content_type=pictures.content_type(str(avatar.name)))

    def post(self, request: Request, **ids: Any) -> Response:
        customer = self.customer()
        avatars.upload(customer=customer, file=self.form()["file"], actor=self.actor)
        return Response(status=204)

    def delete(self, request: Request, **ids: Any) -> Response:
        avatars.remove(customer=self.customer(), actor=self.actor)
        return Response(status=204)
