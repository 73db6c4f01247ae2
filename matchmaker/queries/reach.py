"""How far a partner's radius reaches among the region's schools, and the small map that shows it.

Distances are true; on the map the partner's own place is moved by up to half a mile, so that a picture shown to
somebody else gives no home away. Nobody else is on it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.queries.eligibility import EARTH_RADIUS_MILES
from models import Partner, School

SIDE = 320.0
"""Width and height of the map in its own units."""
LARGEST_MOVE = 0.5
"""Miles by which the partner's place is moved at most."""
_MARGIN = 1.15
_EDGE = 10.0
Place = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True)
class Dot:
    """A school on the map."""

    x: float
    y: float
    within: bool


@dataclass(frozen=True)
class Reach:
    """What the radius reaches.

    Attributes
    ----------
    miles
        [n] from the partner to each school, ascending.
    radius
        In miles; None for any distance, and then ``circle`` is None, too.
    x, y, circle
        The partner's moved place on the map, and the radius in its units.
    dots
        The schools that lie on the map.
    """

    miles: tuple[float, ...]
    radius: int | None
    x: float
    y: float
    circle: float | None
    dots: tuple[Dot, ...]

    def within(self, radius: int | None) -> int:
        """How many schools a radius reaches."""
        return sum(radius is None or away <= radius for away in self.miles)


def schools(session: Session, region_id: int) -> Sequence[School]:
    """A region's schools whose place is known, by name."""
    return session.scalars(
        select(School)
        .where(School.region_id == region_id, School.latitude.is_not(None), School.longitude.is_not(None))
        .order_by(School.name)
    ).all()


def of_partner(partner: Partner, schools: Sequence[School]) -> Reach | None:
    """A partner's reach; None while nobody knows where they set out from, or where the schools are."""
    if partner.latitude is None or partner.longitude is None or not schools:
        return None
    home = (partner.latitude, partner.longitude)
    places = [_place(school) for school in schools]
    miles = [_apart(home, place) for place in places]
    radius = partner.radius_miles
    # All that the circle holds; with any distance, all there is.
    half = _MARGIN * max(radius or max(miles), LARGEST_MOVE)
    scale = SIDE / 2 / half
    north, east = _moved(partner)
    dots = (
        Dot(*_on_map(home, place, scale), within=radius is None or away <= radius)
        for place, away in zip(places, miles, strict=True)
    )
    return Reach(
        miles=tuple(sorted(miles)),
        radius=radius,
        x=round(SIDE / 2 + east * scale, 1),
        y=round(SIDE / 2 - north * scale, 1),
        circle=None if radius is None else round(radius * scale, 1),
        dots=tuple(dot for dot in dots if all(_EDGE <= at <= SIDE - _EDGE for at in (dot.x, dot.y))),
    )


def miles(partner: Partner, school: School) -> float | None:
    """How far a partner is from a school; None where either place is not known."""
    if partner.latitude is None or partner.longitude is None or school.latitude is None or school.longitude is None:
        return None
    return _apart((partner.latitude, partner.longitude), _place(school))


def _place(school: School) -> Place:
    return (school.latitude or 0.0, school.longitude or 0.0)


def _apart(one: Place, other: Place) -> float:
    """Miles between two places."""
    (lat, lon), (to_lat, to_lon) = (map(math.radians, place) for place in (one, other))
    half = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(min(half, 1.0)))


def _on_map(home: Place, place: Place, scale: float) -> tuple[float, float]:
    """A place on the flat map around home; the earth is not round within so few miles."""
    degree = math.radians(1) * EARTH_RADIUS_MILES * scale
    east = (place[1] - home[1]) * math.cos(math.radians(home[0]))
    return round(SIDE / 2 + east * degree, 1), round(SIDE / 2 - (place[0] - home[0]) * degree, 1)


def _moved(partner: Partner) -> tuple[float, float]:
    """Miles north and east by which the partner's place is moved: always the same, and nobody's to work out."""
    drawn = hashlib.sha256(partner.feed_key.bytes).digest()
    angle = 2 * math.pi * int.from_bytes(drawn[:4]) / 2**32
    far = LARGEST_MOVE * math.sqrt(int.from_bytes(drawn[4:8]) / 2**32)
    return far * math.sin(angle), far * math.cos(angle)
