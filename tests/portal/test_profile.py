"""A customer's own profile …"""

import re

import pytest
from django.utils import timezone

from accounts.models import CustomerCode
from accounts.services import codes
from loyalty.core import throttle
from loyalty.core.models import AuditEntry
from tests.factories.accounts import PASSWORD, CustomerFactory
from tests.support.api import ApiClient

PATH = "/portal/profile/"
OWN = "My-Own-Word-7"
DETAILS = {
    "deed": "details",
    "first_name": "Alicia",
    "last_name": "Wonder",
    "email": "alice@example.com",
    "phone": "+48601234567",
    "gender": "female",
    "birth_date": "1990-02-28",
    "street": "Rynek",
    "address1": "7",
    "address2": "",
    "postal": "50-101",
    "city": "Wrocław",
}


def save(client, **changes):
    return client.post(PATH, DETAILS | changes)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_is_for_nobody_who_is_not_signed_in(client, store):
    assert client.get(PATH)["Location"] == "/portal/sign-in/"
    assert save(client)["Location"] == "/portal/sign-in/"


def test_saves_details_and_keeps_what_it_does_not_show(signed_in, alice):
    alice.address = {"street": "Old street", "country": "PL"}
    alice.save(update_fields=["address"])

    answer = save(signed_in)

    assert answer["Location"] == f"{PATH}?saved=details"
    assert "Your details are saved." in text_of(signed_in.get(answer["Location"]))
    alice.refresh_from_db()
    assert (alice.first_name, alice.gender, str(alice.birth_date)) == (
        "Alicia",
        "female",
        "1990-02-28",
    )
    assert alice.address == {
        "street": "Rynek",
        "address1": "7",
        "postal": "50-101",
        "city": "Wrocław",
        "country": "PL",
    }
    entry = AuditEntry.objects.get(event_type="UpdateCustomerDetails")
    assert entry.actor_id == str(alice.uuid)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        pytest.param({"first_name": " "}, "first_name", "should not be blank", id="no name"),
        pytest.param({"birth_date": "30.2.1990"}, "birth_date", "a day that has", id="no day"),
        pytest.param({"birth_date": "2999-01-01"}, "birth_date", "a day that has", id="to come"),
        pytest.param({"email": "bob@example.com"}, "email", "already used", id="taken"),
    ],
)
def test_keeps_what_was_typed_where_it_is_wrong(signed_in, alice, changes, field, sentence):
    CustomerFactory(alice.store, email="bob@example.com")

    answer = save(signed_in, **changes, last_name="Typed")

    page = text_of(answer)
    assert answer.status_code == 422
    assert sentence in page.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert 'value="Typed"' in page
    alice.refresh_from_db()
    assert alice.first_name == "Alice"


def test_lets_a_new_address_count_when_its_code_is_typed_in(signed_in, alice):
    """ACT-6."""
    save(signed_in, email="new@example.com")
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert "<strong>new@example.com</strong>" in text_of(signed_in.get(PATH))
    secret = codes.write(CustomerCode.objects.get(), now=timezone.now())

    wrong = signed_in.post(PATH, {"deed": "proof", "code": "?"})
    right = signed_in.post(PATH, {"deed": "proof", "code": secret})

    assert (wrong.status_code, right["Location"]) == (422, f"{PATH}?saved=proof")
    assert "This code is not right" in text_of(wrong)
    alice.refresh_from_db()
    assert alice.email == "new@example.com"
    assert "Confirm your new address" not in text_of(signed_in.get(PATH))


def test_gives_and_takes_back_consents_but_the_conditions(signed_in, alice):
    signed_in.post(PATH, {"deed": "consents", "agreement2": "on", "agreement3": "on"})
    signed_in.post(PATH, {"deed": "consents", "agreement3": "on"})

    alice.refresh_from_db()
    assert (alice.agreement1, alice.agreement2, alice.agreement3) == (True, False, True)
    assert AuditEntry.objects.filter(event_type="AgreementsUpdated").count() == 2


def test_shows_but_does_not_change_details_where_the_store_forbids_it(signed_in, alice):
    """CUS-22."""
    store = alice.store
    store.setting_values = store.setting_values | {"allowCustomersProfileEdits": False}
    store.save(update_fields=["setting_values"])

    page = text_of(signed_in.get(PATH))
    answer = save(signed_in)
    signed_in.post(PATH, {"deed": "consents", "agreement2": "on"})

    assert "Save my details" not in page
    assert re.search(r'id="first_name"[^>]* disabled', page)
    assert answer.status_code == 422
    alice.refresh_from_db()
    assert (alice.first_name, alice.agreement2) == ("Alice", True)


def test_changes_the_password_and_stays_signed_in_here_alone(signed_in, alice):
    """PWD-8."""
    app = ApiClient(alice)

    answer = signed_in.post(
        PATH, {"deed": "password", "current": PASSWORD, "new": OWN, "again": OWN}
    )

    assert answer["Location"] == f"{PATH}?saved=password"
    assert signed_in.get(PATH).status_code == 200
    assert app.get("DEFAULT/settings/public").status_code == 401
    alice.refresh_from_db()
    assert alice.check_password(OWN)


@pytest.mark.parametrize(
    ("current", "new", "again", "sentence"),
    [
        pytest.param("Wrong-1-one", OWN, OWN, "not your present password", id="wrong"),
        pytest.param(PASSWORD, "short", "short", "at least 8 characters", id="weak"),
        pytest.param(PASSWORD, OWN, OWN + "8", "not the same as above", id="mistyped"),
        pytest.param(PASSWORD, "", "", "Please fill this in.", id="empty"),
    ],
)
def test_refuses_a_password(signed_in, alice, current, new, again, sentence):
    answer = signed_in.post(
        PATH, {"deed": "password", "current": current, "new": new, "again": again}
    )

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert new not in re.findall(r'value="([^"]*)"', answer.content.decode()) or not new
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_stops_guessing_of_the_password(signed_in, alice, monkeypatch):
    def refuse(attempt):
        raise throttle.TooManyAttempts(60)

    monkeypatch.setattr(throttle, "begin", refuse)

    answer = signed_in.post(PATH, {"deed": "password", "current": "x", "new": OWN, "again": OWN})

    assert answer.status_code == 429
    assert "Too many attempts." in text_of(answer)
