"""How far apart two places are, on a globe. Source: ER-22."""

from decimal import Decimal
from math import asin, cos, degrees, radians, sin, sqrt

# 60 nautical miles of 1.1515 statute miles: the figure behind the documented examples.
KM_PER_DEGREE = 60 * 1.1515 * 1.609344


def between(
    latitude: Decimal, longitude: Decimal, other_latitude: Decimal, other_longitude: Decimal
) -> float:
    """
    Return the great-circle distance in kilometres of two points in degrees.

    By the haversine formula: exact for close points, where the law of cosines loses its digits.
    """
    here, there = radians(latitude), radians(other_latitude)
    north = sin((there - here) / 2) ** 2
    east = sin(radians(other_longitude - longitude) / 2) ** 2
    angle = 2 * asin(min(1.0, sqrt(north + cos(here) * cos(there) * east)))
    return degrees(angle) * KM_PER_DEGREE
