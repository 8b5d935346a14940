"""One field at the till …"""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer
from campaigns.services import rewards
from tests.campaigns.conftest import STAFF
from tests.factories.accounts import CustomerFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory


def text_of(response) -> str:
    return re.sub(r"[\s\xa0]+", " ", response.content.decode())


def address_of(customer) -> str:
    return f"/pos/customers/{customer.uuid}/"


def find(till, text):
    return till.get("/pos/", {"q": text})


@pytest.mark.parametrize("text", [" alice@example.com", "+48 601 234 567", "card-0077"])
def test_opens_whose_identifier_it_is(till, alice, text):
    assert find(till, text)["Location"] == address_of(alice)


def test_lists_who_is_called_so_and_masks_addresses(till, alice):
    CustomerFactory(alice.store, first_name="Alicia", last_name="Keys")

    page = text_of(find(till, "ali"))

    assert "Alice Wonder" in page
    assert "Alicia Keys" in page
    assert "a•••@example.com" in page
    assert "alice@example.com" not in page


def test_finds_names_with_or_without_marks_on_letters(till, alice):
    CustomerFactory(alice.store, first_name="Łukasz", last_name="Żółć")

    assert "Łukasz Żółć" in text_of(find(till, "lukasz zolc"))
    assert "Łukasz Żółć" in text_of(find(till, "ŁUK"))


def test_finds_nobody_of_another_store(till, alice):
    eve = CustomerFactory(StoreFactory(), email="eve@example.com")

    page = text_of(find(till, "eve@example.com"))

    assert "Nothing found" in page
    assert till.get(address_of(eve)).status_code == 404


def test_opens_whose_coupon_it_is_unless_several_have_it(till, alice):
    campaign = CampaignFactory(alice.store, coupons=("CUP-1",), is_single_coupon=True)
    bob = CustomerFactory(alice.store)
    rewards.buy(campaign=campaign, customer=alice, actor=STAFF, without_points=True)
    assert find(till, "CUP-1")["Location"] == address_of(alice)

    rewards.buy(campaign=campaign, customer=bob, actor=STAFF, without_points=True)

    assert "Several customers have a coupon" in text_of(find(till, "CUP-1"))


def test_opens_a_purchase_and_gives_it_to_a_customer(till, alice):
    """TX-10."""
    EarningRuleFactory(store=alice.store, name="A point for every euro")
    sale = UnmatchedSaleFactory(alice.store, "35.00", number="R-77")
    address = find(till, "R-77")["Location"]

    nobody = till.post(address, {"who": "CARD-9"})
    answer = till.post(address, {"who": "CARD-0077"})

    assert (nobody.status_code, answer["Location"]) == (422, f"{address_of(alice)}?said=matched")
    assert "Nobody has this card" in text_of(nobody)
    sale.refresh_from_db()
    assert sale.customer == alice
    assert "35 points" in text_of(till.get(address_of(alice)))
    again = till.get(address)
    assert "Alice Wonder" in text_of(again)
    assert 'name="who"' not in text_of(again)


def test_offers_to_register_whom_it_does_not_know(till):
    page = text_of(find(till, "new@example.com"))

    assert "/pos/register/?email=new%40example.com" in page
    form = text_of(till.get("/pos/register/?email=new%40example.com"))
    assert 'value="new@example.com"' in form


def test_registers_a_customer_as_the_sellers(till, mona):
    """CUS-3."""
    form = {"first_name": "Nina", "last_name": "New", "email": "nina@example.com"}
    refused = till.post("/pos/register/", form)
    assert refused.status_code == 422
    assert 'id="agreement1-error"' in text_of(refused)
    assert 'value="Nina"' in text_of(refused)

    answer = till.post("/pos/register/", form | {"agreement1": "on"})

    nina = Customer.objects.get(email="nina@example.com")
    assert answer["Location"] == f"{address_of(nina)}?said=registered"
    assert (nina.seller, nina.pos, nina.agreement2) == (mona, mona.pos, False)


def test_asks_as_often_for_many_as_for_few(till, alice):
    give_points(alice, 100)
    for number in range(2):
        CampaignFactory(alice.store, cost_in_points=Decimal(1), name=f"Few {number}")
    SaleFactory(alice, "5.00")
    few = count(till, alice)
    for number in range(6):
        CampaignFactory(alice.store, cost_in_points=Decimal(1), name=f"Many {number}")
        SaleFactory(alice, "5.00")

    assert count(till, alice) == few


def count(till, alice) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert till.get(address_of(alice)).status_code == 200
    return len(queries)


FOCUSED = re.compile(r'name="(\w+)"[^>]*\bautofocus')


def test_takes_the_next_scan_wherever_nothing_else_is_to_be_filled_in(till, alice):
    sale = SaleFactory(alice, "12.50", number="R-1")
    addresses = ("/pos/", "/pos/?q=nobody", address_of(alice), f"/pos/documents/{sale.uuid}/")

    for address in addresses:
        assert FOCUSED.findall(text_of(till.get(address))) == ["q"], address


def test_does_not_add_the_next_scan_to_what_was_found_nowhere(till):
    page = text_of(till.get("/pos/?q=nobody"))

    field = re.search(r'<input[^>]*id="q"[^>]*>', page)[0]
    assert 'placeholder="nobody"' in field
    assert "value=" not in field


@pytest.mark.parametrize(
    ("data", "field"),
    [
        pytest.param({}, "first_name", id="nothing-known"),
        pytest.param({"first_name": "Ann", "last_name": "Lee"}, "phone", id="what-is-known-yet"),
    ],
)
def test_begins_in_the_first_field_to_fill_in(till, data, field):
    assert FOCUSED.findall(text_of(till.get("/pos/register/", data))) == [field]


def test_goes_back_to_the_field_that_was_refused(till, alice):
    given = {"first_name": "Ann", "last_name": "Lee", "email": alice.email, "agreement1": "on"}

    page = till.post("/pos/register/", given)

    assert page.status_code == 422
    assert FOCUSED.findall(text_of(page)) == ["email"]


def test_asks_for_the_code_of_a_customer_who_waits_for_it(till, alice):
    alice.status = "new"
    alice.save(update_fields=["status"])

    assert FOCUSED.findall(text_of(till.get(address_of(alice)))) == ["code"]
