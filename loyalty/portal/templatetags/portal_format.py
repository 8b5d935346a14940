"""Points, money and days in the reader's language."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import UnknownCurrencyError, format_currency, format_decimal, format_percent
from django import template
from django.utils import timezone, translation
from django.utils.translation import ngettext, pgettext

register = template.Library()


def _locale() -> Locale:
    return Locale.parse(translation.to_locale(translation.get_language() or "en"))


@register.filter
def points(amount: Decimal) -> str:
    """Return an amount of points with at most two decimals, none where they are zero (PA-22)."""
    return format_decimal(amount, format="#,##0.##", locale=_locale())


@dataclass(frozen=True)
class PointWords:
    """What a store calls its points, when it has a name of its own for them, such as "Star"."""

    singular: str
    plural: str


@register.filter
def unit_of_points(amount: Decimal, words: PointWords | None) -> str:
    """
    Return the word that stands after an amount of points, in the form that the amount asks for.

    `words`: the store's own, said in every language; None: the reader's word for points.
    """
    if words is not None:
        return words.singular if abs(amount) == 1 else words.plural
    if amount != amount.to_integral_value():
        return pgettext("after a fraction, such as 1.5", "points")
    return ngettext("point", "points", abs(int(amount)))


@register.filter
def with_unit(amount: Decimal, words: PointWords | None) -> str:
    # A no-break space: the figure and its word stay on one line.
    return f"{points(amount)}\N{NO-BREAK SPACE}{unit_of_points(amount, words)}"


@register.filter
def signed_points(amount: Decimal) -> str:
    """Return an amount with its sign, the minus a real one, so that no meaning hangs on colour."""
    sign = "\N{MINUS SIGN}" if amount < 0 else "+"
    return sign + points(abs(amount))


@register.filter
def money(amount: Decimal, currency: str) -> str:
    try:
        return format_currency(amount, currency, locale=_locale())
    except UnknownCurrencyError:
        return f"{amount:.2f} {currency}"


@register.filter
def near_day(day: date | datetime) -> str:
    """Return a day without its year where that is this year."""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    if day.year == timezone.localdate().year:
        return format_skeleton("MMMMd", day, locale=_locale())
    return format_date(day, "long", locale=_locale())


@register.filter
def month(day: date | datetime) -> str:
    """Return a month with its year, as it stands alone: `listopad 2026`."""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return format_skeleton("yMMMM", day, locale=_locale())


@register.filter
def moment(at: datetime) -> str:
    """Return a day and time in full: `November 21, 2026, 12:05 PM`."""
    at = timezone.localtime(at)
    return (
        f"{format_date(at, 'long', locale=_locale())}, {format_time(at, 'short', locale=_locale())}"
    )


@register.filter
def percentage(fraction: Decimal) -> str:
    """Return a fraction as a percentage without needless decimals: 0.15 is `15%`."""
    return format_percent(fraction, format="#,##0.##%", locale=_locale())
