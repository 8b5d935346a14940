"""Settings that are texts of a certain form: addresses, colours, headers, zones."""

import re
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from loyalty.core.email_addresses import is_email
from loyalty.core.store_settings.base import NOT_VALID, TEXT_MAX, Setting, ValueRefused
from loyalty.core.webhooks import addresses

# What a webhook's request says itself.
OWN_HEADERS = {
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
}


class Text(Setting[str]):
    def __init__(
        self, wire: str, *, help: str, default: str = "", length_max: int = TEXT_MAX, **options: Any
    ) -> None:
        super().__init__(wire, default=default, help=help, **options)
        self.length_max = length_max

    def clean(self, raw: object) -> str:
        if not isinstance(raw, str | int | float) or isinstance(raw, bool):
            raise ValueRefused(NOT_VALID)
        text = str(raw).strip()
        if len(text) > self.length_max:
            raise ValueRefused(f"This value is longer than {self.length_max} characters.")
        self.check(text)
        return text

    def check(self, text: str) -> None:
        """Refuse what is text but not this kind of text."""

    def empty(self) -> str:
        return ""


class Address(Text):
    """A web address."""

    def check(self, text: str) -> None:
        try:
            parts = urlsplit(text)
        except ValueError as error:
            raise ValueRefused("This value is not a valid URL.") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or " " in text:
            raise ValueRefused("This value is not a valid URL.")


class EmailAddress(Text):
    def check(self, text: str) -> None:
        if not is_email(text):
            raise ValueRefused("This value is not a valid email address.")


class WebhookAddress(Text):
    """Where webhooks go: into the world. What its name means is asked where it is saved."""

    def check(self, text: str) -> None:
        if fault := addresses.fault_of(text):
            raise ValueRefused(fault)


class Colour(Text):
    def check(self, text: str) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
            raise ValueRefused("This value is not a colour such as #1a2b3c.")


class HeaderName(Text):
    def check(self, text: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", text):
            raise ValueRefused("This value is not the name of a header.")
        if text.lower() in OWN_HEADERS or text.lower().startswith("webhook-"):
            raise ValueRefused("This header has a meaning of its own and cannot be set.")


class HeaderValue(Text):
    def check(self, text: str) -> None:
        if not all(" " <= character <= "~" for character in text):
            raise ValueRefused("This value cannot stand in a header.")


class ZoneName(Text):
    def check(self, text: str) -> None:
        if text not in available_timezones():
            raise ValueRefused("This value is not a valid timezone.")
