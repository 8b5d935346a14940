"""A customer claims a purchase …"""

import html
import re

import pytest

from accounts.selectors import balances
from loyalty.core import throttle
from loyalty.core.models import AuditEntry
from tests.factories.accounts import CustomerFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory

PAGE = "/portal/claim/"


def text_of(response) -> str:
    return html.unescape(re.sub(r"[\s\xa0]+", " ", response.content.decode()))


def test_only_signed_in(client, store):
    sale = UnmatchedSaleFactory(store, number="R-77")

    answers = [client.get(PAGE), client.post(PAGE, {"number": "R-77"})]

    assert [answer["Location"] for answer in answers] == ["/portal/sign-in/"] * 2
    sale.refresh_from_db()
    assert sale.customer is None


def test_by_its_number_and_gets_the_points(signed_in, alice):
    """TX-10, TX-12."""
    EarningRuleFactory(store=alice.store)
    sale = UnmatchedSaleFactory(alice.store, "35.00", number="R-77")

    answer = signed_in.post(PAGE, {"number": " R-77 "}, follow=True)

    assert answer.redirect_chain == [(f"/portal/purchases/{sale.uuid}/?said=claimed", 302)]
    assert "This purchase is yours now." in text_of(answer)
    sale.refresh_from_db()
    assert sale.customer == alice
    assert balances.points_of_transaction(sale.uuid) == 35
    entry = AuditEntry.objects.get(event_type="AssignCustomerToTransaction")
    assert entry.entity_id == str(sale.uuid)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        pytest.param("R-404", "no receipt with this number", id="unknown"),
        pytest.param("FOREIGN", "no receipt with this number", id="of another store"),
        pytest.param("TAKEN", "belongs to an account already", id="somebody else's"),
        pytest.param("MINE", "belongs to an account already", id="their own"),
        pytest.param(" \x00 ", "Please fill this in", id="nothing"),
    ],
)
def test_but_not(signed_in, alice, number, says):
    UnmatchedSaleFactory(StoreFactory(), number="FOREIGN")
    taken = SaleFactory(CustomerFactory(alice.store), number="TAKEN")
    SaleFactory(alice, number="MINE")

    answer = signed_in.post(PAGE, {"number": number})

    assert answer.status_code == 422
    assert says in text_of(answer)
    taken.refresh_from_db()
    assert taken.customer != alice


def test_but_tries_only_so_many_numbers(signed_in, alice, monkeypatch):
    monkeypatch.setattr(throttle, "PER_PLACE", 2)
    sales = [UnmatchedSaleFactory(alice.store, number=f"R-{number}") for number in range(3)]

    answers = [signed_in.post(PAGE, {"number": sale.document_number}) for sale in sales]

    # What goes well counts, too: numbers of receipts follow each other.
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "Too many attempts" in text_of(answers[2])
    sales[2].refresh_from_db()
    assert sales[2].customer is None
