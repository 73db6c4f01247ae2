"""How far a radius reaches, and a map that gives no home away."""

from __future__ import annotations

import math
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from matchmaker.queries import reach
from models import Partner, School
from tests.cast import Cast


def school(latitude: float, longitude: float = -111.0) -> School:
    return School(name="A school", latitude=latitude, longitude=longitude)


def partner(**more: object) -> Partner:
    at = {"latitude": 32.0, "longitude": -111.0, "radius_miles": 8, "feed_key": UUID(int=7), **more}
    return Partner(**at)


def test_schools_are_counted_by_their_true_distance() -> None:
    # A degree of latitude is 69.1 miles.
    found = reach.of_partner(partner(), [school(32.2), school(32.05), school(32.1)])
    assert found is not None
    assert found.miles == pytest.approx((3.45, 6.91, 13.82), abs=0.01)
    assert [found.within(miles) for miles in (2, 5, 7, 15, None)] == [0, 1, 2, 3, 3]
    assert [dot.within for dot in found.dots] == [True, True], "what lies beyond the map is not drawn"


def test_the_map_is_to_scale() -> None:
    found = reach.of_partner(partner(), [school(32.1), school(32.0, -111.1)])
    assert found is not None and found.circle is not None
    mile = found.circle / 8
    north, west = found.dots
    assert (north.x, north.y) == pytest.approx((160, 160 - 6.91 * mile), abs=0.2)
    assert (west.x, west.y) == pytest.approx((160 - 5.86 * mile, 160), abs=0.2)


def test_the_partner_s_own_point_is_moved_always_the_same_and_never_far() -> None:
    places = set()
    for number in range(60):
        who = partner(feed_key=UUID(int=number), radius_miles=2)
        found, again = (reach.of_partner(who, [school(32.0)]) for _ in range(2))
        assert found is not None and found == again and found.circle is not None
        away = math.hypot(found.x - reach.SIDE / 2, found.y - reach.SIDE / 2) / (found.circle / 2)
        assert away <= reach.LARGEST_MOVE + 0.01
        places.add((found.x, found.y))
    assert len(places) > 50


def test_any_distance_shows_every_school_and_no_circle() -> None:
    found = reach.of_partner(partner(radius_miles=None), [school(32.05), school(32.9)])
    assert found is not None
    assert (found.circle, len(found.dots), all(dot.within for dot in found.dots)) == (None, 2, True)


def test_without_a_place_there_is_no_map(session: Session, cast: Cast) -> None:
    assert reach.of_partner(partner(latitude=None, longitude=None), [school(32.0)]) is None
    assert reach.of_partner(partner(), []) is None
    cast.school.latitude = None
    session.flush()
    assert cast.school not in reach.schools(session, cast.region.id)
    assert reach.schools(session, cast.next_door.id)
