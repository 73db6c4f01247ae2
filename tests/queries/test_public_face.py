"""What anybody may read of a region, and where its areas are drawn."""

from __future__ import annotations

import math
from itertools import combinations

from sqlalchemy.orm import Session

from matchmaker.queries import asset_map, public_face
from matchmaker.queries.public_face import Area, Wanted
from models import Fund, Partner, PartnerKind
from tests import factories as f
from tests.cast import Cast

SECRET = "an installation's own secret, long enough"


def found(session: Session, cast: Cast, **wanted: object) -> list[str]:
    rows = session.scalars(public_face.funds(cast.region.id, Wanted(**wanted)))  # type: ignore[arg-type]
    return sorted(fund.title for fund in rows)


def knows(cast: Cast, title: str, *, partner: Partner | None = None, **fund: object) -> Fund:
    owner = partner or f.PartnerFactory(region=cast.region, name=f"Neighbor {title}", public_since=f.NOW)
    return f.FundFactory(region=cast.region, owner=owner, title=title, **fund)


def test_only_those_are_read_who_said_so_were_read_and_are_here(session: Session, cast: Cast) -> None:
    kept = f.PartnerFactory(region=cast.region)
    said = {"region": cast.region, "public_since": f.NOW}
    cases = {
        "shown": f.PartnerFactory(**said),
        "back in spring": f.PartnerFactory(**said, paused_at=f.NOW, paused_until=f.NOW.date()),
        "not asked": kept,
        "not read": f.PartnerFactory(**said, reviewed_at=None),
        "gone for good": f.PartnerFactory(**said, paused_at=f.NOW),
        "merged": f.PartnerFactory(**said, reviewed_at=None, merged_into_id=kept.id),
        "elsewhere": f.PartnerFactory(region=cast.next_door, public_since=f.NOW),
    }
    for title, partner in cases.items():
        f.FundFactory(region=cast.next_door if title == "elsewhere" else cast.region, owner=partner, title=title)
    assert found(session, cast) == ["back in spring", "shown"]


def test_funds_are_found_by_what_is_shown_and_by_nothing_else(session: Session, cast: Cast) -> None:
    knows(cast, "Grading roads", text="Crown and ditch.", story="My uncle Polo", subjects=["cte"], grades=[6, 7])
    knows(cast, "Hacer pan", text="La masa no se equivoca.", language="es", subjects=["math"], grades=[3])
    alma = f.PartnerFactory(region=cast.region, name="Alma Fuentes", public_since=f.NOW)
    knows(cast, "Fuentes de agua", partner=alma, text="Ask for Alma.", subjects=[], grades=[])
    for wanted, titles in (
        ({"words": "ditches"}, ["Grading roads"]),
        ({"words": "the MASA"}, ["Hacer pan"]),
        ({"words": "masas"}, ["Hacer pan"]),
        ({"words": "polo"}, []),
        ({"words": "alma"}, []),
        ({"words": "fuentes"}, []),
        ({"words": "agua"}, ["Fuentes de agua"]),
        ({"words": "grading pan"}, []),
        ({"words": "& | !"}, ["Fuentes de agua", "Grading roads", "Hacer pan"]),
        ({"language": "es"}, ["Hacer pan"]),
        ({"subject": "cte"}, ["Fuentes de agua", "Grading roads"]),
        ({"grade": 3}, ["Fuentes de agua", "Hacer pan"]),
        ({"grade": 6, "subject": "math"}, ["Fuentes de agua"]),
    ):
        assert found(session, cast, **wanted) == titles, wanted


def test_an_area_is_named_from_five_people_on_however_they_write_it(session: Session, cast: Cast) -> None:
    def live(count: int, neighbourhood: str, **where: object) -> None:
        for _ in range(count):
            partner = f.PartnerFactory(region=cast.region, neighbourhood=neighbourhood, public_since=f.NOW, **where)
            f.FundFactory(region=cast.region, owner=partner)

    live(4, "Cañada Seca")
    live(1, " canada seca")
    live(4, "Bledsoe Siding")
    live(1, "")
    live(4, "Mirador")
    live(1, "Mirador", latitude=None, longitude=None)
    f.PartnerFactory.create_batch(2, region=cast.region, neighbourhood="Bledsoe Siding", public_since=f.NOW)
    areas = public_face.areas(session, cast.region.id)
    assert [(area.name, area.partners, area.funds) for area in areas.named.values()] == [
        ("Cañada Seca", 5, 5),
        ("Mirador", 5, 5),
    ]
    assert areas.elsewhere == 5
    assert areas.of("CANADA SECA ") is areas.named["canada seca"]
    assert areas.of("Bledsoe Siding") is None
    # Four places would nearly be four homes.
    assert [area.place is None for area in areas.named.values()] == [False, True]
    assert len(found(session, cast, area=areas.named["canada seca"])) == 5


def test_first_names_alone_stand_beside_a_fund() -> None:
    for name, kind, first in (
        ("Esperanza Ochoa", PartnerKind.PERSON, "Esperanza"),
        ("Doña Lupe Soto", PartnerKind.PERSON, "Lupe"),
        ("Dr. Singh", PartnerKind.PERSON, ""),
        ("Panadería La Espiga", PartnerKind.ORGANISATION, "Panadería La Espiga"),
    ):
        partner = Partner(name=name, kind=kind, public_since=f.NOW, public_name=True)
        assert public_face.name_of(partner) == first
        partner.public_name = False
        assert public_face.name_of(partner) == ""


def test_an_area_stands_near_its_middle_always_at_the_same_place_that_tells_of_nobody() -> None:
    middle = (32.2217, -110.9264)
    for number in range(200):
        area = Area(f"Area {number}", 5, 5, middle)
        place = asset_map.place_of(area, SECRET)
        assert place == asset_map.place_of(Area(f"área {number}", 9, 20, middle), SECRET)
        assert _miles(place, middle) <= asset_map.LARGEST_MOVE + 1e-3
        assert place != asset_map.place_of(area, SECRET + "s")
        # Somebody joined a hundred yards from the others: mostly nothing moves, and never by less than a step.
        later = asset_map.place_of(Area(area.name, 6, 6, (middle[0] + 1e-5, middle[1])), SECRET)
        assert later == place or _miles(later, place) > 0.2


def test_houses_stand_on_the_canvas_and_none_on_another() -> None:
    areas = [
        Area(f"Long Neighborhood {n}", 5 + n, n, (32.2 + 0.002 * (n % 4) + (0.9 if n == 9 else 0), -111 + 0.003 * n))
        for n in range(13)
    ]
    for width, height in ((720, 430), (340, 620)):
        houses = asset_map.houses([*areas, Area("Nowhere", 5, 5, None)], SECRET, width, height)
        assert len(houses) == 13
        for one, other in combinations(houses, 2):
            apart = abs(one.y - other.y) >= 40 or abs(one.x - other.x) >= (one.width + other.width) / 2
            assert apart, (one, other)
        assert all(each.y - each.height >= 0 and each.y + 28 <= height for each in houses)
        assert max(houses, key=lambda each: each.width).area is areas[-1]
    assert asset_map.houses([], SECRET, 720, 430) == []
    assert len(asset_map.houses([Area("Alone", 5, 5, (32.0, -111.0))], SECRET, 340, 620)) == 1


def _miles(one: tuple[float, float], other: tuple[float, float]) -> float:
    north = (one[0] - other[0]) * 69.1
    return math.hypot(north, (one[1] - other[1]) * 69.1 * math.cos(math.radians(one[0])))
