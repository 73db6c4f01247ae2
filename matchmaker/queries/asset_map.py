"""Where the areas of a region stand on a map that anybody may look at: areas and not addresses.

Each area stands at the mean place of its people, rounded to a quarter of a mile and moved by what only the installation
can work out, half a mile at most in all. The rounding is what keeps two maps, one before and one after somebody joined,
from giving that person's place away; the move is the same on every day. Far areas are drawn nearer than they are, and
whatever would stand on something else is put beside it.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from matchmaker.queries.eligibility import EARTH_RADIUS_MILES
from matchmaker.queries.public_face import Area, folded

LARGEST_MOVE = 0.5
"""Miles by which an area's middle is moved at most, its rounding and its move together."""
GRID = 0.25
"""Miles to which it is rounded."""
MOST_DRAWN = 24
"""Areas drawn at most, the largest first; the table has all."""
_TURNS = 400
_MILES = math.radians(1) * EARTH_RADIUS_MILES
"""A degree of latitude."""
_LETTER = 7.6
_LABEL = 36.0
_GAP = 5.0


@dataclass(frozen=True)
class House:
    """An area on the map: the middle of its foot, how wide the house is, and the area."""

    area: Area
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        """Up to the roof: as high as it is wide."""
        return self.width


@dataclass
class _Box:
    """What an area takes up, its label included, by its middle."""

    x: float
    y: float
    width: float
    height: float


def place_of(area: Area, secret: str) -> tuple[float, float]:
    """Latitude and longitude at which an area is drawn. ``secret`` is the installation's own."""
    assert area.place is not None, "asked before"
    north = GRID * round(area.place[0] * _MILES / GRID)
    # Of the rounded latitude: the exact one would show in the last digits of the longitude.
    per_degree = _MILES * math.cos(north / EARTH_RADIUS_MILES)
    east = GRID * round(area.place[1] * per_degree / GRID)
    drawn = hmac.digest(secret.encode(), f"area:{folded(area.name)}".encode(), "sha256")
    angle = 2 * math.pi * int.from_bytes(drawn[:4]) / 2**32
    far = (LARGEST_MOVE - GRID / math.sqrt(2)) * math.sqrt(int.from_bytes(drawn[4:8]) / 2**32)
    return (north + far * math.sin(angle)) / _MILES, (east + far * math.cos(angle)) / per_degree


def houses(areas: Sequence[Area], secret: str, width: float, height: float) -> list[House]:
    """The areas with a place as houses on a canvas, from the top down; the widest is of the area with most people."""
    drawn = sorted((area for area in areas if area.place), key=lambda area: (-area.partners, area.name))[:MOST_DRAWN]
    if not drawn:
        return []
    most = drawn[0].partners
    sizes = [round(18 + 26 * math.sqrt(area.partners / most), 1) for area in drawn]
    points = _spread([place_of(area, secret) for area in drawn])
    boxes = _boxes(points, drawn, sizes, width, height)
    _apart(boxes, width, height)
    found = [
        House(area, round(box.x, 1), round(box.y - box.height / 2 + size * 1.2, 1), size)
        for area, box, size in zip(drawn, boxes, sizes, strict=True)
    ]
    return sorted(found, key=lambda house: (house.y, house.x))


def _spread(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places around the middle one, east and south of it, by the square root of their distance."""
    middle = median(lat for lat, _ in places), median(lon for _, lon in places)
    points = []
    for lat, lon in places:
        south, east = middle[0] - lat, (lon - middle[1]) * math.cos(math.radians(middle[0]))
        away = math.hypot(south, east)
        near = 1 / math.sqrt(away) if away else 0.0
        points.append((east * near, south * near))
    return points


def _boxes(
    points: Sequence[tuple[float, float]], areas: Sequence[Area], sizes: Sequence[float], width: float, height: float
) -> list[_Box]:
    """What stands where before anything is put beside anything."""
    (left, right), (top, foot) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    boxes = []
    for (east, south), area, size in zip(points, areas, sizes, strict=True):
        box = _Box(0.0, 0.0, max(size, _LETTER * len(area.name)) + _GAP, size * 1.2 + _LABEL)
        across, down = width - box.width, height - box.height
        box.x = box.width / 2 + across * ((east - left) / (right - left) if right > left else 0.5)
        box.y = box.height / 2 + down * ((south - top) / (foot - top) if foot > top else 0.5)
        boxes.append(box)
    return boxes


def _apart(boxes: Sequence[_Box], width: float, height: float) -> None:
    """Push boxes off each other along the shorter way, and back onto the canvas, until all stand free."""
    for _ in range(_TURNS):
        moved = False
        for one, other in combinations(boxes, 2):
            over_x = (one.width + other.width) / 2 - abs(one.x - other.x)
            over_y = (one.height + other.height) / 2 - abs(one.y - other.y)
            if min(over_x, over_y) <= 0.05:
                continue
            moved = True
            if over_x * height < over_y * width:
                step = over_x / 2 if one.x <= other.x else -over_x / 2
                one.x, other.x = one.x - step, other.x + step
            else:
                step = over_y / 2 if one.y <= other.y else -over_y / 2
                one.y, other.y = one.y - step, other.y + step
        for box in boxes:
            box.x = min(max(box.x, box.width / 2), max(width - box.width / 2, box.width / 2))
            box.y = min(max(box.y, box.height / 2), max(height - box.height / 2, box.height / 2))
        if not moved:
            return
