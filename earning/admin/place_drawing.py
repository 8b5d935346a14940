"""
A place and a radius drawn without a map: a circle, a graticule, a scale. Pure arithmetic.

The earth is taken as flat around the place, which is right to a percent for radii of some hundred
kilometres; near the poles meridians are left out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

SIZE = 320
MIDDLE = SIZE / 2
CIRCLE = 110
KM_PER_DEGREE = 111.32
# Of the graticule: the finest that leaves at most so many lines each way.
LINES_MAX = 5
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 90)
POLAR = 0.05


@dataclass(frozen=True)
class Line:
    """A line of the graticule. `at`: where it crosses the drawing; `label`: its degrees."""

    at: str
    label: str


@dataclass(frozen=True)
class Drawing:
    """`scale_width`: how wide `scale` kilometres are."""

    parallels: Sequence[Line]
    meridians: Sequence[Line]
    circle: int
    scale: str
    scale_width: str
    latitude: str
    longitude: str


def draw(latitude: Decimal, longitude: Decimal, radius: Decimal) -> Drawing:
    """Return a place's surroundings, so that the circle of the radius (km) always fits."""
    assert radius > 0, f"{radius=}"
    per_km = CIRCLE / float(radius)
    shrink = math.cos(math.radians(float(latitude)))
    scale = _nice(float(radius))
    return Drawing(
        parallels=_lines(float(latitude), per_km * KM_PER_DEGREE, -1, 90, ("N", "S")),
        meridians=_lines(float(longitude), per_km * KM_PER_DEGREE * shrink, 1, 180, ("E", "W"))
        if shrink > POLAR
        else (),
        circle=CIRCLE,
        scale=f"{scale:g}",
        scale_width=_number(scale * per_km),
        latitude=_degrees(float(latitude), ("N", "S"), 5),
        longitude=_degrees(float(longitude), ("E", "W"), 5),
    )


def _lines(
    middle: float, per_degree: float, direction: int, end: int, sides: tuple[str, str]
) -> list[Line]:
    """Return the round degrees inside the drawing, from the low end up to the high one."""
    reach = MIDDLE / per_degree
    step = next((step for step in STEPS if 2 * reach / step <= LINES_MAX), STEPS[-1])
    first = math.ceil((middle - reach) / step)
    last = math.floor((middle + reach) / step)
    lines = []
    for number in range(first, min(last, first + LINES_MAX) + 1):
        degrees = number * step
        if abs(degrees) > end:
            continue
        at = MIDDLE + direction * (degrees - middle) * per_degree
        decimals = max(0, -math.floor(math.log10(step)))
        lines.append(Line(_number(at), _degrees(degrees, sides, decimals)))
    return lines


def _nice(radius: float) -> float:
    """Return the largest of 1, 2 and 5 and zeros that is not above the radius."""
    power: float = 10.0 ** math.floor(math.log10(radius))
    return max(step * power for step in (1, 2, 5) if step * power <= radius * 1.0001)


def _degrees(value: float, sides: tuple[str, str], decimals: int) -> str:
    rounded = round(value, decimals)
    side = "" if rounded == 0 else f" {sides[0] if rounded > 0 else sides[1]}"
    return f"{abs(rounded):.{decimals}f}°{side}"


def _number(value: float) -> str:
    return f"{value:.1f}"
