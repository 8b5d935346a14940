"""What a good password is, and how one is made up. Source: PWD-4, CUS-7."""

import secrets
import string

from django.conf import settings

LENGTH_MIN = 8
# A longer one costs hashing time and protects nothing.
LENGTH_MAX = 128
# Of the installation: only the length counts.
SIMPLE = "simple"
TEMPORARY_LENGTH = 16
SPECIAL = "!@#$%*-_+=?"


def weaknesses(raw: str) -> list[str]:
    """Return a sentence for each part of our policy that a password fails (PWD-4)."""
    rules = {
        f"Password must have at least {LENGTH_MIN} characters.": len(raw) >= LENGTH_MIN,
        f"Password may have at most {LENGTH_MAX} characters.": len(raw) <= LENGTH_MAX,
    }
    advanced = {
        "Password must contain a lowercase letter.": any(char.islower() for char in raw),
        "Password must contain an uppercase letter.": any(char.isupper() for char in raw),
        "Password must contain a digit.": any(char.isdigit() for char in raw),
        "Password must contain a special character.": any(
            not char.isalnum() and not char.isspace() for char in raw
        ),
    }
    if settings.PASSWORD_POLICY != SIMPLE:
        rules |= advanced
    return [sentence for sentence, holds in rules.items() if not holds]


def generate() -> str:
    """Make up a random password that keeps the policy."""
    groups = (string.ascii_lowercase, string.ascii_uppercase, string.digits, SPECIAL)
    chars = [secrets.choice(group) for group in groups]
    chars += [secrets.choice("".join(groups)) for _ in range(TEMPORARY_LENGTH - len(chars))]
    secrets.SystemRandom().shuffle(chars)
    return "".join(chars)
