"""How figures, dates and states are written for people. Pure: no query, no clock."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

EMPTY = "–"
MINUS = "−"


def points(amount: Decimal | int | None) -> str:
    """Return points with thousands separated, without decimals that say nothing: 1,250 or 12.5."""
    if amount is None:
        return EMPTY
    plain = f"{Decimal(amount):.4f}".rstrip("0").rstrip(".")
    return str(number_format(Decimal(plain), use_l10n=True, force_grouping=True))


def signed(amount: Decimal) -> str:
    """Return points with their sign, so that direction does not hang on colour alone."""
    sign = "+" if amount > 0 else MINUS if amount < 0 else ""
    return f"{sign}{points(abs(amount))}"


def money(amount: Decimal | int | None, currency: str = "") -> str:
    """Return an amount with two decimals and, where given, its currency's code."""
    if amount is None:
        return EMPTY
    return f"{_grouped(Decimal(amount), 2)} {currency}".strip()


def whole(number: Decimal | float | None) -> str:
    """Return a count with thousands separated."""
    return EMPTY if number is None else _grouped(Decimal(int(number)), 0)


def decimal(number: Decimal) -> str:
    """Return a number with one decimal."""
    return _grouped(number, 1)


def percent(share: Decimal | float | None) -> str:
    """Return a fraction as a percentage with one decimal: 0.125 is 12.5%."""
    return EMPTY if share is None else f"{_grouped(Decimal(share) * 100, 1)}%"


def moment(at: datetime | None) -> str:
    """Return date and time in the active time zone, which is the store's."""
    return EMPTY if at is None else dated(timezone.localtime(at), "j M Y, H:i")


def day(at: date | datetime | None) -> str:
    """Return the date, of a moment that of the active time zone."""
    if at is None:
        return EMPTY
    return dated(timezone.localtime(at) if isinstance(at, datetime) else at, "j M Y")


def dated(at: date | datetime, pattern: str) -> str:
    """
    Return a day by Django's pattern, its short month (M) with the capital that the language has.

    Django's M begins with a capital in every language, its b as it is translated; it keeps
    the English ones small.
    """
    is_english = (get_language() or "en").startswith("en")
    return str(format_date(at, pattern if is_english else pattern.replace("M", "b")))


def figure(text: str) -> SafeString:
    """Wrap a formatted number so that its column aligns right, in tabular figures."""
    return format_html('<span class="figure">{}</span>', text)


def signed_figure(amount: Decimal) -> SafeString:
    kind = "in" if amount > 0 else "out" if amount < 0 else "none"
    return format_html('<span class="figure figure--{}">{}</span>', kind, signed(amount))


def time_tag(at: datetime | None) -> SafeString:
    """Return a `<time>` element with the moment written out in the store's time zone."""
    if at is None:
        return SafeString(EMPTY)
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), moment(at))


def chip(text: object, tone: str = "neutral") -> SafeString:
    """Return a label for a state. `tone`: neutral, good, warn, bad or info."""
    return format_html('<span class="chip chip--{}">{}</span>', tone, text)


def link(url: str, text: object) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


def _grouped(number: Decimal, decimals: int) -> str:
    # Django's number_format cuts digits off where people round.
    rounded = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return str(number_format(rounded, decimals, use_l10n=True, force_grouping=True))
