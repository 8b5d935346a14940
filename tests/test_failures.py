"""What is answered where no view could."""

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from loyalty import failures

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient() -> Client:
    """A browser that gets the answer to an error instead of the error."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "home"),
    [
        pytest.param("/nothing", "/portal/", id="anywhere"),
        pytest.param("/portal/rewards/99/", "/portal/", id="portal"),
        pytest.param("/pos/customers/99/more/", "/pos/", id="till"),
    ],
)
def test_what_is_not_there_names_a_way_out(store, client, path, home):
    page = client.get(path)

    assert page.status_code == 404
    assert "There is no such page" in page.text
    assert f'href="{home}"' in page.text


def test_a_failure_speaks_the_readers_language(store, client):
    page = client.get("/nothing", headers={"accept-language": "pl"})

    assert "Nie ma takiej strony" in page.text
    assert '<html lang="pl">' in page.text


def test_a_form_of_a_page_left_open_says_what_to_do(store):
    answer = Client(enforce_csrf_checks=True).post("/portal/sign-in/", {"username": "x"})

    assert answer.status_code == 403
    assert "This page was open for too long" in answer.text


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    ("path", "says"),
    [("/api/DEFAULT/level", "Service Unavailable"), ("/portal/sign-in/", "One moment, please")],
)
def test_without_its_database_the_program_says_when_to_ask_again(
    store, patient, monkeypatch, kind, path, says
):
    def gone(*args, **kwargs):
        raise kind("the server closed the connection unexpectedly")

    monkeypatch.setattr("loyalty.portal.store_page.find_store", gone)
    monkeypatch.setattr("loyalty.core.api.views.OpenLoyaltyView.initial", gone)

    answer = patient.get(path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert says in answer.text


def test_an_error_of_ours_is_none_of_the_database(store, patient, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("loyalty.core.api.views.OpenLoyaltyView.initial", broken)

    answer = patient.get("/api/DEFAULT/level")

    assert answer.status_code == 500
    assert answer.json() == {"error": {"code": 500, "message": "Internal Server Error"}}


def test_what_the_database_refuses_is_an_error_of_ours(store, patient, monkeypatch):
    def too_much(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("select repeat('a', 3000)::tsquery")

    monkeypatch.setattr("loyalty.core.api.views.OpenLoyaltyView.initial", too_much)

    assert patient.get("/api/DEFAULT/level").status_code == 500


def test_a_page_of_a_failure_asks_the_database_nothing(rf, django_assert_num_queries):
    request = rf.get("/portal/")
    connection.ensure_connection()

    with django_assert_num_queries(0):
        page = failures.server_error(request)

    assert page.status_code == 500
    assert "Something went wrong" in page.text
