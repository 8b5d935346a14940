"""
A sign-in is the hash of its password: all else together is a small part of it.

By the command that every door calls, with the hash of the settings: the throttle, the session, its
token and the audit trail are measured with it. A refusal takes as long, for a name that is known as
for one that is not.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator

from django.contrib.auth.hashers import check_password

from accounts.services import signin
from tests.benchmarks.results import Result
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.accounts import PASSWORD

ROUNDS = 5 if os.environ.get("QUICK") else 40
# Below what the throttle lets pass of one account.
PER_ADDRESS = 8
EMAIL = "alice@example.com"


def run() -> Iterator[Result]:
    store = StoreFactory()
    customer = CustomerFactory(store, email=EMAIL, password=PASSWORD)

    def sign_in(number: int, name: str = EMAIL, password: str = PASSWORD) -> None:
        caller = signin.Caller(address=f"192.0.2.{number // PER_ADDRESS}")
        try:
            signin.sign_in_customer(store=store, username=name, password=password, caller=caller)
        except signin.BadCredentials:
            assert password != PASSWORD

    ways: dict[str, Callable[[int], object]] = {
        "hash": lambda number: check_password(PASSWORD, customer.password),
        "sign-in": sign_in,
        "wrong": lambda number: sign_in(number, password="wrong"),
        "unknown": lambda number: sign_in(number, name="nobody@example.com", password="wrong"),
    }
    found = dict(zip(ways, _medians(ways), strict=True))
    told = ", ".join(f"{name} {median * 1000:.1f} ms" for name, median in found.items())
    yield Result("sign-in: the hash's share of it", found["hash"] / found["sign-in"], 0.9, told)
    alike = min(found["wrong"], found["unknown"]) / max(found["wrong"], found["unknown"])
    yield Result("sign-in: unknown name by known name, refused", alike, 0.95, told)


def _medians(ways: dict[str, Callable[[int], object]]) -> Iterator[float]:
    """Measure the ways in turn, so that what disturbs the machine disturbs them alike."""
    times: list[list[float]] = [[] for _ in ways]
    for way in ways.values():
        way(0)
    for number in range(1, ROUNDS + 1):
        for taken, way in zip(times, ways.values(), strict=True):
            begun = time.perf_counter()
            way(number)
            taken.append(time.perf_counter() - begun)
    return map(statistics.median, times)
