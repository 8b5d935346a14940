"""The one place where exceptions become Open Loyalty's answers. Source: GEN-2…4."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from loyalty.core.api import forms
from loyalty.core.errors import DomainError, KeyReused, NotFound, OfAllStores
from loyalty.core.throttle import TooManyAttempts


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal in the door's format; None: the exception is ours to mend, and is raised."""
    if isinstance(error, forms.FormRefused):
        return Response(error.answer, status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, DomainError):
        return _of_command(error, getattr(context.get("view"), "bound_form", None))
    if isinstance(error, exceptions.ValidationError):
        return Response(
            {"form": {"children": {}}, "errors": forms._texts(error.detail)},
            status=status.HTTP_400_BAD_REQUEST,
        )
    if isinstance(error, Http404):
        return answer(404, "Not Found")
    if isinstance(error, PermissionDenied):
        return answer(403, "Forbidden")
    if isinstance(error, RequestDataTooBig):
        return answer(413, "Request body too large.")
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    return None


def answer(code: int, message: str) -> Response:
    return Response({"error": {"code": code, "message": message}}, status=code)


def _of_command(error: DomainError, form: Any) -> Response:
    if isinstance(error, NotFound):
        return answer(404, "Not Found")
    if isinstance(error, OfAllStores):
        return answer(403, "Forbidden")
    if isinstance(error, KeyReused):
        return answer(422, error.message)
    if isinstance(error, TooManyAttempts):
        refused = answer(429, error.message)
        refused["Retry-After"] = str(error.wait_seconds)
        return refused
    refusal = forms.refusal_of(form, error) if form is not None else None
    if refusal is not None:
        return Response(refusal.answer, status=status.HTTP_400_BAD_REQUEST)
    return Response({"error": error.message}, status=status.HTTP_400_BAD_REQUEST)


def _of_framework(error: exceptions.APIException) -> Response:
    code = error.status_code
    if isinstance(error, exceptions.AuthenticationFailed | exceptions.NotAuthenticated):
        # The layout of the original's JWT library; clients read `message`.
        response = Response({"code": 401, "message": str(error.detail)}, status=401)
        response["WWW-Authenticate"] = "Bearer"
        return response
    messages = {403: "Forbidden", 404: "Not Found"}
    response = answer(code, messages.get(code, str(error.detail)))
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait))
    return response
