"""GET /api/healthcheck …"""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from loyalty import health, heartbeat


@pytest.fixture
def working(db: None) -> None:
    heartbeat.beat()


@pytest.mark.usefixtures("working")
def test_answers_204_when_all_is_well(client: Client):
    """UTL-3."""
    response = client.get("/api/healthcheck")

    assert response.status_code == 204
    assert response.content == b""


@pytest.mark.django_db
def test_names_a_worker_that_never_ran(client: Client):
    response = client.get("/api/healthcheck")

    assert response.status_code == 503
    assert response.json() == [
        {"name": "PostgreSQL", "status": "OK", "message": "The database answers."},
        {
            "name": "Broker",
            "status": "OK",
            "message": response.json()[1]["message"],
        },
        {"name": "Worker", "status": "Problem", "message": "No worker has run yet."},
    ]


@pytest.mark.django_db
def test_names_a_worker_that_is_silent(client: Client):
    """UTL-3."""
    heartbeat.beat(now=timezone.now() - timedelta(seconds=91))

    worker = client.get("/api/healthcheck").json()[2]

    assert worker["status"] == "Problem"
    assert worker["message"].startswith("No worker has run for 9")


@pytest.mark.usefixtures("working")
def test_answers_when_the_database_is_down(client: Client, monkeypatch: pytest.MonkeyPatch):
    refuse = Mock(side_effect=OperationalError("connection refused"))
    monkeypatch.setattr(health, "connection", Mock(cursor=refuse))
    monkeypatch.setattr(heartbeat, "get_silence", refuse)

    response = client.get("/api/healthcheck")

    assert response.status_code == 503
    assert [state["status"] for state in response.json()] == ["Problem", "OK", "Problem"]


@pytest.mark.usefixtures("working")
def test_names_a_broker_that_is_down(client: Client, monkeypatch: pytest.MonkeyPatch):
    def refuse() -> str:
        raise health.Down("The message broker does not answer.")

    monkeypatch.setattr(health, "check_broker", refuse)

    response = client.get("/api/healthcheck")

    assert response.status_code == 503
    assert response.json()[1] == {
        "name": "Broker",
        "status": "Problem",
        "message": "The message broker does not answer.",
    }


@pytest.mark.usefixtures("working")
def test_needs_no_sign_in_and_takes_no_other_method(client: Client):
    assert client.post("/api/healthcheck").status_code == 405
