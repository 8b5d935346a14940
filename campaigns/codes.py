"""
Coupon codes made by a pattern: easy to read out, hard to guess. Pure but for the random source.

The alphabet has no look-alikes (0 O, 1 I L) and 31 characters, a prime: so the check character
finds every wrong character and every two that changed places.
"""

import secrets
from collections.abc import Iterator
from operator import mul

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
RANDOM, CHECK = "#", "%"
# So many codes stand for each one that is in the pool: guessing does not pay.
ROOM = 100_000
_SIZE = len(ALPHABET)
# Bytes from here on would favour some characters; they are thrown away.
_FAIR = 256 // _SIZE * _SIZE
_UNFAIR = bytes(range(_FAIR, 256))
_MODULO = bytes(byte % _SIZE for byte in range(256))
_TABLE = bytes(ord(ALPHABET[byte % _SIZE]) for byte in range(256))
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def has_room(pattern: str, count: int) -> bool:
    """Are there enough codes of this pattern that guessing one of `count` does not pay?"""
    possible: int = _SIZE ** pattern.count(RANDOM)
    return possible >= count * ROOM


def generate(pattern: str, count: int) -> Iterator[str]:
    """Yield random codes of a pattern; the same one may come twice, though hardly ever."""
    length = pattern.count(RANDOM)
    parts = pattern.split(RANDOM)
    has_check = CHECK in pattern
    shape = "%s".join(part.replace(CHECK, "\0") for part in parts)
    values = _random_values(length * count)
    characters = values.translate(_TABLE).decode("ascii")
    places = range(1, length + 1)
    for start in range(0, length * count, length):
        code = shape % (*characters[start : start + length],)
        if has_check:
            # As `check_character`, of the values at hand.
            total = sum(map(mul, places, values[start : start + length]))
            code = code.replace("\0", ALPHABET[total % _SIZE])
        yield code


def check_character(drawn: str) -> str:
    """Return the check character of the random ones: their sum, each times its place."""
    total = 0
    for place, character in enumerate(drawn, start=1):
        total += place * _VALUES[character]
    return ALPHABET[total % _SIZE]


def _random_values(count: int) -> bytes:
    """Return so many numbers below the alphabet's size, one a byte, each as likely."""
    fair = b""
    while len(fair) < count:
        fair += secrets.token_bytes((count - len(fair)) * 17 // 16 + 16).translate(None, _UNFAIR)
    return fair[:count].translate(_MODULO)
