"""The chapter Transactions of the Open Loyalty reference."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.models import Customer
from accounts.selectors import customers as customer_selectors
from earning import engine
from earning.services import awards
from loyalty.core import clock
from loyalty.core.actors import ActorKind
from loyalty.core.api import formats
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import ADMIN, CUSTOMER, SELLER, SIGNED_IN, OpenLoyaltyView, Rule
from loyalty.core.errors import NotFound
from loyalty.core.throttle import Place
from transactions.api.open_loyalty import filters, forms, reading, rows, words
from transactions.models import Transaction
from transactions.selectors import labels as label_selectors
from transactions.selectors import transactions as selectors
from transactions.services import documents, labels, matching, purchases
from transactions.services.matching import Criteria


class TransactionView(OpenLoyaltyView):
    """What the views of this chapter share."""

    resource = "TRANSACTION"

    def answer_list(self, queryset: QuerySet[Transaction], *, as_seller: bool = False) -> Response:
        row = rows.Rows(self.store)
        return self.listed(
            selectors.with_details(queryset, clock.now()),
            key="transactions",
            row=row.for_seller if as_seller else row,
            sorts=filters.SORTS,
        )

    def caller(self) -> Customer:
        """Return the customer who is signed in."""
        return access.get_customer(self.actor, self.store, str(self.actor.uuid))

    def only_callers(self, documents: QuerySet[Transaction]) -> QuerySet[Transaction]:
        """Leave out what is not the signed-in customer's own."""
        assert self.actor.kind == ActorKind.CUSTOMER
        return documents.filter(customer=self.actor.id)


def answer_id(document: Transaction) -> Response:
    return Response({"transactionId": str(document.uuid)})


class Transactions(TransactionView):
    query = filters.ALL
    forms = {"POST": FormOf(forms.RegisterForm, root="transaction")}

    def get(self, request: Request, **ids: str) -> Response:
        chosen = filters.all_filters(request.query_params, self.zone)
        return self.answer_list(selectors.list_transactions(self.store, chosen))

    def post(self, request: Request, **ids: str) -> Response:
        # Only the layout of a refusal asks the form for its fields.
        self.bound_form = forms.RegisterForm()
        document = reading.read_document(self.body("transaction"), self.zone)
        with words.translated():
            stored = purchases.register(store=self.store, document=document, actor=self.actor)
        return answer_id(stored)


class Simulate(TransactionView):
    rules = {"POST": Rule(ADMIN, writes=False)}
    forms = {"POST": FormOf(forms.SimulateForm, root="transaction")}

    def post(self, request: Request, **ids: str) -> Response:
        self.bound_form = forms.SimulateForm()
        lines, buyer, purchased_at = reading.read_simulation(self.body("transaction"), self.zone)
        with words.translated():
            documents.check_lines(lines)
        found = awards.simulate(
            store=self.store,
            customer=customer_selectors.find_by_identity(
                self.store,
                email=buyer.email,
                phone=buyer.phone,
                loyalty_card_number=buyer.loyalty_card_number,
            ),
            purchase=engine.Purchase(
                lines=tuple(
                    engine.Line(
                        sku=line.sku,
                        gross_value=line.gross_value,
                        category=line.category,
                        maker=line.maker,
                        labels=frozenset((label.key, label.value) for label in line.labels),
                    )
                    for line in lines
                ),
                purchased_at=purchased_at,
            ),
        )
        return Response({"points": formats.number(found.points)})


class TransactionDetails(TransactionView):
    rules = {"GET": Rule(SIGNED_IN)}

    def get(self, request: Request, **ids: str) -> Response:
        chosen = selectors.Filter(transaction_uuid=access.parse(ids["transaction"]))
        found = selectors.list_transactions(self.store, chosen)
        if self.actor.kind == ActorKind.CUSTOMER:
            found = self.only_callers(found)
        document = selectors.with_details(found, clock.now()).first()
        if document is None:
            raise NotFound
        return Response(rows.Rows(self.store)(document))


class CustomerTransactionDetails(TransactionDetails):
    rules = {"GET": Rule(CUSTOMER)}


class CustomerTransactions(TransactionView):
    rules = {"GET": Rule(CUSTOMER)}
    query = filters.COMMON

    def get(self, request: Request, **ids: str) -> Response:
        chosen = filters.customer_filters(request.query_params)
        found = selectors.list_transactions(self.store, chosen)
        return self.answer_list(self.only_callers(found))


class SellerTransactions(TransactionView):
    rules = {"GET": Rule(SELLER)}
    query = filters.ALL

    def get(self, request: Request, **ids: str) -> Response:
        chosen = filters.all_filters(request.query_params, self.zone)
        return self.answer_list(selectors.list_transactions(self.store, chosen), as_seller=True)


class SellerTransactionsOfCustomer(TransactionView):
    rules = {"GET": Rule(SELLER)}
    query = ("documentNumber",)

    def get(self, request: Request, **ids: str) -> Response:
        customer = access.get_customer(self.actor, self.store, ids["customer"])
        chosen = filters.number_filter(request.query_params)
        return self.answer_list(selectors.list_of_customer(customer, chosen), as_seller=True)


class SellerTransactionsByNumber(TransactionView):
    """Takes the document number, not the id, and answers a list."""

    rules = {"GET": Rule(SELLER)}

    def get(self, request: Request, **ids: str) -> Response:
        found = selectors.list_by_number(self.store, ids["document_number"])
        return self.answer_list(found, as_seller=True)


class Assign(TransactionView):
    """Match a document with a customer, as staff. Writing needs the right to change it."""

    forms = {"POST": FormOf(forms.AssignForm, root="assign")}

    def post(self, request: Request, **ids: str) -> Response:
        values = self.form()
        number = values.pop("document_number")
        return answer_id(
            matching.assign(
                store=self.store,
                document_number=number,
                criteria=Criteria(**values),
                actor=self.actor,
            )
        )


class SellerAssign(Assign):
    rules = {"POST": Rule(SELLER)}


class Claim(TransactionView):
    rules = {"POST": Rule(CUSTOMER)}
    counts_attempts = True
    forms = {"POST": FormOf(forms.ClaimForm, root="assign")}

    def post(self, request: Request, **ids: str) -> Response:
        number = self.form()["document_number"]
        document = matching.claim_own(
            store=self.store,
            document_number=number,
            customer=self.caller(),
            actor=self.actor,
            place=Place(self.actor.ip_address),
        )
        return answer_id(document)


class AdminLabels(TransactionView):
    """POST replaces all labels of a document, PATCH adds to them (TX-17)."""

    forms = {
        "POST": FormOf(forms.ReplaceLabelsForm, root="transaction_labels"),
        "PATCH": FormOf(forms.AppendLabelsForm, root="append"),
    }

    def post(self, request: Request, **ids: str) -> Response:
        values = self.form()
        document = selectors.get_transaction(self.store, values["transaction_uuid"])
        given = forms.labels_of(values)
        return answer_id(labels.replace(document=document, labels=given, actor=self.actor))

    def patch(self, request: Request, **ids: str) -> Response:
        values = self.form()
        document = selectors.list_by_number(self.store, values["document_number"]).first()
        return self.append(document, values)

    def append(self, document: Transaction | None, values: dict[str, Any]) -> Response:
        if document is None:
            raise matching.TransactionNotFound
        given = forms.labels_of(values)
        return answer_id(labels.append(document=document, labels=given, actor=self.actor))


class CustomerLabels(AdminLabels):
    """A customer adds labels to documents of their own; 3.x sent a POST."""

    rules = {"PATCH": Rule(CUSTOMER), "POST": Rule(CUSTOMER)}
    forms = {
        "POST": FormOf(forms.AppendLabelsForm, root="append"),
        "PATCH": FormOf(forms.AppendLabelsForm, root="append"),
    }

    def patch(self, request: Request, **ids: str) -> Response:
        values = self.form()
        found = selectors.list_by_number(self.store, values["document_number"])
        return self.append(self.only_callers(found).first(), values)

    def post(self, request: Request, **ids: str) -> Response:
        return self.patch(request, **ids)


class Label(TransactionView):
    """PUT adds exact pairs to a document's labels, DELETE takes them away (TX-17)."""

    forms = {"PUT": FormOf(forms.LabelsForm), "DELETE": FormOf(forms.LabelsForm)}

    def put(self, request: Request, **ids: str) -> Response:
        document = selectors.get_transaction(self.store, access.parse(ids["transaction"]))
        given = forms.labels_of(self.form())
        labels.append(document=document, labels=given, actor=self.actor)
        return Response(status=204)

    def delete(self, request: Request, **ids: str) -> Response:
        document = selectors.get_transaction(self.store, access.parse(ids["transaction"]))
        given = forms.labels_of(self.form())
        labels.remove(document=document, labels=given, actor=self.actor)
        return Response(status=204)


class ItemLabels(TransactionView):
    rules = {"GET": Rule(SIGNED_IN)}

    def get(self, request: Request, **ids: str) -> Response:
        return Response({"labels": label_selectors.values_by_key(self.store)})
