"""
Slow down guessing of passwords.

Failures are counted in Django's cache, per identifier and per address they come from. With the
cache in each process (the default) every web process counts for itself; a shared one counts once.
"""

import hashlib
from datetime import timedelta

from django.core.cache import cache

from loyalty.core.models import Store

WINDOW = timedelta(minutes=15)
FAILURES_PER_LOGIN = 10
# Higher: behind one address stands a household, a shop or a mobile network.
FAILURES_PER_ADDRESS = 100


def is_closed(store: Store, login: str, address: str | None) -> bool:
    """Tell whether too many attempts failed lately to let another one be tried."""
    by_login, by_address = _keys(store, login, address)
    failures: dict[str, int] = cache.get_many([by_login, by_address])
    return (
        failures.get(by_login, 0) >= FAILURES_PER_LOGIN
        or failures.get(by_address, 0) >= FAILURES_PER_ADDRESS
    )


def count_failure(store: Store, login: str, address: str | None) -> None:
    for key in _keys(store, login, address):
        # add() starts the window; later failures do not stretch it.
        if not cache.add(key, 1, WINDOW.total_seconds()):
            try:
                cache.incr(key)
            except ValueError:
                # The window ended between the two calls.
                cache.set(key, 1, WINDOW.total_seconds())


def forgive(store: Store, login: str, address: str | None) -> None:
    """Forget the failures of an identifier that has now been proven."""
    by_login, _ = _keys(store, login, address)
    cache.delete(by_login)


def _keys(store: Store, login: str, address: str | None) -> tuple[str, str]:
    """Name the two counters; hashed, for a cache is no place for addresses of people."""
    digests = (
        hashlib.sha256(part.encode()).hexdigest()
        for part in (f"{store.pk}:{login.strip().lower()}", address or "")
    )
    by_login, by_address = digests
    return f"portal:login:{by_login}", f"portal:address:{by_address}"
