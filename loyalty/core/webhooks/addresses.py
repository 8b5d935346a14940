"""
Where webhooks may go: to the world, not into our own network.

Whoever may change a store's settings could otherwise let this server knock at its neighbours'
doors. So an address is checked when it is saved, and each connection at the moment when it is made,
by the number that it goes to: a name can mean something else by then.
"""

import contextlib
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NOT_VALID = "This value is not a valid URL."
WITH_LOGIN = "This value should not contain a user name or a password."
INWARD = "This address points into the own network."

# What a name means is looked up when a setting is saved; a slow answer must not hold up the form.
LOOK_UP_SECONDS = 2

# `is_global` knows the registries of special addresses; these carry another address inside.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_V4_COMPATIBLE = ipaddress.ip_network("::/96")
_SHARED = ipaddress.ip_network("100.64.0.0/10")


def is_allowed(address: Address) -> bool:
    """Tell whether a connection to an address leaves our own network, or need not."""
    return bool(settings.WEBHOOKS_ALLOW_PRIVATE) or is_public(address)


def is_public(address: Address) -> bool:
    """
    Tell whether an address is one of the world's.

    Not: loopback, private, link-local, shared by a provider's customers, multicast, reserved, and
    IPv6 addresses that stand for such an IPv4 one.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None or address.is_site_local or address in _NAT64_LOCAL:
            return False
        inner = _inner(address)
        if inner is not None and not is_public(inner):
            return False
        if inner is not None:
            return True
    elif address in _SHARED:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def fault_of(url: str) -> str:
    """Say what is wrong with where webhooks are to go; runs no look-up. Empty: nothing."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return NOT_VALID
    if parts.scheme not in {"http", "https"} or not host or not _is_plain(url):
        return NOT_VALID
    if _has_login(parts):
        return WITH_LOGIN
    address = literal(host)
    if address is not None and not is_allowed(address):
        return INWARD
    is_home = host.rstrip(".").lower().rpartition(".")[2] == "localhost"
    if is_home and not settings.WEBHOOKS_ALLOW_PRIVATE:
        return INWARD
    return ""


def fault_of_name(url: str) -> str:
    """
    Say whether the name in an address means a machine of our own network now; asks the resolver.

    A name that means nothing yet is nobody's fault: each connection is checked again.
    """
    host = urlsplit(url).hostname or ""
    if settings.WEBHOOKS_ALLOW_PRIVATE or not host or literal(host) is not None:
        return ""
    return "" if all(is_public(address) for address in _look_up(host)) else INWARD


def literal(host: str) -> Address | None:
    """
    Return the address that a host is written as, in any of the forms that the system reads.

    `127.1`, `2130706433`, `0x7f.0.0.1` and `0177.0.0.1` are all the same one. None: it is a name.
    """
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host)
    with contextlib.suppress(OSError, UnicodeError):
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    return None


def _look_up(host: str) -> list[Address]:
    pool = ThreadPoolExecutor(1)
    try:
        found = pool.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
        answers = found.result(LOOK_UP_SECONDS)
    except (OSError, UnicodeError, TooLong):
        return []
    finally:
        pool.shutdown(wait=False)
    return [ipaddress.ip_address(answer[4][0]) for answer in answers]


def _has_login(parts: SplitResult) -> bool:
    return parts.username is not None or parts.password is not None


def _is_plain(url: str) -> bool:
    """Refuse blanks, controls and backslashes: programs do not agree on where a host ends then."""
    return all("!" <= character != "\\" and character != "\x7f" for character in url)
