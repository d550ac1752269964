"""WGS-84 and CGCS2000, which are stored, and GCJ-02, which maps in China want.

CGCS2000 and WGS-84 differ by less than a metre and count as one. GCJ-02 is WGS-84 moved by some hundred metres: a
polynomial with sines of longitude and latitude, counted from 105° E, 35° N, on the ellipsoid of Krassowsky 1940.
Outside China nothing is moved.

The way back has no formula: a fixed-point iteration, ``p ← p − (forward(p) − wanted)``, converges in a few rounds,
since the offset hardly changes over its own length.

Reference: the transform as all public implementations state it; held against the test point of our notes, Dali
(25.6065, 100.2676) → (25.603466, 100.268698).
"""

import math
from typing import Literal, NamedTuple

_AXIS_M = 6_378_245.0
_ECCENTRICITY2 = 0.00669342162296594323
_CENTRE = (105.0, 35.0)
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_NEAR_DEG = 1e-9
"""A tenth of a millimetre."""
_ROUNDS = 10


class Point(NamedTuple):
    """Degrees."""

    lon: float
    lat: float


def convert(point: Point, to: Literal["CGCS2000", "WGS84", "GCJ02"]) -> Point:
    """Give a stored point in the system that a target wants."""
    return to_gcj02(point) if to == "GCJ02" else point


def to_gcj02(point: Point) -> Point:
    """Move a point of WGS-84 or CGCS2000.

    Example:
        >>> moved = to_gcj02(Point(100.2676, 25.6065))
        >>> round(moved.lon, 6), round(moved.lat, 6)
        (100.268698, 25.603466)
    """
    if not _in_china(point):
        return point
    x, y = point.lon - _CENTRE[0], point.lat - _CENTRE[1]
    sine = math.sin(math.radians(point.lat))
    curve = 1 - _ECCENTRICITY2 * sine * sine
    north_m = _AXIS_M * (1 - _ECCENTRICITY2) / curve**1.5
    east_m = _AXIS_M / math.sqrt(curve) * math.cos(math.radians(point.lat))
    return Point(
        point.lon + math.degrees(_east(x, y) / east_m),
        point.lat + math.degrees(_north(x, y) / north_m),
    )


def to_wgs84(point: Point) -> Point:
    """Move a point of GCJ-02 back; the way there and back ends within a millimetre."""
    found = point
    for _ in range(_ROUNDS):
        there = to_gcj02(found)
        off_lon, off_lat = there.lon - point.lon, there.lat - point.lat
        found = Point(found.lon - off_lon, found.lat - off_lat)
        if max(abs(off_lon), abs(off_lat)) < _NEAR_DEG:
            break
    return found


def _in_china(point: Point) -> bool:
    return _WEST <= point.lon <= _EAST and _SOUTH <= point.lat <= _NORTH


def _waves(value: float, *waves: tuple[float, float]) -> float:
    """Add sines: each has an amplitude and a number of half turns for each unit."""
    return sum(amplitude * math.sin(value * turns * math.pi) for amplitude, turns in waves) * 2 / 3


def _north(x: float, y: float) -> float:
    """Metres to the north."""
    plane = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return plane + _waves(x, (20, 6), (20, 2)) + _waves(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))


def _east(x: float, y: float) -> float:
    """Metres to the east."""
    plane = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return plane + _waves(x, (20, 6), (20, 2), (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
