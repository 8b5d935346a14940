"""The page behind the link in the activation mail …"""

import pytest
from django.test import Client

from accounts.models import Customer, CustomerStatus
from accounts.services import customers
from tests.factories.accounts import PASSWORD, CustomerFactory
from tests.factories.core import StoreFactory

TOKEN = "abcdefghijklmnopqrst"


@pytest.fixture
def nina(store) -> Customer:
    return CustomerFactory(
        store,
        first_name="Nina",
        email="nina@example.com",
        password=PASSWORD,
        status=CustomerStatus.NEW,
        activation_token=TOKEN,
    )


def status_of(customer: Customer) -> str:
    customer.refresh_from_db()
    return customer.status


@pytest.mark.parametrize("end", ["", "/"])
def test_changes_nothing_when_it_is_opened(client, nina, end):
    response = client.get(f"/portal/activate/{TOKEN}{end}")

    assert response.status_code == 200
    assert "Yes, I want to join" in response.content.decode()
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
    assert status_of(nina) == CustomerStatus.NEW


def test_lets_the_customer_in_by_its_button(client, nina):
    response = client.post(f"/portal/activate/{TOKEN}")

    assert response.status_code == 200
    page = response.content.decode()
    assert "Your registration is confirmed." in page
    assert 'href="/portal/sign-in/"' in page
    assert status_of(nina) == CustomerStatus.ACTIVE
    signed_in = client.post("/portal/sign-in/", {"login": nina.email, "password": PASSWORD})
    assert signed_in["Location"] == "/portal/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_says_of_a_used_link_that_it_was_used(client, nina, method):
    customers.activate_by_token(store=nina.store, token=TOKEN)

    response = getattr(client, method)(f"/portal/activate/{TOKEN}")

    assert response.status_code == 404
    assert "This link has been used or is not whole" in response.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("token", ["abcdefghijklmnopqrs", "%00", "%20", "sign-in"])
def test_knows_no_other_token(client, nina, method, token):
    response = getattr(client, method)(f"/portal/activate/{token}")

    assert response.status_code == 404
    assert status_of(nina) == CustomerStatus.NEW


def test_belongs_to_one_store(client, store):
    other = StoreFactory(code="other")
    olga = CustomerFactory(other, status=CustomerStatus.NEW, activation_token=TOKEN)

    assert client.post(f"/portal/activate/{TOKEN}").status_code == 404
    assert status_of(olga) == CustomerStatus.NEW

    response = client.post(f"/portal/other/activate/{TOKEN}")

    assert 'href="/portal/other/sign-in/"' in response.content.decode()
    assert status_of(olga) == CustomerStatus.ACTIVE


def test_needs_a_form_of_ours(nina):
    response = Client(enforce_csrf_checks=True).post(f"/portal/activate/{TOKEN}")

    assert response.status_code == 403
    assert status_of(nina) == CustomerStatus.NEW


def test_speaks_polish(client, nina):
    page = client.get(f"/portal/activate/{TOKEN}", headers={"accept-language": "pl"})

    assert "Tak, dołączam" in page.content.decode()
