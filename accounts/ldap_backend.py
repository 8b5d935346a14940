"""Ask the directory, with django-auth-ldap. Only `accounts.directory` imports this."""

import logging
from dataclasses import dataclass
from typing import Any

import ldap
from django.conf import settings
from django_auth_ldap.backend import LDAPBackend, LDAPSettings, ldap_error
from django_auth_ldap.config import LDAPSearch, NestedMemberDNGroupType, PosixGroupType

from accounts.directory import DirectoryUnavailable, Entry

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5
POSIX_MEMBER = "memberUid"


@dataclass
class Found:
    """What the library takes for the user: our services alone write those."""

    entry: Entry | None

    def save(self) -> None:
        """Do nothing; the library does not know that."""


class Backend(LDAPBackend):  # type: ignore[misc]  # the library is not typed
    """Answers what the directory says, and writes nothing."""

    def get_or_build_user(self, username: str, ldap_user: Any) -> tuple[Found, bool]:
        return Found(_entry_of(ldap_user)), False


def find(username: str, password: str) -> Entry | None:
    """Return the entry of who has this password."""
    found = _backend().authenticate(None, username=username, password=password)
    return found.entry if found else None


def look_up(username: str) -> Entry | None:
    """Return somebody's entry, as the account reads it that looks people up."""
    found = _backend().populate_user(username)
    return found.entry if found else None


def _backend() -> Backend:
    backend = Backend()
    backend.settings = LDAPSettings(defaults=_options())
    return backend


def _options() -> dict[str, Any]:
    is_posix = settings.LDAP_GROUP_MEMBER == POSIX_MEMBER
    return {
        "SERVER_URI": settings.LDAP_URL,
        "START_TLS": settings.LDAP_START_TLS,
        "BIND_DN": settings.LDAP_BIND_DN,
        "BIND_PASSWORD": settings.LDAP_BIND_PASSWORD,
        "CONNECTION_OPTIONS": {
            # Active Directory refers to other servers, which need not let us in.
            ldap.OPT_REFERRALS: 0,
            ldap.OPT_NETWORK_TIMEOUT: TIMEOUT_SECONDS,
            ldap.OPT_TIMEOUT: TIMEOUT_SECONDS,
        },
        "USER_SEARCH": LDAPSearch(
            settings.LDAP_USERS, ldap.SCOPE_SUBTREE, settings.LDAP_USER_FILTER
        ),
        "GROUP_SEARCH": LDAPSearch(settings.LDAP_GROUPS, ldap.SCOPE_SUBTREE, "(objectClass=*)"),
        "GROUP_TYPE": PosixGroupType()
        if is_posix
        else NestedMemberDNGroupType(settings.LDAP_GROUP_MEMBER),
        # What is written here is `accounts.services.staff_directory`'s.
        "ALWAYS_UPDATE_USER": False,
    }


def _entry_of(ldap_user: Any) -> Entry | None:
    """Return an entry of the library in our words; None: they are not in the required group."""

    def value(name: str) -> str:
        return str((ldap_user.attrs.get(name) or [""])[0])

    groups = frozenset(ldap_user.group_names) if settings.LDAP_GROUPS else frozenset()
    required = settings.LDAP_REQUIRED_GROUP
    if required and required.lower() not in {group.lower() for group in groups}:
        return None
    return Entry(
        username=value(settings.LDAP_USER_NAME),
        email=value("mail"),
        first_name=value("givenName"),
        last_name=value("sn"),
        groups=groups,
    )


def _refuse(**about: Any) -> None:
    """Tell an outage from a refusal: the library would answer both as "no such user"."""
    logger.warning("The staff directory fails: %r", about["exception"])
    raise DirectoryUnavailable from about["exception"]


ldap_error.connect(_refuse, sender=Backend)
