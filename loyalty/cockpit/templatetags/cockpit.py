"""The formats of `accounts.cockpit.formats`, for templates."""

from django import template

from accounts.cockpit import formats
from accounts.cockpit.vocabulary import word

register = template.Library()

for name in ("points", "money", "whole", "percent", "moment", "day", "signed", "time_tag"):
    register.filter(name, getattr(formats, name))
register.filter("word", word)


@register.filter
def address_in(key: str, addresses: dict[str, str]) -> str:
    """Return the address that a mapping has for a key; an empty one leads nowhere."""
    return addresses.get(key, "")
