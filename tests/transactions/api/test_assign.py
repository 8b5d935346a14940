"""POST …/transaction/customer/assign … Source: the reference, TX-10, TX-11."""

from uuid import uuid4

import pytest

from loyalty.core import throttle
from tests.factories import CustomerFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory

pytestmark = pytest.mark.django_db

ADMIN = "DEFAULT/admin/transaction/customer/assign"
SELLER = "DEFAULT/pos/transaction/customer/assign"
SELLER_3 = "DEFAULT/seller/transaction/customer/assign"
CUSTOMER = "DEFAULT/customer/transaction/customer/assign"


@pytest.fixture
def sale(store):
    return UnmatchedSaleFactory(store, number="888")


@pytest.mark.parametrize(("who", "path"), [("staff", ADMIN), ("seller", SELLER)])
def test_works_as_printed(request, alice, sale, who, path):
    client = request.getfixturevalue(who)
    alice.loyalty_card_number, alice.phone = "333", "333333"
    alice.save()

    answer = client.form(
        "POST",
        path,
        {
            "assign[transactionDocumentNumber]": "888",
            "assign[customerId]": str(alice.uuid),
            "assign[customerLoyaltyCardNumber]": "333",
            "assign[customerPhoneNumber]": "333333",
        },
    )

    assert answer.status_code == 200
    assert answer.data == {"transactionId": str(sale.uuid)}
    sale.refresh_from_db()
    assert sale.customer == alice


def test_takes_json_and_one_identifier(staff, alice, sale):
    body = {"transactionDocumentNumber": "888", "customerId": str(alice.uuid)}

    answer = staff.post(ADMIN, {"assign": body})

    assert answer.status_code == 200


def test_serves_sellers_of_3x(seller, alice, sale):
    body = {"transactionDocumentNumber": "888", "customerId": str(alice.uuid)}

    assert seller.post(SELLER_3, {"assign": body}).status_code == 200


def test_lets_a_customer_claim_a_document_by_its_number(customer, alice, sale, store):
    other = CustomerFactory(store)

    answer = customer.form(
        "POST",
        CUSTOMER,
        {
            "assign[transactionDocumentNumber]": "888",
            # Ignored, as the reference says.
            "assign[customerId]": str(other.uuid),
        },
    )

    assert answer.status_code == 200
    sale.refresh_from_db()
    assert sale.customer == alice


def test_answers_as_printed_where_somebody_has_it(staff, alice, store):
    SaleFactory(CustomerFactory(store), number="888")
    body = {"transactionDocumentNumber": "888", "customerId": str(alice.uuid)}

    answer = staff.post(ADMIN, {"assign": body})

    assert answer.status_code == 400
    assert answer.data == {
        "form": {
            "children": {
                "transactionDocumentNumber": {
                    "errors": ["Customer is already assigned to this transaction"]
                },
                "customerId": {},
                "customerLoyaltyCardNumber": {},
                "customerPhoneNumber": {},
            }
        },
        "errors": [],
    }


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        pytest.param(
            {"customerId": str(uuid4())},
            "transactionDocumentNumber",
            "This value should not be blank.",
            id="no-number",
        ),
        pytest.param(
            {"transactionDocumentNumber": "?", "customerPhoneNumber": "333333"},
            "transactionDocumentNumber",
            "No such transaction",
            id="unknown-number",
        ),
        pytest.param(
            {"transactionDocumentNumber": "888"},
            "customerId",
            "Give a customer id, a loyalty card number or a phone number.",
            id="nobody-named",
        ),
        pytest.param(
            {"transactionDocumentNumber": "888", "customerId": str(uuid4())},
            "customerId",
            "No such customer",
            id="unknown-customer",
        ),
        pytest.param(
            {"transactionDocumentNumber": "888", "customerId": "nonsense"},
            "customerId",
            "Must be a valid UUID.",
            id="no-uuid",
        ),
    ],
)
def test_refuses_what_names_nothing(staff, alice, sale, body, field, text):
    alice.phone = "333333"
    alice.save()

    answer = staff.post(ADMIN, {"assign": body})

    assert answer.status_code == 400
    assert answer.data["form"]["children"][field]["errors"] == [text]
    sale.refresh_from_db()
    assert sale.customer is None


def test_is_for_its_own_callers(staff, reader, seller, customer, sale, alice):
    body = {"assign": {"transactionDocumentNumber": "888", "customerId": str(alice.uuid)}}
    answers = {
        (name, path): client.post(path, body).status_code
        for path in (ADMIN, SELLER, CUSTOMER)
        for name, client in (("reader", reader), ("seller", seller), ("customer", customer))
        if (name, path) not in {("seller", SELLER), ("customer", CUSTOMER)}
    }

    assert set(answers.values()) == {403}
    assert staff.post(SELLER, body).status_code == 403
    sale.refresh_from_db()
    assert sale.customer is None


@pytest.mark.parametrize("has_key", [False, True])
def test_lets_a_customer_try_only_so_many_numbers(customer, store, sale, monkeypatch, has_key):
    monkeypatch.setattr(throttle, "PER_PLACE", 2)
    numbers = ("R-1", "R-2", "888")

    answers = [
        customer.post(
            CUSTOMER,
            {"assign": {"transactionDocumentNumber": number}},
            # A refused request under a key is rolled back, and counts all the same.
            **({"HTTP_IDEMPOTENCY_KEY": f"key-{number}"} if has_key else {}),
        )
        for number in numbers
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    sale.refresh_from_db()
    assert sale.customer is None
