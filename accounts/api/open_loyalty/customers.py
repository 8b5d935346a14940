"""Open Loyalty's chapter Customer: register, read, change, activate, place."""

from datetime import timedelta
from typing import Any

from django.core import signing
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.open_loyalty import customer_forms
from accounts.api.open_loyalty.customer_documents import CustomerWriter, write_status
from accounts.authentication import ip_address_of
from accounts.models import Customer, CustomerStatus, Gender
from accounts.selectors import customers as selectors
from accounts.selectors import registrations
from accounts.services import customers, forgetting, levels
from loyalty.core import clock, throttle
from loyalty.core.api.forms import FormOf, check
from loyalty.core.api.parsing import tree_of
from loyalty.core.api.views import ADMIN, CUSTOMER, PUBLIC, SELLER, SIGNED_IN, OpenLoyaltyView, Rule
from loyalty.core.throttle import Attempt, Place

SORTS = {
    "customerId": "uuid",
    "active": "status",
    "firstName": "first_name",
    "lastName": "last_name",
    "gender": "gender",
    "email": "email",
    "phone": "phone",
    "birthDate": "birth_date",
    "loyaltyCardNumber": "loyalty_card_number",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "transactionsAmount": "transactions_amount",
    "transactionsCount": "transactions_count",
    "averageTransactionAmount": "average_amount",
    "lastTransactionDate": "last_transaction_at",
    "daysFromLastTransaction": "since_purchase",
    "hoursFromLastUpdate": "since_update",
}
SCROLL_SALT = "customer-scroll"
# More hits than this at the counter: the seller should say more (CUS-62).
SEARCH_MAX = 20


class CustomerView(OpenLoyaltyView):
    """The base of this chapter: calls about customers, by staff with CUSTOMER and by sellers."""

    resource = "CUSTOMER"
    rules = {"GET": Rule(ADMIN | SELLER), "POST": Rule(ADMIN | SELLER)}

    def customer(self) -> Customer:
        return access.get_customer(self.actor, self.store, str(self.kwargs["customer"]))

    def writer(self, *customers: Customer) -> CustomerWriter:
        """Return what writes customers; those given with what they bought."""
        writer = CustomerWriter(self.store, self.locale)
        writer.read_purchases(customers, self.actor)
        return writer


class Customers(CustomerView):
    """`GET customer`: a list with the documented filters; `scrollId` reads beyond the window."""

    query = (*customer_forms.FilterForm().fields, "scrollId", "_locale")

    def get(self, request: Request, **ids: Any) -> Response:
        scroll = request.query_params.get("scrollId")
        if scroll is not None:
            return self._scrolled(scroll)
        found = selectors.list_customers(
            self.store, _chosen(self, tree_of(request.query_params.items())), now=clock.now()
        )
        sortable = selectors.sortable(found, clock.now())
        writer = self.writer()
        return self.listed(
            sortable,
            key="customers",
            row=writer.row,
            sorts=SORTS,
            prepare=lambda page: writer.read_purchases(page, self.actor),
        )

    def _scrolled(self, scroll: str) -> Response:
        """
        Answer the next page of a scroll, newest customers first (CUS-60).

        The id carries the filters of its first call and the last customer read, so the server
        remembers nothing, and a page costs the same however far the reading has come.
        """
        if scroll:
            try:
                state = signing.loads(scroll, salt=SCROLL_SALT)
            except signing.BadSignature as error:
                raise ParseError("This scrollId is not valid.") from error
        else:
            query = self.request.query_params.items()
            state = {"query": [pair for pair in query if pair[0] != "scrollId"], "after": None}
        chosen = _chosen(self, tree_of(tuple(pair) for pair in state["query"]))
        found = selectors.list_customers(self.store, chosen, now=clock.now())
        page = found.order_by("-pk")
        if state["after"] is not None:
            page = page.filter(pk__lt=state["after"])
        rows = list(page[: self.page()[1]])
        state["after"] = rows[-1].pk if rows else state["after"]
        writer = self.writer(*rows)
        return Response(
            {
                "customers": [writer.row(customer) for customer in rows],
                "total": found.count(),
                "scrollId": signing.dumps(state, salt=SCROLL_SALT, compress=True),
            }
        )


class AdminCustomers(Customers):
    rules = {"GET": Rule(ADMIN)}


class SellerSearch(CustomerView):
    """`POST pos/search/customer`: who stands at the counter (CUS-62)."""

    rules = {"POST": Rule(ADMIN | SELLER, writes=False)}
    forms = {"POST": FormOf(customer_forms.SearchForm, root="search")}

    def post(self, request: Request, **ids: Any) -> Response:
        chosen = selectors.Filter(**self.form())
        found = selectors.list_customers(self.store, chosen, now=clock.now())
        rows = list(found[: SEARCH_MAX + 1])
        if len(rows) > SEARCH_MAX:
            return Response({"error": "to many results"}, status=400)
        writer = self.writer(*rows)
        return Response({"customers": [writer.row(customer) for customer in rows]})


class Register(CustomerView):
    """`POST customer/register`, and the same for staff and for sellers (CUS-1)."""

    forms = {"POST": FormOf(customer_forms.RegisterForm, root="customer")}

    def post(self, request: Request, **ids: Any) -> Response:
        customer = customers.register(
            store=self.store, data=customers.Registration(**self.form()), actor=self.actor
        )
        return Response({"customerId": str(customer.uuid), "email": customer.email})


class AdminRegister(Register):
    rules = {"POST": Rule(ADMIN)}


class SellerRegister(Register):
    rules = {"POST": Rule(SELLER)}


class SelfRegister(OpenLoyaltyView):
    """`POST customer/self_register`: anybody."""

    rules = {"POST": PUBLIC}
    counts_attempts = True
    forms = {"POST": FormOf(customer_forms.SelfRegisterForm, root="customer")}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count first: refusals tell which addresses are taken (CUS-5), and nobody may try many."""
        super().initial(request, *args, **kwargs)
        throttle.begin(self._attempt(request))

    def post(self, request: Request, **ids: Any) -> Response:
        customer = customers.self_register(
            store=self.store, data=customers.Registration(**self.form())
        )
        throttle.succeed(self._attempt(request))
        return Response({"customerId": str(customer.uuid), "email": customer.email})

    @staticmethod
    def _attempt(request: Request) -> Attempt:
        return Attempt("registration", "", Place(ip_address_of(request._request)))


class CustomerDetail(CustomerView):
    """`GET`, `PUT` and `DELETE customer/<customer>`; customers reach only themselves (CUS-23)."""

    rules = {"GET": Rule(SIGNED_IN), "PUT": Rule(SIGNED_IN), "DELETE": Rule(ADMIN)}
    forms = {"PUT": FormOf(customer_forms.UpdateForm, root="customer")}

    def get(self, request: Request, **ids: Any) -> Response:
        customer = self.customer()
        return Response(self.writer(customer).detail(customer, _segments(customer)))

    def put(self, request: Request, **ids: Any) -> Response:
        customer = self.customer()
        customers.update(customer=customer, changes=_changes(self.form()), actor=self.actor)
        return Response({"customerId": str(customer.uuid)})

    def delete(self, request: Request, **ids: Any) -> Response:
        customers.delete(customer=self.customer(), actor=self.actor)
        return Response(status=204)


class Anonymize(CustomerView):
    """`POST admin/customer/<customer>/anonymize`: forget who it was (8.3)."""

    rules = {"POST": Rule(ADMIN)}

    def post(self, request: Request, **ids: Any) -> Response:
        forgetting.anonymize(customer=self.customer(), actor=self.actor)
        return Response(status=204)


class Status(CustomerView):
    """`GET customer/<customer>/status`: the call that tills and apps make all day."""

    rules = {"GET": Rule(SIGNED_IN)}

    def get(self, request: Request, **ids: Any) -> Response:
        uuid = str(self.kwargs["customer"])
        customer, standing = access.get_customer_standing(self.actor, self.store, uuid, clock.now())
        return Response(write_status(customer, standing, self.locale))


class AdminStatus(Status):
    rules = {"GET": Rule(ADMIN)}


class SellerStatus(Status):
    rules = {"GET": Rule(SELLER)}


class OwnStatus(Status):
    rules = {"GET": Rule(CUSTOMER)}


class Activate(CustomerView):
    rules = {"POST": Rule(ADMIN)}

    def post(self, request: Request, **ids: Any) -> Response:
        customers.activate(customer=self.customer(), actor=self.actor)
        return Response()


class SellerActivate(Activate):
    rules = {"POST": Rule(SELLER)}


class Deactivate(CustomerView):
    rules = {"POST": Rule(ADMIN)}

    def post(self, request: Request, **ids: Any) -> Response:
        customers.deactivate(customer=self.customer(), actor=self.actor)
        return Response()


class SellerDeactivate(Deactivate):
    rules = {"POST": Rule(SELLER)}


class Check(OpenLoyaltyView):
    """`GET customer/check`: is this e-mail address or phone number known (CUS-24)."""

    rules = {"GET": PUBLIC}
    counts_attempts = True
    query = ("emailOrPhone",)

    def get(self, request: Request, **ids: Any) -> Response:
        # Every question counts: nobody may go through a list of addresses here.
        throttle.begin(Attempt("check", "", Place(ip_address_of(request._request))))
        asked = request.query_params.get("emailOrPhone", "")
        return Response({"total": selectors.count_with(self.store, asked)})


class ChooseLevel(CustomerView):
    """`POST customer/<customer>/level`: by hand (CUS-26)."""

    forms = {"POST": FormOf(customer_forms.LevelChoiceForm)}

    def post(self, request: Request, **ids: Any) -> Response:
        customer = self.customer()
        levels.assign_manually(customer=customer, actor=self.actor, **self.form())
        return Response([])


class RemoveManualLevel(CustomerView):
    """`POST customer/<customer>/remove-manually-level`: let the rules decide again (LV-12)."""

    def post(self, request: Request, **ids: Any) -> Response:
        levels.unassign(customer=self.customer(), actor=self.actor)
        return Response(status=204)


class ChoosePos(CustomerView):
    """`POST customer/<customer>/pos` (CUS-27)."""

    forms = {"POST": FormOf(customer_forms.PosChoiceForm)}

    def post(self, request: Request, **ids: Any) -> Response:
        customer = self.customer()
        customers.assign_pos(customer=customer, actor=self.actor, **self.form())
        return Response([])


class SellerChoosePos(ChoosePos):
    rules = {"POST": Rule(SELLER)}


class Registrations(CustomerView):
    """`GET customer/registrations`: how many joined per day, month or year (CUS-61)."""

    rules = {"GET": Rule(ADMIN)}
    query = ("interval", "lastDays")

    def get(self, request: Request, **ids: Any) -> Response:
        form = customer_forms.RegistrationsForm(data=dict(request.query_params.items()))
        asked = check(form)
        today = clock.now().astimezone(self.zone).date()
        first = today - timedelta(days=asked.get("last_days", 30) - 1)
        counts = registrations.count_registrations(
            self.store, first=first, last=today, interval=asked.get("interval", "day")
        )
        return Response(counts)


class Statuses(CustomerView):
    """`GET admin/customer-statuses`: which there are."""

    rules = {"GET": Rule(ADMIN, resources=("SETTINGS",))}

    def get(self, request: Request, **ids: Any) -> Response:
        return Response({"statuses": CustomerStatus.values, "total": len(CustomerStatus.values)})


def _chosen(view: OpenLoyaltyView, query: dict[str, Any]) -> selectors.Filter:
    """Turn a list's query into a filter. :raises FormRefused: a bound is no number."""
    asked = check(customer_forms.FilterForm(data=query, context={"view": view}))
    for exact in ("transactions_amount", "average_transaction_amount", "transactions_count"):
        if exact in asked:
            asked[f"{exact}_min"] = asked[f"{exact}_max"] = asked.pop(exact)
    if "days_from_last_transaction" in asked:
        asked["days_from_last_transaction_max"] = asked.pop("days_from_last_transaction")
    asked["labels"] = [(pair.get("key"), pair.get("value")) for pair in asked.get("labels", [])]
    return selectors.Filter(**asked)


def _changes(values: dict[str, Any]) -> customers.Changes:
    """Say what an erased field becomes: the forms send None for each."""
    erased: dict[str, Any] = {
        "gender": Gender.NOT_DISCLOSED,
        "address": {},
        "company": {},
        "labels": [],
        "agreement1": False,
        "agreement2": False,
        "agreement3": False,
    }
    changes: customers.Changes = {}
    for name, value in values.items():
        changes[name] = erased.get(name) if value is None else value  # type: ignore[literal-required]  # the form's sources are the keys of Changes
    return changes


def _segments(customer: Customer) -> list[dict[str, str]]:
    memberships = customer.segment_memberships.select_related("segment").order_by("segment__name")
    return [
        {"segmentId": str(membership.segment.uuid), "segmentName": membership.segment.name}
        for membership in memberships
    ]
