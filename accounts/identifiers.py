"""
What a customer is recognised by: e-mail address, phone number and loyalty card number.

Each is brought to one form before it is stored, compared or searched, so that `Ann@Shop.com` and
`ann@shop.com`, or `+48 601 234 567` and `+48601234567`, are the same.
"""

import re

import phonenumbers

from loyalty.core.email_addresses import is_email as is_email

_PHONE_DECORATION = re.compile(r"[\s().\-/]+")
# Without the country code nobody can tell whether a number rings; only its shape is checked.
_LOCAL_PHONE = re.compile(r"\d{3,15}", re.ASCII)
_INTERNATIONAL_PHONE = re.compile(r"\+\d{6,15}", re.ASCII)


def normal_email(text: str | None) -> str | None:
    """Return the address in lower case without blanks around it; None for an empty one."""
    return (text or "").strip().lower() or None


def normal_phone(text: str | None) -> str | None:
    """Return the digits, with their leading `+` if any; None for an empty number."""
    return _PHONE_DECORATION.sub("", text or "") or None


def normal_card(text: str | None) -> str | None:
    """Return the card number without blanks around it; None for an empty one."""
    return (text or "").strip() or None


def is_phone(number: str) -> bool:
    """Tell whether a normalised number is digits, or `+` and a number of some country's plan."""
    if _LOCAL_PHONE.fullmatch(number):
        return True
    if not _INTERNATIONAL_PHONE.fullmatch(number):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
