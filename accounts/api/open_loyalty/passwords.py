"""Chapter Security: forgotten passwords and changed ones. Source: PWD-5…8."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import ip_address_of
from accounts.models import Customer, Seller, StaffUser
from accounts.services import own_password, password_resets
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import ADMIN, CUSTOMER, PUBLIC, SELLER, OpenLoyaltyView, Rule
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import DEFAULT_STORE_CODE
from loyalty.core.selectors.stores import find_open
from loyalty.core.throttle import Place

PASSWORD_MAX = 4096


class NoPassword(DomainError):
    """A permanent token has no password to change."""

    code = "no_password"


class RequestForm(Form):
    username = serializers.CharField(max_length=255)


class NewPassword(Form):
    plainPassword = serializers.CharField(
        source="new", trim_whitespace=False, max_length=PASSWORD_MAX
    )


class ResetForm(Form):
    token = serializers.CharField(max_length=255)
    reset = NewPassword()


class ChangeForm(Form):
    currentPassword = serializers.CharField(
        source="current", trim_whitespace=False, max_length=PASSWORD_MAX
    )
    plainPassword = serializers.CharField(
        source="new", trim_whitespace=False, max_length=PASSWORD_MAX
    )


class CustomerRequest(OpenLoyaltyView):
    """`POST customer/password/reset/request`: the same answer for every name (PWD-5)."""

    rules = {"POST": PUBLIC}
    counts_attempts = True
    forms = {"POST": FormOf(RequestForm)}

    def post(self, request: Request, **ids: str) -> Response:
        password_resets.request_for_customer(
            store=self.store, name=self.form()["username"], place=_place(request)
        )
        return _done()


class PersonnelRequest(OpenLoyaltyView):
    """`POST password/reset/request`: for staff and sellers, in the words of the default store."""

    is_global = True
    rules = {"POST": PUBLIC}
    counts_attempts = True
    forms = {"POST": FormOf(RequestForm)}

    def post(self, request: Request, **ids: str) -> Response:
        name = self.form()["username"]
        if (store := find_open(DEFAULT_STORE_CODE)) is not None:
            password_resets.request_for_personnel(store=store, name=name, place=_place(request))
        return _done()


class Reset(OpenLoyaltyView):
    """`POST password/reset`: a new password by the link or code from a message (PWD-7)."""

    is_global = True
    rules = {"POST": PUBLIC}
    counts_attempts = True
    forms = {"POST": FormOf(ResetForm)}
    takes_idempotency_key = False

    def post(self, request: Request, **ids: str) -> Response:
        form = self.form()
        try:
            password_resets.reset_password(
                token=form["token"], new=form["reset"]["new"], place=_place(request)
            )
        except InvalidFields as refusal:
            raise InvalidFields({"reset.new": refusal.errors["new"]}) from refusal
        return _done()


class Change(OpenLoyaltyView):
    """What the three changes of one's own password have in common (PWD-8)."""

    counts_attempts = True
    forms = {"POST": FormOf(ChangeForm)}
    takes_idempotency_key = False

    def post(self, request: Request, **ids: str) -> Response:
        if self.actor.session_uuid is None:
            raise NoPassword
        assert self.actor.id is not None
        principal = self.principal(self.actor.id)
        own_password.change(principal=principal, actor=self.actor, **self.form())
        return _done()

    def principal(self, id: int) -> own_password.Person:
        raise NotImplementedError


class StaffChange(Change):
    rules = {"POST": Rule(ADMIN, resources=())}

    def principal(self, id: int) -> StaffUser:
        return StaffUser.objects.get(pk=id)


class SellerChange(Change):
    rules = {"POST": Rule(SELLER)}

    def principal(self, id: int) -> Seller:
        return Seller.objects.select_related("store").get(pk=id)


class CustomerChange(Change):
    rules = {"POST": Rule(CUSTOMER)}

    def principal(self, id: int) -> Customer:
        return Customer.objects.select_related("store").get(pk=id)


def _place(request: Request) -> Place:
    return Place(ip_address_of(request._request))


def _done() -> Response:
    return Response({"success": True})
