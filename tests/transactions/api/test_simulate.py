"""POST /api/<store>/transaction/simulate … Source: ER-27."""

from decimal import Decimal

import pytest

from accounts.ledger.models import Lot
from earning.models import Evaluation
from tests.factories import CustomerFactory, LevelFactory
from tests.factories.earning import EarningRuleFactory
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

PATH = "DEFAULT/transaction/simulate"

# The reference's own example, with the line that clashes.
PRINTED = {
    "transaction[items][0][sku][code]": "SKU1",
    "transaction[items][0][name]": "item+8",
    "transaction[items][0][quantity]": "1",
    "transaction[items][0][grossValue]": "1",
    "transaction[items][0][category]": "aaa",
    "transaction[items][0][maker]": "sss",
    "transaction[items][0][labels][0]": "labels",
    "transaction[items][0][labels][0][key]": "test",
    "transaction[items][0][labels][0][value]": "label",
    "transaction[purchaseDate]": "2022-02-20T09:45:04+0100",
}

ITEM = {
    "sku": {"code": "SKU1"},
    "name": "Tea",
    "quantity": 1,
    "grossValue": "10.00",
    "category": "drinks",
}


def simulation(**changes):
    return {"transaction": {"items": [ITEM], "purchaseDate": "2026-03-14"} | changes}


def test_works_as_printed_for_somebody_new(staff, alice, store):
    EarningRuleFactory(store=store, point_value=Decimal("2.30"))

    answer = staff.form("POST", PATH, PRINTED)

    assert answer.status_code == 200
    assert answer.data == {"points": 2.3}


def test_judges_by_the_customers_level(staff, store):
    LevelFactory(store, condition_value=0)
    gold = LevelFactory(store, condition_value=100)
    CustomerFactory(store, email="gold@example.com", level_id=gold.pk)
    EarningRuleFactory(store=store, levels=[gold])

    known = staff.post(PATH, simulation(customerData={"email": "gold@example.com"}))
    unknown = staff.post(PATH, simulation(customerData={"email": "nobody@example.com"}))

    assert known.data == {"points": 10}
    assert unknown.data == {"points": 0}


def test_writes_nothing(staff, alice, store):
    EarningRuleFactory(store=store)

    staff.post(PATH, simulation(customerData={"name": "Alice", "email": "alice@example.com"}))

    assert not Transaction.objects.exists()
    assert not Evaluation.objects.exists()
    assert not Lot.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"items": []}, "items", id="no-lines"),
        pytest.param({"items": [ITEM | {"grossValue": -1}]}, "items", id="negative"),
        pytest.param({"purchaseDate": ""}, "purchaseDate", id="no-date"),
        pytest.param({"purchaseDate": "soon"}, "purchaseDate", id="malformed-date"),
        pytest.param({"customerData": "Alice"}, "customerData", id="buyer-no-object"),
    ],
)
def test_refuses_what_cannot_be_priced(staff, alice, changes, field):
    answer = staff.post(PATH, simulation(**changes))

    assert answer.status_code == 400
    children = answer.data["form"]["children"]
    assert set(children) == {"items", "purchaseDate", "customerData"}
    assert "errors" in children[field] or "children" in children[field]


def test_is_for_staff_who_may_look(reader, seller, customer, store):
    LevelFactory(store)

    assert reader.post(PATH, simulation()).status_code == 200
    assert seller.post(PATH, simulation()).status_code == 403
    assert customer.post(PATH, simulation()).status_code == 403
