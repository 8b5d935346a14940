"""Back in the list: its filters, search, page and order are as they were left."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from accounts.models import Customer, Segment
from tests.factories.accounts import CustomerFactory, PosFactory, SellerFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory

QUERY = "q=a&status__exact=active&o=-1&p=1"
KEPT = urlencode({"_changelist_filters": QUERY})
CUSTOMERS = reverse("admin:accounts_customer_changelist")


def links(answer):
    return {unescape(url) for url in re.findall(r'href="([^"]*)"', answer.content.decode())}


@pytest.fixture
def alice(store):
    return CustomerFactory(store, first_name="Alice")


def page_url(row, view="change", *rest):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{view}"
    return reverse(name, args=[row.pk, *rest])


def test_leads_from_a_row_to_its_page_with_the_way_back(cockpit, alice):
    shown = cockpit().get(f"{CUSTOMERS}?q=alice&o=-1&p=1")

    kept = urlencode({"_changelist_filters": "q=alice&o=-1&p=1"})
    assert f"{page_url(alice)}?{kept}" in links(shown)


@pytest.mark.parametrize(
    "view", ["change", "edit", "block", "reward", "events", "history", "anonymize"]
)
def test_leads_back_from_every_page_of_a_customer(cockpit, alice, view):
    shown = cockpit().get(f"{page_url(alice, view)}?{KEPT}")

    assert shown.status_code == 200
    assert f"{CUSTOMERS}?{QUERY}" in links(shown)


def test_hands_the_way_back_on_to_the_deeds_of_a_customer(cockpit, alice):
    shown = links(cockpit().get(f"{page_url(alice)}?{KEPT}"))

    assert {
        f"{page_url(alice, 'edit')}?{KEPT}",
        f"{page_url(alice, 'block')}?{KEPT}",
        f"{page_url(alice, 'points', 'add')}?{KEPT}",
    } <= shown


def test_keeps_it_after_a_deed(cockpit, alice):
    answer = cockpit().post(f"{page_url(alice, 'block')}?{KEPT}", {"confirmed": "1"})

    alice.refresh_from_db()
    assert alice.status == "blocked"
    assert answer["Location"] == f"{page_url(alice)}?{KEPT}"


def test_keeps_it_after_saving(cockpit, store):
    shop = PosFactory(store, name="Harbour")
    client, url = cockpit(), f"{page_url(shop)}?{KEPT}"
    form = client.get(url).context["form"]

    values = {name: form[name].value() or "" for name in form.fields}
    answer = client.post(url, {**values, "name": "Port"})

    shop.refresh_from_db()
    assert shop.name == "Port"
    assert answer["Location"] == url


def test_goes_back_after_deleting(cockpit, store):
    seller = SellerFactory(store)
    segment = Segment.objects.create(store=store, name="Few")
    client = cockpit()

    for row in (seller, segment):
        answer = client.post(f"{page_url(row, 'remove')}?{KEPT}", {"confirmed": "1"})

        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist"
        assert answer["Location"] == f"{reverse(name)}?{QUERY}"


def test_goes_back_to_the_page_on_which_rows_were_chosen(cockpit, store):
    for number in range(26):
        CustomerFactory(store, email=f"bob-{number}@example.com")
    client, address = cockpit(), f"{CUSTOMERS}?o=1&p=2"
    [last] = client.get(address).context["cl"].result_list

    chosen = client.post(address, {"action": "customers-block", "_selected_action": [last.pk]})
    asked = client.get(chosen["Location"])
    confirmed = {"confirmed": "1", "expected": "1", "key": asked.context["form"]["key"].value()}
    begun = client.post(chosen["Location"], confirmed)

    assert address in links(asked)
    assert address in links(client.get(begun["Location"]))


@pytest.mark.parametrize("is_all", [True, False])
def test_goes_back_from_a_change_of_many(cockpit, store, alice, is_all):
    client = cockpit()
    query = "q=alice&status__exact=active&o=-1"
    named = "all=1" if is_all else f"ids={alice.pk}"
    deed = reverse("admin:accounts_customer_many", args=["customers-block"])
    asked = client.get(f"{deed}?{query}&{named}")
    assert f"{CUSTOMERS}?{query}" in links(asked)

    form = asked.context["form"]
    begun = client.post(
        f"{deed}?{query}&{named}",
        {"key": form["key"].value(), "confirmed": "1", "expected": "1", "upto": str(alice.pk)},
    )

    alice.refresh_from_db()
    assert alice.status == "blocked"
    shown = client.get(begun["Location"])
    assert f"{CUSTOMERS}?{query}" in links(shown)


def test_keeps_it_while_a_buyer_is_looked_for(cockpit, store):
    sale = UnmatchedSaleFactory(store)
    client = cockpit()

    shown = client.get(f"{page_url(sale, 'match')}?q=nobody&{KEPT}")

    value = re.search(r'name="_changelist_filters"\s+value="([^"]*)"', shown.content.decode())
    assert unescape(value[1]) == QUERY


def test_gives_one_lists_filters_to_no_other(cockpit, alice):
    sale = SaleFactory(alice, "10.00")
    rule = EarningRuleFactory(store=alice.store)

    shown = links(cockpit().get(f"{page_url(sale)}?{KEPT}"))
    sales = reverse("admin:transactions_transaction_changelist")

    assert f"{sales}?{QUERY}" in shown
    assert page_url(alice) in shown
    assert f"{page_url(rule)}?{KEPT}" not in shown


@pytest.mark.parametrize(
    ("kept", "list_query"),
    [
        ("", ""),
        ("q=a&e=1", "?q=a"),
        ("_changelist_filters=x%3D1&q=a", "?q=a"),
        ("q=%C5%BC", "?q=%C5%BC"),
        ("//evil.example.com", "?%2F%2Fevil.example.com="),
        ("q=a\r\nSet-Cookie: b", "?q=a%0D%0ASet-Cookie%3A+b"),
        ('"><script>', "?%22%3E%3Cscript%3E="),
    ],
)
def test_takes_no_more_than_a_query_from_the_address(cockpit, alice, kept, list_query):
    address = f"{page_url(alice)}?{urlencode({'_changelist_filters': kept})}"

    shown = cockpit().get(address)

    assert f"{CUSTOMERS}{list_query}" in links(shown)
    assert "<script>=" not in shown.content.decode()
    assert Customer.objects.count() == 1
