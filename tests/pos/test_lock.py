"""The till that nobody uses …"""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import TokenSession
from tests.factories import StoreFactory


@pytest.fixture
def later():
    """Return a function that lets minutes pass."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield lambda minutes: clock.shift(timedelta(minutes=minutes))


def test_is_locked_after_a_quarter_of_an_hour(later, till):
    later(16)

    answer = till.get("/pos/", follow=True)

    assert answer.redirect_chain == [("/pos/sign-in/?idle", 302)]
    assert "not used for 15 minutes" in answer.content.decode()
    assert not TokenSession.objects.filter(revoked_at=None).exists()
    assert till.get("/pos/")["Location"] == "/pos/sign-in/"


def test_stays_open_while_somebody_uses_it(later, till):
    answers = []
    for _ in range(4):
        later(14)
        answers.append(till.get("/pos/").status_code)

    assert answers == [200] * 4


@pytest.fixture
def soon(store):
    """A store whose tills are locked after two minutes."""
    store.setting_values |= {"posIdleMinutes": 2}
    store.save(update_fields=["setting_values"])
    return store


def test_is_locked_when_the_store_says(soon, later, till):
    later(1.5)
    first = till.get("/pos/")
    later(1.5)
    second = till.get("/pos/")
    later(2.5)

    assert (first.status_code, second.status_code) == (200, 200)
    assert till.get("/pos/")["Location"] == "/pos/sign-in/?idle"
    page = re.sub(r"\s+", " ", till.get("/pos/sign-in/?idle").content.decode())
    assert "not used for 2 minutes" in page


def test_does_not_count_as_used_what_another_store_shows(soon, later, till):
    StoreFactory(code="other", setting_values={"posIdleMinutes": 720})
    for _ in range(2):
        later(1.5)
        till.get("/pos/other/")

    assert till.get("/pos/")["Location"] == "/pos/sign-in/?idle"


def test_leads_away_from_what_it_shows_by_itself(till):
    page = re.sub(r"\s+", " ", till.get("/pos/").content.decode())
    till.post("/pos/sign-out/")

    assert '<meta http-equiv="refresh" content="905; url=/pos/sign-in/?idle"' in page
    assert "http-equiv" not in till.get("/pos/sign-in/").content.decode()
