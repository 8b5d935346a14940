"""POST /api/<store>/transaction … Source: the reference's chapter Transactions, TX-1…9, TX-18."""

from decimal import Decimal

import pytest

from accounts.ledger.models import Lot
from loyalty.core.models import Event
from tests.factories import CustomerFactory, PosFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

PATH = "DEFAULT/transaction"

# The reference's own example.
PRINTED = {
    "transaction[items][0][sku][code]": "test0101",
    "transaction[items][0][name]": "Product+name",
    "transaction[items][0][quantity]": "1",
    "transaction[items][0][grossValue]": "1500.00",
    "transaction[items][0][category]": "Category+Name",
    "transaction[items][0][maker]": "Marker+name",
    "transaction[items][0][labels][0][key]": "Label+key",
    "transaction[items][0][labels][0][value]": "Label+value",
    "transaction[customerData][name]": "Firstname+Lastname",
    "transaction[customerData][email]": "tomasztest8@wp.pl",
    "transaction[customerData][phone]": "00000000000000",
    "transaction[customerData][loyaltyCardNumber]": "11111111111",
    "transaction[customerData][nip]": "00000000000000",
    "transaction[customerData][address][street]": "Street+name",
    "transaction[customerData][address][address1]": "123",
    "transaction[customerData][address][postal]": "00-000",
    "transaction[customerData][address][city]": "Wroclaw",
    "transaction[customerData][address][province]": "Dolnoslaskie",
    "transaction[customerData][address][country]": "PL",
    "transaction[transactionData][documentNumber]": "214124124125",
    "transaction[transactionData][purchaseDate]": "2019-02-20 09:28",
    "transaction[transactionData][documentType]": "sell",
}


def purchase(**changes) -> dict:
    """Return a JSON body of the smallest purchase of Alice's."""
    body = {
        "transactionData": {"documentNumber": "INV/7", "documentType": "sell"},
        "items": [item()],
        "customerData": {"name": "Alice", "email": "alice@example.com"},
    }
    return {"transaction": body | changes}


def item(**changes) -> dict:
    given = {
        "sku": {"code": "SKU1"},
        "name": "Tea",
        "quantity": 1,
        "grossValue": 10,
        "category": "drinks",
    }
    return given | changes


def returned(sale: Transaction, **changes) -> dict:
    data = {"documentNumber": "RET/1", "documentType": "return"}
    return purchase(transactionData=data, revisedDocument=sale.document_number, **changes)


def test_works_as_printed(staff, store):
    customer = CustomerFactory(store, email="tomasztest8@wp.pl")

    # As curl -d sends it: `+` is a blank.
    raw = "&".join(f"{name}={value}" for name, value in PRINTED.items()).encode()
    answer = staff.call("POST", PATH, raw, "application/x-www-form-urlencoded")

    assert answer.status_code == 200
    sale = Transaction.objects.get()
    assert answer.data == {"transactionId": str(sale.uuid)}
    assert sale.customer == customer
    assert sale.document_number == "214124124125"
    assert sale.gross_value == Decimal(1500)
    # 09:28 in the store's zone, Europe/Warsaw.
    assert sale.purchased_at.isoformat() == "2019-02-20T08:28:00+00:00"
    assert sale.customer_data["address"]["city"] == "Wroclaw"
    assert sale.items.get().labels == [{"key": "Label key", "value": "Label value"}]


def test_takes_the_same_as_json(staff, alice, store):
    EarningRuleFactory(store=store)

    answer = staff.post(PATH, purchase())

    assert answer.status_code == 200
    assert Transaction.objects.get().customer == alice
    assert Lot.objects.get().amount == Decimal(10)


def test_takes_running_indexes_left_empty(staff, store):
    fields = [
        ("transaction[transactionData][documentNumber]", "7"),
        ("transaction[customerData][name]", "Nobody"),
        ("transaction[items][0][sku][code]", "A"),
        ("transaction[items][0][name]", "Tea"),
        ("transaction[items][0][quantity]", "2"),
        ("transaction[items][0][grossValue]", "3.50"),
        ("transaction[items][0][category]", "drinks"),
        ("transaction[labels][0][key]", "scan_id"),
        ("transaction[labels][0][value]", "123"),
    ]

    answer = staff.form("POST", PATH, fields)

    assert answer.status_code == 200
    assert Transaction.objects.get().labels == [{"key": "scan_id", "value": "123"}]


def test_serves_old_clients_without_a_store_code(staff, alice):
    answer = staff.post("transaction", purchase())

    assert answer.status_code == 200
    assert Transaction.objects.get().store.code == "DEFAULT"


def test_keeps_the_point_of_sale(staff, store):
    shop = PosFactory(store)

    staff.post(PATH, purchase(pos=str(shop.uuid)))

    assert Transaction.objects.get().pos == shop


def test_registers_a_return(staff, alice):
    sale = SaleFactory(alice, "30.00")

    answer = staff.post(PATH, returned(sale))

    assert answer.status_code == 200
    assert Transaction.objects.get(document_number="RET/1").revised == sale


def test_answers_a_repeated_key_with_its_first_answer(staff, alice):
    first = staff.post(PATH, purchase(), HTTP_IDEMPOTENCY_KEY="till-1")

    second = staff.post(PATH, purchase(), HTTP_IDEMPOTENCY_KEY="till-1")

    assert second.status_code == 200
    assert second.data == first.data
    assert Transaction.objects.count() == 1


def test_is_for_staff_who_may_change_purchases(reader, seller, customer, api):
    assert reader.post(PATH, purchase()).status_code == 403
    assert seller.post(PATH, purchase()).status_code == 403
    assert customer.post(PATH, purchase()).status_code == 403
    assert api().post(PATH, purchase()).status_code == 401
    assert not Transaction.objects.exists()


def fault_at(answer, *path):
    """Return the errors at a place of the form's layout."""
    node = answer.data["form"]
    for step in path:
        node = node["children"][step]
    return node.get("errors")


BLANK = ["This value should not be blank."]

BAD_BODIES = [
    pytest.param(
        purchase(items=[item(sku={})]), ("items", 0, "sku", "code"), BLANK, id="no-sku-code"
    ),
    pytest.param(purchase(items=[item(sku=None)]), ("items", 0, "sku", "code"), BLANK, id="no-sku"),
    pytest.param(
        purchase(items=[item(), item(sku="A")]),
        ("items", 1, "sku"),
        ["This value is not valid."],
        id="sku-no-object",
    ),
    pytest.param(purchase(items=[item(name=" ")]), ("items", 0, "name"), BLANK, id="blank-name"),
    pytest.param(
        purchase(items=[item(category="")]), ("items", 0, "category"), BLANK, id="no-category"
    ),
    pytest.param(
        purchase(items=[item(grossValue=-5)]),
        ("items", 0, "grossValue"),
        ["This value should be 0 or more."],
        id="negative-amount",
    ),
    pytest.param(
        purchase(items=[item(grossValue=10**30)]),
        ("items", 0, "grossValue"),
        ["This value should be less than 100000000000."],
        id="huge-amount",
    ),
    pytest.param(
        purchase(items=[item(grossValue="1e999999999")]),
        ("items", 0, "grossValue"),
        ["This value is not valid."],
        id="monstrous-amount",
    ),
    pytest.param(
        purchase(items=[item(grossValue="NaN")]),
        ("items", 0, "grossValue"),
        ["This value is not valid."],
        id="nan-as-text",
    ),
    pytest.param(
        purchase(items=[item(grossValue="Infinity")]),
        ("items", 0, "grossValue"),
        ["This value is not valid."],
        id="infinity-as-text",
    ),
    pytest.param(
        purchase(items=[item(grossValue=True)]),
        ("items", 0, "grossValue"),
        ["This value is not valid."],
        id="amount-is-a-flag",
    ),
    pytest.param(
        purchase(items=[item(grossValue=[1])]),
        ("items", 0, "grossValue"),
        ["This value is not valid."],
        id="amount-is-a-list",
    ),
    pytest.param(
        purchase(items=[item(grossValue="10,50")]),
        ("items", 0, "grossValue"),
        ["This value is not valid."],
        id="comma",
    ),
    pytest.param(
        purchase(items=[item(grossValue="1.999")]),
        ("items", 0, "grossValue"),
        ["This value should have at most 2 decimals."],
        id="three-decimals",
    ),
    pytest.param(
        purchase(items=[item(quantity=0)]),
        ("items", 0, "quantity"),
        ["This value should be greater than 0."],
        id="none-of-it",
    ),
    pytest.param(
        purchase(items=[item(labels=[{"key": "a"}])]),
        ("items", 0, "labels", 0, "value"),
        BLANK,
        id="label-without-value",
    ),
    pytest.param(
        purchase(items=[]),
        ("items",),
        ["This collection should contain 1 element or more."],
        id="no-lines",
    ),
    pytest.param(
        purchase(items={"sku": {"code": "A"}}),
        ("items",),
        ["This value is not valid."],
        id="lines-no-list",
    ),
    pytest.param(
        purchase(items=[item()] * 1001),
        ("items",),
        ["This collection should contain 1000 elements or less."],
        id="too-many-lines",
    ),
    pytest.param(
        purchase(transactionData={"documentType": "sell"}),
        ("transactionData", "documentNumber"),
        BLANK,
        id="no-number",
    ),
    pytest.param(
        purchase(transactionData={"documentNumber": "7" * 256}),
        ("transactionData", "documentNumber"),
        ["This value is longer than 255 characters."],
        id="number-too-long",
    ),
    pytest.param(
        purchase(transactionData={"documentNumber": "7", "documentType": "gift"}),
        ("transactionData", "documentType"),
        ["The value you selected is not a valid choice."],
        id="unknown-type",
    ),
    pytest.param(
        purchase(transactionData={"documentNumber": "7", "purchaseDate": "2019-02-30"}),
        ("transactionData", "purchaseDate"),
        ["This value is not a valid datetime."],
        id="no-such-day",
    ),
    pytest.param(
        purchase(transactionData={"documentNumber": "7", "purchaseDate": "9998-01-01"}),
        ("transactionData", "purchaseDate"),
        ["This value is too far in the future."],
        id="far-future",
    ),
    pytest.param(
        purchase(transactionData={"documentNumber": "7", "purchaseDate": {"year": 1}}),
        ("transactionData", "purchaseDate"),
        ["This value is not a valid datetime."],
        id="date-is-an-object",
    ),
    pytest.param(
        purchase(customerData={"email": "alice@example.com"}),
        ("customerData", "name"),
        BLANK,
        id="no-name",
    ),
    pytest.param(
        purchase(customerData=[1]), ("customerData",), ["This value is not valid."], id="buyer-list"
    ),
    pytest.param(purchase(pos="shop"), ("pos",), ["This value is not valid."], id="pos-no-uuid"),
    pytest.param(
        purchase(pos="00000000-0000-0000-0000-000000000001"),
        ("pos",),
        ["There is no such point of sale."],
        id="unknown-pos",
    ),
    pytest.param(
        purchase(transactionData={"documentNumber": "7", "documentType": "return"}),
        ("revisedDocument",),
        BLANK,
        id="return-of-nothing",
    ),
    pytest.param(
        purchase(
            transactionData={"documentNumber": "7", "documentType": "return"},
            revisedDocument="no-such",
        ),
        ("revisedDocument",),
        ["Transaction not exist"],
        id="return-of-an-unknown-sale",
    ),
    pytest.param({"transaction": {}}, ("items",), None, id="nothing-at-all"),
    pytest.param({}, ("transactionData", "documentNumber"), BLANK, id="no-root"),
]


@pytest.mark.parametrize(("body", "path", "texts"), BAD_BODIES)
def test_refuses_a_bad_body_where_it_is_bad(staff, alice, body, path, texts):
    answer = staff.post(PATH, body)

    assert answer.status_code == 400
    assert answer.data["errors"] == []
    assert set(answer.data["form"]["children"]) == {
        "transactionData",
        "revisedDocument",
        "items",
        "customerData",
        "pos",
        "labels",
    }
    if texts is not None:
        assert fault_at(answer, *path) == texts
    assert not Transaction.objects.exists()
    assert not Event.objects.filter(type__startswith="transaction.").exists()


def test_refuses_a_number_that_was_used(staff, alice):
    staff.post(PATH, purchase())

    answer = staff.post(PATH, purchase())

    assert answer.status_code == 400
    assert fault_at(answer, "transactionData", "documentNumber") == [
        "Document number should be unique."
    ]
    assert Transaction.objects.count() == 1


def test_refuses_a_return_of_more_than_was_bought(staff, alice):
    sale = SaleFactory(alice, "30.00")
    ReturnFactory(sale, "25.00")

    answer = staff.post(PATH, returned(sale))

    assert answer.status_code == 400
    assert fault_at(answer, "revisedDocument") == [
        "The return is worth 10.00, more than was bought: of 30.00 only 5.00 can still be returned."
    ]
    assert Transaction.objects.count() == 2


def test_refuses_a_return_of_somebody_elses_sale(staff, alice, store):
    sale = SaleFactory(CustomerFactory(store), "30.00")

    answer = staff.post(PATH, returned(sale))

    assert answer.status_code == 400
    assert fault_at(answer, "revisedDocument") == ["Incorrect owner of the transaction"]


def test_refuses_a_return_of_an_unmatched_sale_by_a_customer(staff, alice, store):
    sale = UnmatchedSaleFactory(store, "30.00")

    answer = staff.post(PATH, returned(sale))

    assert fault_at(answer, "revisedDocument") == ["Incorrect owner of the transaction"]


def test_refuses_returns_where_they_are_off(staff, alice, store):
    sale = SaleFactory(alice, "30.00")
    store.setting_values = {"returns": False}
    store.save(update_fields=["setting_values"])

    answer = staff.post(PATH, returned(sale))

    assert answer.status_code == 400
    assert fault_at(answer, "transactionData", "documentType") == ["Returns are not enabled"]


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        pytest.param(b"[1, 2]", "application/json", 400, id="a-list"),
        pytest.param(b'{"transaction": [1]}', "application/json", 400, id="a-list-below-the-root"),
        pytest.param(b'"x"', "application/json", 400, id="a-text"),
        pytest.param(b"{", "application/json", 400, id="half-an-object"),
        pytest.param(b'{"transaction": NaN}', "application/json", 400, id="nan"),
        pytest.param(b'{"transaction": {"a": "\xff"}}', "application/json", 400, id="no-utf-8"),
        pytest.param(b'{"transaction": {"pos": "\\u0000"}}', "application/json", 400, id="zero"),
        pytest.param(b"{}", "application/json; charset=latin-1", 415, id="latin-1"),
        pytest.param(b"<transaction/>", "application/xml", 415, id="xml"),
        pytest.param(
            b"transaction[pos]=%ff", "application/x-www-form-urlencoded", 400, id="form-no-utf-8"
        ),
        pytest.param(b"x" * 10_000_000, "application/json", 413, id="ten-megabytes"),
        pytest.param(
            b"a=" + b"x" * 10_000_000,
            "application/x-www-form-urlencoded",
            413,
            id="ten-megabytes-of-form",
        ),
    ],
)
def test_refuses_what_is_no_body(staff, caplog, raw, content_type, status):
    answer = staff.call("POST", PATH, raw, content_type)

    assert answer.status_code == status
    assert answer.data["error"]["code"] == status
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_refuses_an_unknown_store(staff):
    answer = staff.post("NOWHERE/transaction", purchase())

    assert answer.status_code == 404
    assert answer.data == {"error": {"code": 404, "message": "Not Found"}}


def test_refuses_a_store_that_is_closed(staff):
    StoreFactory(code="closed", is_active=False)

    assert staff.post("closed/transaction", purchase()).status_code == 404
