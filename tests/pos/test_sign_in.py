"""At the till, a seller signs in …"""

import pytest

from accounts.models import Door, TokenSession
from accounts.services import sellers
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry
from tests.factories.accounts import PASSWORD, SellerFactory
from tests.factories.core import StoreFactory

ADDRESSES = [
    "/pos/",
    "/pos/register/",
    "/pos/customers/0195f0de-0000-7000-8000-000000000001/",
    "/pos/documents/0195f0de-0000-7000-8000-000000000001/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_before_anything_else(client, store, address):
    assert client.get(address)["Location"] == "/pos/sign-in/"
    assert client.post(address)["Location"] == "/pos/sign-in/"


def test_and_sees_where_and_as_whom(till, mona):
    page = till.get("/pos/").content.decode()

    assert f"{mona.pos.name} · {mona.name}" in page
    session = TokenSession.objects.get()
    assert (session.door, session.seller) == (Door.POS, mona)
    assert till.cookies["pos_session"]["path"] == "/pos/"
    assert AuditEntry.objects.filter(event_type="AuthenticationSuccess").count() == 1
    mona.refresh_from_db()
    assert mona.last_login_at is not None


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [
        pytest.param("mona@example.com", "Wrong-1-one", "do not know this", id="wrong password"),
        pytest.param("eve@example.com", PASSWORD, "do not know this", id="nobody"),
        pytest.param("mona@example.com", "", "fill in both", id="empty"),
    ],
)
def test_but_not_with(client, mona, email, password, says):
    answer = client.post("/pos/sign-in/", {"email": email, "password": password})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert f'value="{email}"' in page
    assert client.get("/pos/").status_code == 302


def test_but_not_of_another_store(client, mona):
    other = StoreFactory(code="other")
    eve = SellerFactory(other, email="eve@example.com", password=PASSWORD)

    client.post("/pos/sign-in/", {"email": eve.email, "password": PASSWORD})
    assert client.get("/pos/").status_code == 302

    client.post("/pos/other/sign-in/", {"email": eve.email, "password": PASSWORD})
    assert client.get("/pos/other/").status_code == 200
    assert client.get("/pos/")["Location"] == "/pos/sign-in/"


def test_and_out_again(till):
    till.post("/pos/sign-out/")

    assert till.get("/pos/").status_code == 302
    assert not TokenSession.objects.filter(revoked_at=None).exists()


def test_and_is_out_at_once_when_deactivated(till, mona):
    sellers.set_active(seller=mona, is_active=False, actor=SYSTEM)

    assert till.get("/pos/")["Location"] == "/pos/sign-in/"


def test_and_reads_polish(till):
    page = till.get("/pos/", headers={"accept-language": "pl"}).content.decode()

    assert "Zarejestruj klienta" in page
