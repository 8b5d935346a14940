"""Open Loyalty's chapter Customer: codes, links, and devices. Source: ACT-1…6, CUS-55."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.open_loyalty.customers import CustomerView
from accounts.api.open_loyalty.fields import Phone
from accounts.authentication import ip_address_of
from accounts.services import customers, own_data, push_tokens
from loyalty.core import throttle
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import (
    ADMIN,
    CUSTOMER,
    PUBLIC,
    SELLER,
    SIGNED_IN,
    OpenLoyaltyView,
    Rule,
)
from loyalty.core.throttle import Attempt, Place


class PhoneForm(Form):
    phone = Phone()


class PushyTokenForm(Form):
    pushyToken = serializers.CharField(source="token")


def _place(request: Request) -> throttle.Place:
    return throttle.Place(ip_address_of(request._request))


class ActivateByToken(OpenLoyaltyView):
    """`POST customer/activate/<token>`: whoever was sent the link (ACT-1)."""

    rules = {"POST": PUBLIC}
    counts_attempts = True
    # A wrong one must be counted, and a record that is rolled back would take that back.
    takes_idempotency_key = False

    def post(self, request: Request, **ids: Any) -> Response:
        with throttle.code_entry("activation", _place(request)):
            customers.activate_by_token(store=self.store, token=str(self.kwargs["token"]))
        return Response()


class ActivateByCode(OpenLoyaltyView):
    """`POST customer/activate-sms/<token>`: whoever was sent the code (ACT-2)."""

    rules = {"POST": PUBLIC}
    counts_attempts = True
    # A wrong one must be counted, and a record that is rolled back would take that back.
    takes_idempotency_key = False

    def post(self, request: Request, **ids: Any) -> Response:
        with throttle.code_entry("activation", _place(request)):
            customers.activate_by_code(store=self.store, secret=str(self.kwargs["token"]))
        return Response(status=204)


class SendCode(CustomerView):
    """`POST admin/customer/<customer>/send-sms-code`: the way in, once more (ACT-4)."""

    rules = {"POST": Rule(ADMIN)}

    def post(self, request: Request, **ids: Any) -> Response:
        customers.resend_activation(customer=self.customer(), actor=self.actor)
        return Response()


class SellerSendCode(SendCode):
    rules = {"POST": Rule(SELLER)}


class SendCodeToPhone(OpenLoyaltyView):
    """`POST customer/customer-phone/send-sms-code`: says nothing of whose the number is (ACT-4)."""

    rules = {"POST": PUBLIC}
    counts_attempts = True
    forms = {"POST": FormOf(PhoneForm)}
    takes_idempotency_key = False

    def post(self, request: Request, **ids: Any) -> Response:
        # Every wish counts: text messages cost money.
        throttle.begin(Attempt("send-code", "", Place(ip_address_of(request._request))))
        customers.resend_activation_to(store=self.store, **self.form())
        return Response()


class ConfirmChange(OpenLoyaltyView):
    """`POST customer/confirm-change/<token>`: the customer's own new address counts (ACT-6)."""

    rules = {"POST": Rule(CUSTOMER)}
    # A wrong code must be counted, and a record that is rolled back would take that back.
    takes_idempotency_key = False

    def post(self, request: Request, **ids: Any) -> Response:
        customer = access.get_customer(self.actor, self.store, str(self.actor.uuid))
        customers.confirm_change(customer=customer, secret=str(self.kwargs["token"]))
        return Response(status=204)


class PushyTokens(CustomerView):
    """`GET` and `POST customer/<customer>/pushy-token` (CUS-55)."""

    rules = {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN)}
    forms = {"POST": FormOf(PushyTokenForm, root="customer")}

    def get(self, request: Request, **ids: Any) -> Response:
        return Response({"tokens": push_tokens.list_tokens(self.customer())})

    def post(self, request: Request, **ids: Any) -> Response:
        customer = self.customer()
        push_tokens.add(customer=customer, actor=self.actor, **self.form())
        return Response(status=204)


class PushyToken(CustomerView):
    """`DELETE customer/<customer>/pushy-token/<token>` (CUS-55)."""

    rules = {"DELETE": Rule(SIGNED_IN)}

    def delete(self, request: Request, **ids: Any) -> Response:
        push_tokens.remove(
            customer=self.customer(), token=str(self.kwargs["token"]), actor=self.actor
        )
        return Response(status=204)


class OwnData(CustomerView):
    """`GET customer/<customer>/data`: everything stored about a customer. Not in the original."""

    rules = {"GET": Rule(ADMIN | CUSTOMER)}

    def get(self, request: Request, **ids: Any) -> Response:
        return Response(own_data.hand_over(customer=self.customer(), actor=self.actor))
