"""Whatever arrives over HTTP is answered in the door's format, and nobody has to be called."""

import contextlib
import http.client
import json
from urllib.parse import urlsplit

import pytest

from accounts.models import Customer
from loyalty.core.models import Event
from tests.factories import CustomerFactory
from tests.factories.core import default_store
from tests.factories.staff import StaffFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory
from tests.support.api import ApiClient
from tests.transactions.api.test_register import item, purchase
from transactions.models import Transaction

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/DEFAULT/transaction"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def send(live_server):
    """`send(raw)` POSTs to a real server as staff and returns status and parsed answer."""
    default_store()
    token = ApiClient(StaffFactory(is_super=True)).headers["HTTP_AUTHORIZATION"]

    def call(raw: bytes, path: str = PATH, content_type: str = JSON):
        place = urlsplit(live_server.url)
        wire = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
        headers = {"Authorization": token, "Content-Type": content_type}
        with contextlib.closing(wire):
            # A server that refuses a body unread may close before it is all sent.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                wire.request("POST", path, raw, headers)
            answer = wire.getresponse()
            return answer.status, json.loads(answer.read())

    return call


def as_json(body) -> bytes:
    return json.dumps(body).encode()


# What is sent, as what, and the status that it is answered with.
BAD = {
    "an array": (as_json([1]), JSON, 400),
    "an array below the root": (as_json({"transaction": [1]}), JSON, 400),
    "a line without SKU": (as_json(purchase(items=[item(sku={})])), JSON, 400),
    "a negative amount": (as_json(purchase(items=[item(grossValue=-1)])), JSON, 400),
    "a huge amount": (as_json(purchase(items=[item(grossValue=10**40)])), JSON, 400),
    "a huge float": (as_json(purchase(items=[item(grossValue=1e300)])), JSON, 400),
    "NaN": (as_json(purchase(items=[item(grossValue=float("nan"))])), JSON, 400),
    "Infinity": (as_json(purchase(items=[item(grossValue=float("inf"))])), JSON, 400),
    "too many lines": (as_json(purchase(items=[item()] * 1001)), JSON, 400),
    "deep lists": (b'{"transaction": ' + b"[" * 40 + b"]" * 40 + b"}", JSON, 400),
    "a hundred thousand braces": (b"{" * 100_000, JSON, 400),
    "UTF-16": (b"\xff\xfe\x00", JSON, 400),
    "Latin-1": ("é".encode("latin-1"), f"{FORM}; charset=latin-1", 415),
    "Latin-1 in a form": (b"transaction[pos]=%E9", FORM, 400),
    "a zero byte": (b"transaction[pos]=%00", FORM, 400),
    "ten megabytes": (b"x" * 10_000_000, JSON, 413),
    "nothing": (b"", JSON, 400),
}


def test_bad_bodies_are_refused(send, caplog):
    # In one test: to empty the tables after each case would take longer than all of them.
    answers = {name: send(raw, content_type=kind) for name, (raw, kind, _) in BAD.items()}

    assert {name: status for name, (status, _) in answers.items()} == {
        name: status for name, (_, _, status) in BAD.items()
    }
    for status, data in answers.values():
        assert "form" in data or data["error"]["code"] == status
    assert_nothing_happened(caplog)


def test_an_unknown_store_is_refused(send, caplog):
    assert send(as_json(purchase()), path="/api/NOWHERE/transaction")[0] == 404
    assert_nothing_happened(caplog)


def test_duplicates_are_refused(send, caplog):
    assert send(as_json(purchase()))[0] == 200

    assert send(as_json(purchase()))[0] == 400
    assert Transaction.objects.count() == 1
    assert not errors_in(caplog)


def test_returns_of_more_than_was_bought_are_refused(send, caplog):
    alice = CustomerFactory(default_store(), email="alice@example.com")
    sale = SaleFactory(alice, "30.00")
    ReturnFactory(sale, "25.00")
    body = purchase(
        transactionData={"documentNumber": "R-2", "documentType": "return"},
        revisedDocument=sale.document_number,
    )

    assert send(as_json(body))[0] == 400
    assert Transaction.objects.count() == 2
    assert Customer.objects.get(pk=alice.pk).transactions_amount == 5
    assert not errors_in(caplog)


def test_somebody_elses_customer_is_refused(send, caplog):
    stranger = CustomerFactory()
    sale = UnmatchedSaleFactory(default_store(), number="888")
    body = {"transactionDocumentNumber": "888", "customerId": str(stranger.uuid)}
    path = "/api/DEFAULT/admin/transaction/customer/assign"

    assert send(as_json({"assign": body}), path=path)[0] == 400
    sale.refresh_from_db()
    assert sale.customer is None
    assert not errors_in(caplog)


def assert_nothing_happened(caplog):
    assert not Transaction.objects.exists()
    assert not Event.objects.filter(type__startswith="transaction.").exists()
    assert not errors_in(caplog)


def errors_in(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
