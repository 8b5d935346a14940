"""Clients in a browser, served from another origin, may …"""

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import StaffUser

pytestmark = pytest.mark.django_db
ORIGIN = "https://app.example.com"


@pytest.fixture
def client(settings: LazySettings) -> Client:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    return Client(headers={"origin": ORIGIN, "accept": "application/json"})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_ask_first_what_they_may_send(client: Client, method: str):
    sent = "authorization, content-type, idempotency-key, prefer, x-auth-token"

    answer = client.options(
        "/api/DEFAULT/customer",
        headers={"access-control-request-method": method, "access-control-request-headers": sent},
    )

    assert answer.status_code == 200
    assert answer["access-control-allow-origin"] == ORIGIN
    assert method in answer["access-control-allow-methods"]
    assert set(sent.split(", ")) <= set(answer["access-control-allow-headers"].split(", "))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/", 200, id="answer"),
        pytest.param("/api/DEFAULT/customer", 401, id="nobody-signed-in"),
        pytest.param("/api/DEFAULT/nowhere", 404, id="no-such-address"),
        pytest.param("/api/DEFAULT/settings/photo/logo", 200, id="picture"),
    ],
)
def test_read_every_answer(client: Client, path: str, status: int):
    """Else a front end could not tell that its token is over."""
    answer = client.get(path)

    assert (answer.status_code, answer["access-control-allow-origin"]) == (status, ORIGIN)


def test_read_names_of_files_and_addresses_of_jobs(client: Client):
    exposed = client.get("/api/")["access-control-expose-headers"].split(", ")

    assert {"content-disposition", "location", "retry-after"} <= set(exposed)


def test_sign_in(client: Client):
    StaffUser.objects.create_superuser("sam", "Open-Sesame-1")

    answer = client.post(
        "/api/admin/login_check", {"_username": "sam", "_password": "Open-Sesame-1"}
    )

    assert answer["access-control-allow-origin"] == ORIGIN
    assert set(answer.json()) >= {"token", "refresh_token"}


@pytest.mark.parametrize("origin", ["https://evil.example", "http://app.example.com", "null"])
def test_not_from_an_origin_that_is_not_named(client: Client, origin: str):
    answer = client.get("/api/", headers={"origin": origin})

    assert "access-control-allow-origin" not in answer


def test_not_read_the_pages_for_people(client: Client):
    assert "access-control-allow-origin" not in client.get("/portal/sign-in/")


def test_come_from_anywhere_where_that_is_set(client: Client, settings: LazySettings):
    settings.CORS_ALLOW_ALL_ORIGINS = True

    answer = client.get("/api/", headers={"origin": "https://other.example"})

    assert answer["access-control-allow-origin"] == "*"
