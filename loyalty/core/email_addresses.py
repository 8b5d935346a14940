"""What an e-mail address may be."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def is_email(address: str) -> bool:
    """
    Tell whether mails can be sent to an address, and people can read it.

    Django takes every sign beyond ASCII in a domain: those too that nobody sees, or that turn round
    what stands behind them.
    """
    if not address.isprintable():
        return False
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True
