"""
The geometry of charts, drawn by templates as SVG: pure functions, plain numbers out.

A chart is 100 wide and 100 high, and stretched to its place; words stand beside it as HTML, so
that they stay legible on a phone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

SIZE = 100.0
SMALLEST_TOP = Decimal(2)
# Of each column's width.
GAP = 0.28


@dataclass(frozen=True)
class Piece:
    """A rectangle of one series in one column. `series` counts from 1."""

    series: int
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class BarColumn:
    """One part of the period. `hit_x`, `hit_width`: where the pointer finds it."""

    title: str
    pieces: Sequence[Piece]
    hit_x: str
    hit_width: str


@dataclass(frozen=True)
class BarChart:
    """`top`: the highest value of the scale, written out; `labels`: first, middle and last part."""

    columns: Sequence[BarColumn]
    top: str
    half: str
    labels: Sequence[str]
    is_empty: bool


@dataclass(frozen=True)
class Part:
    """A part of the period with one value for each series, none negative."""

    label: str
    title: str
    values: Sequence[Decimal]


def stacked_bars(parts: Sequence[Part], write: Callable[[Decimal], str]) -> BarChart:
    """Return the columns of a chart in which each part's values stand on one another."""
    highest = max((sum(part.values, Decimal(0)) for part in parts), default=Decimal(0))
    top = nice_ceiling(highest)
    width = SIZE / max(len(parts), 1)
    columns = [_column(number, part, top, width) for number, part in enumerate(parts)]
    return BarChart(
        columns=columns,
        top=write(top),
        half=write(top / 2),
        labels=_ends([part.label for part in parts]),
        is_empty=highest == 0,
    )


def nice_ceiling(value: Decimal) -> Decimal:
    """
    Return the top of a scale: the next of 2, 4, 6, 8 or 10 and zeros, so that its half is whole.
    """
    if value <= SMALLEST_TOP:
        return SMALLEST_TOP
    power = Decimal(10) ** value.adjusted()
    steps = (1, 2, 4, 6, 8, 10) if power > 1 else (2, 4, 6, 8, 10)
    return next(step * power for step in steps if value <= step * power)


def _column(number: int, part: Part, top: Decimal, width: float) -> BarColumn:
    pieces = []
    base = SIZE
    for series, value in enumerate(part.values, 1):
        height = float(value / top) * SIZE
        if height <= 0:
            continue
        base -= height
        pieces.append(
            Piece(
                series=series,
                x=_number((number + GAP / 2) * width),
                y=_number(base),
                width=_number(width * (1 - GAP)),
                height=_number(height),
            )
        )
    return BarColumn(
        title=part.title, pieces=pieces, hit_x=_number(number * width), hit_width=_number(width)
    )


def _ends(labels: Sequence[str]) -> list[str]:
    if len(labels) < 3:
        return list(labels)
    return [labels[0], labels[len(labels) // 2], labels[-1]]


def _number(value: float) -> str:
    # Not by the language's decimal comma: this stands in an SVG attribute.
    return f"{value:.3f}"
