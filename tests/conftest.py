"""What every test may ask for: quick password hashes, the standing cast, and API clients."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings

from accounts.ledger import checks
from loyalty.core import locks
from loyalty.core.models import Store
from tests.factories.core import default_store
from tests.support.api import ApiClient


def pytest_configure() -> None:
    # A real hash takes a third of a second by intention; tests sign in hundreds of times.
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A folder that is not there: what `make run` has collected has names that no test knows.
    django_settings.STATIC_ROOT = django_settings.VAR_DIR / "no-static"
    # Commands that wait for each other in a circle are to be seen, not saved.
    locks.DEADLOCKS_MAX = 0


@pytest.fixture
def store(db: None) -> Store:
    """The DEFAULT store."""
    return default_store()


@pytest.fixture
def sound_books(db: None) -> Iterator[None]:
    """After the test, every stored balance is what the entries add up to."""
    yield
    assert checks.find_differences() == []


@pytest.fixture
def api(db: None) -> Callable[..., ApiClient]:
    """`api(principal)` is a client signed in as a person of any kind; `api()`: as nobody."""
    return ApiClient
