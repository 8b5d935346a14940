"""What a store sells, told by its purchases …"""

from decimal import Decimal

import pytest

from tests.factories.accounts import CustomerFactory
from tests.factories.core import StoreFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, document, line, register
from transactions.selectors import products
from transactions.selectors.products import Product

pytestmark = pytest.mark.django_db


def test_is_what_was_sold_last():
    alice = CustomerFactory()
    tea = {"sku": "TEA", "maker": "Leaf", "labels": [("origin", "fair")]}
    old = document(alice, lines=(line("3.00", name="Old tea", **tea),))
    new = document(alice, lines=(line("7.00", name="Tea", quantity=Decimal(3), **tea),))
    for sale in (old, new):
        register(alice.store, sale)

    found = products.find_by_sku(alice.store, ["TEA", "NONE", "TEA"])

    labels = frozenset({("origin", "fair")})
    assert found == {"TEA": Product("TEA", "Tea", Decimal("2.33"), "drinks", "Leaf", labels)}


def test_asks_once_for_many(django_assert_num_queries):
    alice = CustomerFactory()
    SaleFactory(alice, "1.00", "2.00", "3.00")

    with django_assert_num_queries(1):
        found = products.find_by_sku(alice.store, ["SKU1", "SKU2", "SKU3"])

    assert sorted(found) == ["SKU1", "SKU2", "SKU3"]


def test_asks_nothing_for_none(django_assert_num_queries):
    store = StoreFactory()

    with django_assert_num_queries(0):
        assert products.find_by_sku(store, []) == {}


def test_is_no_other_stores_and_no_return():
    alice = CustomerFactory()
    sale = SaleFactory(alice, "10.00")
    ReturnFactory(sale, "4.00")

    assert products.find_by_sku(StoreFactory(), ["SKU1"]) == {}
    assert products.find_by_sku(alice.store, ["SKU1"])["SKU1"].price == Decimal("10.00")


def test_lists_each_product_of_the_last_sales_once():
    alice = CustomerFactory()
    SaleFactory(alice, "1.00", "2.00")
    SaleFactory(alice, "3.00")
    SaleFactory(CustomerFactory(StoreFactory()), "4.00", "5.00", "6.00")

    found = products.list_recent(alice.store)

    assert [(product.sku, product.price) for product in found] == [
        ("SKU1", Decimal("3.00")),
        ("SKU2", Decimal("2.00")),
    ]
