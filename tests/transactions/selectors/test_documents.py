"""documents.load_documents …"""

from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.selectors import transfers
from tests.factories import PosFactory, StoreFactory
from tests.factories.transactions import UnmatchedSaleFactory, line
from transactions.selectors import documents
from transactions.services.documents import Label

pytestmark = pytest.mark.django_db


def test_is_what_transfers_ask():
    sale = UnmatchedSaleFactory(StoreFactory(), number="INV/7")

    assert transfers.get_documents([sale.uuid])[sale.uuid].document_number == "INV/7"


def test_brings_lines_and_point_of_sale():
    shop = PosFactory(identifier="shop", name="Corner shop")
    sale = UnmatchedSaleFactory(
        shop.store,
        lines=(line("3.50", sku="TEA", maker="Best", labels=[("hot", "1")]),),
        pos_uuid=shop.uuid,
        labels=(Label("scan_id", "123"),),
    )

    found = documents.load_documents([sale.uuid, uuid4()])

    assert found == {
        sale.uuid: transfers.Document(
            uuid=sale.uuid,
            document_number=sale.document_number,
            gross_value=Decimal("3.50"),
            labels=[{"key": "scan_id", "value": "123"}],
            items=[
                {
                    "sku": "TEA",
                    "name": "Tea",
                    "quantity": Decimal(1),
                    "gross_value": Decimal("3.50"),
                    "category": "drinks",
                    "maker": "Best",
                    "labels": [{"key": "hot", "value": "1"}],
                }
            ],
            pos_identifier="shop",
            pos_name="Corner shop",
        )
    }


@pytest.mark.parametrize("count", [2, 20])
def test_asks_two_queries_for_any_number(django_assert_num_queries, count):
    store = StoreFactory()
    uuids = [UnmatchedSaleFactory(store, "1.00", "2.00").uuid for _ in range(count)]

    with django_assert_num_queries(2):
        assert len(documents.load_documents(uuids)) == count
