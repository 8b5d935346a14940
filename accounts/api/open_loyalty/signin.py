"""Chapter Authorization: sign in, renew, sign out. Source: PWD-1…3."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import caller_of
from accounts.directory import DirectoryUnavailable
from accounts.services import signin, tokens
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import PUBLIC, SIGNED_IN, OpenLoyaltyView, Rule
from loyalty.core.errors import DomainError
from loyalty.core.throttle import TooManyAttempts


class SignInForm(Form):
    # What is missing is simply wrong: 401, as the clients expect.
    _username = serializers.CharField(required=False, allow_blank=True, default="")
    _password = serializers.CharField(
        required=False, allow_blank=True, default="", trim_whitespace=False
    )


class RefreshForm(Form):
    refresh_token = serializers.CharField(required=False, allow_blank=True, default="")


class NoSession(DomainError):
    """A permanent token has no session to end."""

    code = "no_session"


class SignInView(OpenLoyaltyView):
    """What the three sign-ins have in common."""

    rules = {"POST": PUBLIC}
    counts_attempts = True
    takes_credentials = True
    forms = {"POST": FormOf(SignInForm)}
    # The record would keep tokens that anybody could ask for again.
    takes_idempotency_key = False

    def post(self, request: Request, **ids: str) -> Response:
        form = self.form()
        try:
            pair = self.sign_in(form["_username"], form["_password"], caller_of(request._request))
        except signin.BadCredentials as error:
            raise AuthenticationFailed(error.message) from error
        except TooManyAttempts as error:
            # In the layout of a 401, which is what the clients of this address read.
            return Response(
                {"code": 429, "message": error.message},
                status=429,
                headers={"Retry-After": str(error.wait_seconds)},
            )
        except DirectoryUnavailable as error:
            return Response({"code": 503, "message": error.message}, status=503)
        return _answer(pair)

    def sign_in(self, username: str, password: str, caller: signin.Caller) -> tokens.Pair:
        raise NotImplementedError


class StaffSignIn(SignInView):
    is_global = True

    def sign_in(self, username: str, password: str, caller: signin.Caller) -> tokens.Pair:
        return signin.sign_in_staff(username=username, password=password, caller=caller)


class SellerSignIn(SignInView):
    def sign_in(self, username: str, password: str, caller: signin.Caller) -> tokens.Pair:
        return signin.sign_in_seller(
            store=self.store, email=username, password=password, caller=caller
        )


class CustomerSignIn(SignInView):
    def sign_in(self, username: str, password: str, caller: signin.Caller) -> tokens.Pair:
        return signin.sign_in_customer(
            store=self.store, username=username, password=password, caller=caller
        )


class Refresh(OpenLoyaltyView):
    is_global = True
    takes_credentials = True
    rules = {"POST": PUBLIC}
    forms = {"POST": FormOf(RefreshForm)}
    takes_idempotency_key = False

    def post(self, request: Request, **ids: str) -> Response:
        try:
            return _answer(tokens.refresh(refresh_token=self.form()["refresh_token"]))
        except tokens.TokenRefused as error:
            raise AuthenticationFailed(error.message) from error


class Revoke(OpenLoyaltyView):
    is_global = True
    rules = {"GET": Rule(SIGNED_IN, resources=())}

    def get(self, request: Request, **ids: str) -> Response:
        if self.actor.session_uuid is None:
            raise NoSession
        tokens.revoke(session_uuid=self.actor.session_uuid)
        return Response()


def _answer(pair: tokens.Pair) -> Response:
    answer: dict[str, Any] = {"token": pair.token, "refresh_token": pair.refresh_token}
    return Response(answer)
