"""
The staff's directory (LDAP): whether a password is right there, and what it says of its owner.

The settings `LDAP_…` say where it is. It needs `loyalty[ldap]`; without the directory nothing of
that is loaded. Source: ADM-6.
"""

import time
from dataclasses import dataclass

from django.conf import settings

from loyalty.core.errors import DomainError

# A directory says at once that it knows no such name, and later that a password is wrong.
REFUSED_AFTER_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the directory says of somebody. `groups`: their names (cn), of nested ones too."""

    username: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    groups: frozenset[str] = frozenset()


class DirectoryUnavailable(DomainError):
    """The staff directory does not answer. Please try again soon."""

    code = "directory_unavailable"


def is_on() -> bool:
    return bool(settings.ADMIN_LDAP_AUTHORIZATION_ENABLED)


def find(username: str, password: str) -> Entry | None:
    """
    Return whose name and password these are; None: nobody's, or of nobody who may sign in here.

    Every refusal takes equally long. Leaves the machine: call it outside of transactions.

    :raises DirectoryUnavailable: it cannot be asked.
    """
    from accounts import ldap_backend

    begun = time.monotonic()
    entry = None if "\x00" in username + password else ldap_backend.find(username, password)
    if entry is None:
        time.sleep(max(0.0, REFUSED_AFTER_SECONDS - (time.monotonic() - begun)))
    return entry


def look_up(username: str) -> Entry | None:
    """Return what the directory says of somebody by now; None: they may not sign in (any more)."""
    from accounts import ldap_backend

    return ldap_backend.look_up(username)
