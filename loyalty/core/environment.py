"""Read settings from the environment, and refuse a malformed value by its name."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def whole(name: str, default: int) -> int:
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def listed(name: str, default: str = "") -> list[str]:
    """Return the comma-separated values of a variable, without the empty ones."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def path(name: str, default: Path) -> Path:
    value = os.environ.get(name)
    return Path(value).expanduser().resolve() if value else default


def pairs(name: str) -> dict[str, str]:
    """Return `left=right; left=right` in its order."""
    split = [part.rpartition("=") for part in os.environ.get(name, "").split(";") if part.strip()]
    if any(not left.strip() or not right.strip() for left, _equals, right in split):
        raise ImproperlyConfigured(f"{name} must be pairs such as admins=Super admin; staff=Shop.")
    return {left.strip(): right.strip() for left, _equals, right in split}


def address(name: str, default: str) -> str:
    """Return a web address without its last slash."""
    value = (os.environ.get(name) or default).rstrip("/")
    if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname:
        raise ImproperlyConfigured(f"{name} must be an address such as https://example.com.")
    return value


def choice(name: str, default: str, choices: Collection[str]) -> str:
    value = os.environ.get(name) or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def mail(url: str, *, name: str = "EMAIL_URL") -> dict[str, Any]:
    """
    Translate `smtp://user:password@host:port?tls=1` into Django's `EMAIL_…` settings.

    `smtps://` speaks TLS from the start; `tls=1` turns to it after the greeting. Without a port:
    465, 587 and, with neither, 25. `timeout`: seconds, by default 10.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    is_tls = options.pop("tls", "0").lower() in TRUE
    is_ssl = parts.scheme == "smtps"
    timeout = options.pop("timeout", "10")
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must begin with smtp:// or smtps:// and name a host.")
    if options or (is_tls and is_ssl) or not timeout.isdecimal():
        raise ImproperlyConfigured(f"{name} takes tls=1 (with smtp://) and timeout=seconds.")
    try:
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has a port that is no number.") from error
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if is_ssl else 587 if is_tls else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": is_tls,
        "EMAIL_USE_SSL": is_ssl,
        "EMAIL_TIMEOUT": int(timeout),
    }


def sms(url: str, *, name: str = "SMS_URL") -> dict[str, str]:
    """
    Translate `smsapi://token@smsapi.pl?from=Name` into what the gateway's carrier takes.

    `console:` writes to the screen; nothing: to files. Without a token each store's own is used.
    """
    parts = urlsplit(url)
    if not url or url == "console:":
        return {"kind": "console" if url else "file"}
    options = dict(parse_qsl(parts.query))
    sender = options.pop("from", "")
    domains = {"smsapi.pl", "smsapi.com", "smsapi.bg", "smsapi.se"}
    if parts.scheme != "smsapi" or parts.hostname not in domains or options:
        raise ImproperlyConfigured(
            f"{name} must be console: or smsapi://token@smsapi.pl?from=Name, "
            f"with one of {', '.join(sorted(domains))}."
        )
    token = unquote(parts.username or "")
    return {"kind": "smsapi", "domain": parts.hostname, "token": token, "sender": sender}


def push(url: str, *, name: str = "PUSH_URL") -> dict[str, str]:
    """
    Translate `fcm:///path/of/key.json?project=id` into what Firebase's carrier takes.

    `console:` writes to the screen; nothing: to files. The key file is a service account's.
    """
    parts = urlsplit(url)
    if not url or url == "console:":
        return {"kind": "console" if url else "file"}
    options = dict(parse_qsl(parts.query))
    project = options.pop("project", "")
    if parts.scheme != "fcm" or parts.netloc or len(parts.path) < 2 or options:
        raise ImproperlyConfigured(f"{name} must be console: or fcm:///path/of/key.json.")
    return {"kind": "fcm", "key_file": unquote(parts.path), "project": project}


# A machine that loses its power closes no connection, and the server would wait for it for two
# hours, with its locks: nobody else could go on with its work. So it is asked every half minute.
KEEPALIVES = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"


def database(url: str, *, name: str = "DATABASE_URL") -> dict[str, object]:
    """
    Translate `postgresql://user:password@host:port/dbname?option=value` for Django.

    A host that begins with `/` (also percent-encoded, or as `?host=`) is a Unix socket's folder.
    An `options` of its own replaces the keepalives, which a pooler may refuse.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must begin with postgresql://.")
    options = dict(parse_qsl(parts.query))
    try:
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has a port that is no number.") from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "loyalty",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(port or ""),
        "OPTIONS": {"options": KEEPALIVES} | options,
    }
