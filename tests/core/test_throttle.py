"""The throttle …"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from loyalty.core import throttle
from loyalty.core.models import FailedAttempts, KnownPlace
from loyalty.core.throttle import Attempt, Place, TooManyAttempts

HOME, CAFE = Place("192.0.2.1"), Place("198.51.100.7")
NOW = timezone.now()


def attempt(place: Place = HOME, account: str = "alice") -> Attempt:
    return Attempt("sign-in", account, place)


def fail(times: int, place: Place = HOME, account: str = "alice") -> None:
    for _ in range(times):
        throttle.begin(attempt(place, account), now=NOW)


def is_closed(place: Place = HOME, account: str = "alice") -> bool:
    try:
        throttle.begin(attempt(place, account), now=NOW)
    except TooManyAttempts:
        return True
    return False


def strangers(times: int) -> None:
    """Fail from everywhere in the world, each place a few times."""
    for number in range(times):
        is_closed(Place(f"203.0.113.{number}"))


def test_closes_an_account_to_a_place_that_guesses(db):
    fail(throttle.PER_PLACE)

    with pytest.raises(TooManyAttempts) as refusal:
        throttle.begin(attempt(), now=NOW + timedelta(minutes=5))

    assert refusal.value.wait_seconds == 600
    assert not is_closed(CAFE)
    assert not is_closed(HOME, "bob")


def test_opens_again_after_a_quarter_of_an_hour(db):
    fail(throttle.PER_PLACE)
    assert is_closed()

    throttle.begin(attempt(), now=NOW + throttle.WINDOW)


def test_does_not_stretch_the_wait_by_more_attempts(db):
    fail(throttle.PER_PLACE)
    for minutes in (1, 5, 14):
        with pytest.raises(TooManyAttempts):
            throttle.begin(attempt(), now=NOW + timedelta(minutes=minutes))

    throttle.begin(attempt(), now=NOW + throttle.WINDOW)


def test_closes_an_address_that_tries_many_accounts(db):
    for number in range(throttle.PER_ADDRESS):
        fail(1, HOME, f"account-{number}")

    assert is_closed(HOME, "another")
    assert not is_closed(CAFE, "another")


def test_counts_a_household_of_the_newer_addresses_as_one(db):
    for number in range(throttle.PER_PLACE):
        fail(1, Place(f"2001:db8:1:2::{number:x}"))

    assert is_closed(Place("2001:db8:1:2:ffff::1"))
    assert not is_closed(Place("2001:db8:1:3::1"))


def test_closes_an_account_to_strangers_who_guess_together(db):
    strangers(throttle.PER_ACCOUNT)

    assert is_closed(CAFE)


def test_never_closes_an_account_to_its_owner_at_a_known_address(db):
    fail(1)
    throttle.succeed(attempt(), now=NOW)

    strangers(throttle.PER_ACCOUNT + 5)

    assert is_closed(CAFE)
    assert not is_closed(HOME)


def test_never_closes_an_account_to_its_owner_on_a_known_device(db):
    """Not even where somebody behind the same address uses up everybody's attempts."""
    phone = Place(HOME.address, "phone")
    fail(1, phone)
    throttle.succeed(attempt(phone), now=NOW)
    strangers(throttle.PER_ACCOUNT + 5)
    for number in range(throttle.PER_ADDRESS):
        fail(1, HOME, f"account-{number}")

    assert is_closed(HOME)
    assert not is_closed(phone)
    assert not is_closed(Place("203.0.113.250", "phone"))


def test_lets_nobody_guess_without_end_on_a_known_device(db):
    phone = Place(HOME.address, "phone")
    throttle.remember(attempt(phone), now=NOW)

    fail(throttle.PER_PLACE, phone)

    assert is_closed(phone)


def test_knows_a_device_for_its_own_account_only(db):
    phone = Place(CAFE.address, "phone")
    throttle.remember(attempt(phone, "eve"), now=NOW)

    strangers(throttle.PER_ACCOUNT)

    assert is_closed(phone)


def test_forgets_failures_where_the_owner_succeeds(db):
    fail(throttle.PER_PLACE)
    throttle.succeed(attempt(), now=NOW)

    fail(throttle.PER_PLACE)

    assert is_closed()


def test_counts_no_success_against_an_address(db):
    for number in range(throttle.PER_ADDRESS + 20):
        throttle.begin(attempt(HOME, f"account-{number}"), now=NOW)
        throttle.succeed(attempt(HOME, f"account-{number}"), now=NOW)

    assert not is_closed(HOME, "another")


def test_keeps_nobodys_name_or_address(db):
    fail(2, Place("192.0.2.1", "phone"), "alice@example.com")
    throttle.succeed(attempt(Place("192.0.2.1", "phone"), "alice@example.com"), now=NOW)

    with connection.cursor() as cursor:
        cursor.execute("select bucket from core_failedattempts")
        stored = str(cursor.fetchall())
        cursor.execute("select digest from core_knownplace")
        stored += str(cursor.fetchall())
    assert "alice" not in stored
    assert "192.0.2" not in stored


def test_forgets_what_is_over_and_places_not_seen_for_long(db):
    fail(3)
    throttle.succeed(attempt(CAFE), now=NOW - throttle.KNOWN_FOR)
    throttle.remember(attempt(HOME), now=NOW)

    throttle.forget_over(now=NOW + throttle.WINDOW)

    assert not FailedAttempts.objects.exists()
    assert KnownPlace.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_lets_no_more_pass_when_many_come_at_once():
    def one(_: int) -> bool:
        try:
            return is_closed()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        closed = list(pool.map(one, range(32)))

    assert closed.count(False) == throttle.PER_PLACE
