"""The lists and details of documents … Source: the reference's chapter Transactions, TX-23."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import CustomerFactory, PosFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import (
    ReturnFactory,
    SaleFactory,
    TransactionFactory,
    UnmatchedSaleFactory,
    line,
)
from transactions.services.documents import Buyer, Label

pytestmark = pytest.mark.django_db

PATH = "DEFAULT/transaction"

ADDRESS = {
    "street": "Bagno",
    "address1": "12",
    "province": "Mazowieckie",
    "city": "Warszawa",
    "postal": "00-800",
    "country": "PL",
}


def test_details_have_every_key_of_the_reference(staff, alice, store):
    EarningRuleFactory(store=store, point_value=Decimal("2.30"))
    shop = PosFactory(store, name="Corner shop")
    sale = SaleFactory(
        alice,
        lines=(line("3.00", labels=[("test", "label")], maker="sss"),),
        buyer=Buyer(
            name="Jan Nowak",
            email="alice@example.com",
            phone="123",
            nip="aaa",
            loyalty_card_number="sa2222",
            address=ADDRESS,
        ),
        number="456",
        purchase_place="wroclaw",
        pos_uuid=shop.uuid,
        labels=(Label("scan_id", "123"),),
        purchased_at=datetime(2018, 2, 20, 8, 45, 4, tzinfo=UTC),
        now=datetime(2018, 2, 20, 9, tzinfo=UTC),
    )
    store.setting_values = {"pointsDaysExpiryAfter": "all_time_active"}

    answer = staff.get(f"{PATH}/{sale.uuid}")

    assert answer.status_code == 200
    earned = answer.data.pop("pointsEarned")
    assert answer.data == {
        "grossValue": 3,
        "transactionId": str(sale.uuid),
        "documentNumber": "456",
        "purchaseDate": "2018-02-20T09:45:04+0100",
        "purchasePlace": "wroclaw",
        "documentType": "sell",
        "revisedDocument": None,
        "customerId": str(alice.uuid),
        "assignedToCustomerDate": "2018-02-20T10:00:00+0100",
        "customerData": {
            "email": "alice@example.com",
            "name": "Jan Nowak",
            "nip": "aaa",
            "phone": "",
            "loyaltyCardNumber": "sa2222",
            "address": ADDRESS,
        },
        "labels": [{"key": "scan_id", "value": "123"}],
        "items": [
            {
                "sku": {"code": "SKU1"},
                "name": "Tea",
                "quantity": 1,
                "grossValue": 3,
                "category": "drinks",
                "maker": "sss",
                "labels": [{"key": "test", "value": "label"}],
            }
        ],
        "posId": str(shop.uuid),
        "posName": "Corner shop",
        "currency": "eur",
        "pointsRevoked": None,
    }
    # The points of 2018 have expired since: they no longer count as earned (TX-23).
    assert earned == 0


def test_tell_what_was_earned_and_what_a_return_cost(staff, alice, store):  # TX-23
    EarningRuleFactory(store=store, point_value=Decimal("2.30"))
    sale = SaleFactory(alice, "3.00", number="sale")
    ReturnFactory(sale, "1.00", number="return")

    rows = staff.get(PATH, {"sort": "documentType", "direction": "DESC"}).data["transactions"]

    sold, back = rows
    assert (sold["pointsEarned"], sold["pointsRevoked"]) == (6.9, None)
    assert (back["pointsEarned"], back["pointsRevoked"]) == (0, 2.3)
    assert (sold["revisedDocument"], back["revisedDocument"]) == (None, "sale")


def test_of_a_document_of_nobody_show_no_customer(staff, store):
    sale = UnmatchedSaleFactory(store, buyer=Buyer(name="Nobody"))

    data = staff.get(f"{PATH}/{sale.uuid}").data

    assert data["customerId"] is None
    assert data["assignedToCustomerDate"] is None
    assert data["pointsEarned"] == 0
    assert data["customerData"]["email"] == ""
    assert data["customerData"]["address"] == {}


def test_begin_with_the_list_and_end_with_the_total(staff, store):
    for _ in range(3):
        TransactionFactory(store)

    data = staff.get(PATH, {"perPage": 2}).data

    assert list(data) == ["transactions", "total"]
    assert len(data["transactions"]) == 2
    assert data["total"] == 3


def test_show_what_was_bought_last_first(staff, store):
    old = TransactionFactory(store, purchased_at=datetime(2026, 1, 1, tzinfo=UTC))
    new = TransactionFactory(store, purchased_at=datetime(2026, 2, 1, tzinfo=UTC))

    assert numbers(staff.get(PATH)) == [new.document_number, old.document_number]


def test_do_not_show_other_stores(staff, store):
    TransactionFactory(StoreFactory())

    assert staff.get(PATH).data == {"transactions": [], "total": 0}


@pytest.mark.parametrize("count", [2, 20])
def test_ask_the_same_number_of_queries_for_any_number_of_rows(staff, alice, count):
    shop = PosFactory(alice.store)
    for _ in range(count):
        SaleFactory(alice, "10.00", "5.00", pos_uuid=shop.uuid)

    with CaptureQueriesContext(connection) as queries:
        rows = staff.get(PATH, {"perPage": 50}).data["transactions"]

    assert len(rows) == count
    # The caller, the store, the documents, their lines.
    assert len(queries) == 3


def numbers(answer) -> list[str]:
    return [row["documentNumber"] for row in answer.data["transactions"]]


@pytest.fixture
def documents(alice, store):
    """Three documents that differ in everything a filter asks for."""
    bob = CustomerFactory(store, email="bob@example.com")
    shop = PosFactory(store)
    first = SaleFactory(
        alice,
        "10.00",
        number="INV/2026/1",
        pos_uuid=shop.uuid,
        purchased_at=datetime(2026, 1, 10, 12, tzinfo=UTC),
        buyer=Buyer(name="Alice Green", email="alice@example.com", loyalty_card_number="C-1"),
        labels=(Label("scan_id", "1"), Label("till", "left")),
    )
    TransactionFactory(
        store,
        document_number="INV/2026/2",
        gross_value="20.00",
        purchased_at=datetime(2026, 2, 10, 12, tzinfo=UTC),
        customer=bob,
        customer_data={"name": "Bob Brown", "email": "bob@example.com", "phone": "+48601"},
        labels=[{"key": "scan_id", "value": "2"}],
    )
    ReturnFactory(
        first,
        "5.00",
        number="RET/2026/3",
        purchased_at=datetime(2026, 3, 10, 12, tzinfo=UTC),
    )
    return {"alice": str(alice.uuid), "shop": str(shop.uuid), "first": str(first.uuid)}


ONE, TWO, THREE = "INV/2026/1", "INV/2026/2", "RET/2026/3"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, [THREE, TWO, ONE], id="none"),
        pytest.param({"documentType": "return"}, [THREE], id="type"),
        pytest.param({"documentType": "sell"}, [TWO, ONE], id="other-type"),
        pytest.param({"documentType": "both"}, [THREE, TWO, ONE], id="unknown-type"),
        pytest.param({"documentNumber": "inv/2026"}, [TWO, ONE], id="number-in-part"),
        pytest.param({"documentNumber": "2026/3"}, [THREE], id="number-end"),
        pytest.param({"customerId": "{alice}"}, [THREE, ONE], id="customer"),
        pytest.param({"customerId": "nonsense"}, [], id="customer-malformed"),
        pytest.param({"transactionId": "{first}"}, [ONE], id="transaction"),
        pytest.param({"posId": "{shop}"}, [ONE], id="pos"),
        pytest.param({"customerData_name": "brown"}, [TWO], id="name"),
        pytest.param({"customerData_email": "BOB@"}, [TWO], id="email"),
        pytest.param({"customerData_phone": "601"}, [TWO], id="phone"),
        pytest.param({"customerData_loyaltyCardNumber": "c-1"}, [ONE], id="card"),
        pytest.param({"purchaseDateFrom": "2026-02-10"}, [THREE, TWO], id="from-day"),
        pytest.param({"purchaseDateFrom": "2026-02-10 13:01"}, [THREE], id="from-minute"),
        pytest.param({"purchaseDateTo": "2026-02-10"}, [TWO, ONE], id="to-day-inclusive"),
        pytest.param({"purchaseDateTo": "2026-02-09"}, [ONE], id="to-day-before"),
        pytest.param({"purchaseDateTo": "2026-02-10T13:00:00+0100"}, [TWO, ONE], id="to-instant"),
        pytest.param({"purchaseDateFrom": "nonsense"}, [THREE, TWO, ONE], id="no-date"),
        pytest.param({"grossValueFrom": "10"}, [TWO, ONE], id="gross-from"),
        pytest.param({"grossValueTo": "10.00"}, [THREE, ONE], id="gross-to"),
        pytest.param({"grossValueFrom": "6", "grossValueTo": "15"}, [ONE], id="gross-both"),
        pytest.param({"grossValueFrom": "NaN"}, [THREE, TWO, ONE], id="gross-nan"),
        pytest.param({"labels[0][key]": "scan_id"}, [TWO, ONE], id="label-key"),
        pytest.param(
            {"labels[0][key]": "scan_id", "labels[0][value]": "2"}, [TWO], id="label-pair"
        ),
        pytest.param({"labels[0][value]": "left"}, [ONE], id="label-value"),
        pytest.param({"labels[][key]": "scan_id"}, [TWO, ONE], id="label-without-a-number"),
        pytest.param(
            {"labels[][key]": "scan_id", "labels[][value]": "left"}, [ONE], id="each-its-own-label"
        ),
        pytest.param(
            {"labels[0][key]": "scan_id", "labels[1][key]": "till"}, [ONE], id="labels-add-up"
        ),
        pytest.param(
            {"labels[0][key]": "till", "labels[0][value]": "1"}, [], id="label-halves-belong"
        ),
        pytest.param({"silenceQuery": "true"}, [THREE, TWO, ONE], id="front-end-noise"),
        pytest.param({"sort": "grossValue"}, [THREE, ONE, TWO], id="sort"),
        pytest.param({"sort": "grossValue", "direction": "desc"}, [TWO, ONE, THREE], id="down"),
        pytest.param({"sort": "customerData.name"}, [ONE, THREE, TWO], id="sort-name"),
        pytest.param({"sort": "nonsense"}, [THREE, TWO, ONE], id="sort-unknown"),
        pytest.param({"page": "2", "perPage": "2"}, [ONE], id="second-page"),
    ],
)
def test_filter_and_sort(staff, documents, query, found):
    asked = {name: value.format(**documents) for name, value in query.items()}

    answer = staff.get(PATH, asked)

    assert answer.status_code == 200
    assert numbers(answer) == found


def test_filter_by_several_labels_without_numbers(staff, documents):
    answer = staff.get(PATH, {"labels[][key]": ["till", "scan_id"]})

    assert numbers(answer) == [ONE]


@pytest.mark.parametrize("sort", ["transactionId", "posName", "pointsEarned", "purchasePlace"])
def test_sort_by_every_column(staff, documents, sort):
    answer = staff.get(PATH, {"sort": sort})

    assert sorted(numbers(answer)) == [ONE, TWO, THREE]


def test_of_a_customer_show_their_own_only(customer, documents):
    answer = customer.get("DEFAULT/customer/transaction")

    assert numbers(answer) == [THREE, ONE]
    assert answer.data["total"] == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({"documentType": "sell"}, [ONE], id="type"),
        pytest.param({"documentNumber": "RET"}, [THREE], id="number"),
        pytest.param({"posId": "{shop}"}, [ONE], id="pos"),
        pytest.param({"customerId": "{alice}"}, [THREE, ONE], id="customer"),
        pytest.param({"customerId": str(uuid4())}, [], id="somebody-else"),
        pytest.param({"customerData_name": "brown"}, [THREE, ONE], id="ignored"),
    ],
)
def test_of_a_customer_filter(customer, documents, query, found):
    asked = {name: value.format(**documents) for name, value in query.items()}

    assert numbers(customer.get("DEFAULT/customer/transaction", asked)) == found


def test_details_of_somebody_else_do_not_exist_for_a_customer(customer, documents, store):
    foreign = TransactionFactory(store)

    for path in ("DEFAULT/customer/transaction", PATH):
        assert customer.get(f"{path}/{foreign.uuid}").status_code == 404
        assert customer.get(f"{path}/{documents['first']}").status_code == 200


def test_details_of_nothing_do_not_exist(staff, store):
    assert staff.get(f"{PATH}/{uuid4()}").status_code == 404
    assert staff.get(f"{PATH}/nonsense").status_code == 404


def test_sellers_find_a_document_by_its_exact_number(seller, documents):
    answer = seller.get("DEFAULT/seller/transaction/INV/2026/1")

    assert numbers(answer) == [ONE]
    assert answer.data["total"] == 1
    assert answer.data["transactions"][0]["excludedLevelCategories"] == []
    assert numbers(seller.get("DEFAULT/seller/transaction/INV%2F2026%2F2")) == [TWO]
    assert seller.get("DEFAULT/seller/transaction/INV").data == {"transactions": [], "total": 0}


def test_sellers_see_the_documents_of_a_customer(seller, documents):
    path = f"DEFAULT/seller/transaction/customer/{documents['alice']}"

    assert numbers(seller.get(path)) == [THREE, ONE]
    assert numbers(seller.get(path, {"documentNumber": "inv"})) == [ONE]
    assert seller.get(f"DEFAULT/seller/transaction/customer/{uuid4()}").status_code == 404


def test_sellers_list_all_with_every_filter(seller, documents):
    answer = seller.get("DEFAULT/seller/transaction", {"customerData_name": "brown"})

    assert numbers(answer) == [TWO]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        pytest.param("transaction", {"staff", "reader"}, id="list"),
        pytest.param("transaction/{first}", {"staff", "reader", "seller", "customer"}, id="one"),
        pytest.param(
            "transaction/item/labels", {"staff", "reader", "seller", "customer"}, id="labels"
        ),
        pytest.param("customer/transaction", {"customer"}, id="own"),
        pytest.param("customer/transaction/{first}", {"customer"}, id="one-own"),
        pytest.param("seller/transaction", {"seller"}, id="seller"),
        pytest.param("seller/transaction/INV/2026/1", {"seller"}, id="by-number"),
        pytest.param("seller/transaction/customer/{alice}", {"seller"}, id="of-customer"),
    ],
)
def test_are_for_their_readers(staff, reader, seller, customer, api, documents, path, allowed):
    callers = {"staff": staff, "reader": reader, "seller": seller, "customer": customer}
    address = f"DEFAULT/{path.format(**documents)}"

    let_in = {name for name, caller in callers.items() if caller.get(address).status_code == 200}

    assert let_in == allowed
    assert api().get(address).status_code == 401


def test_of_a_point_of_sale_are_counted(staff, documents):  # TX-4, POS-3
    data = staff.get(f"DEFAULT/pos/{documents['shop']}").data

    assert (data["transactionsAmount"], data["transactionsCount"]) == (10, 1)
