"""Figures of equity in regions small enough to count: met of asked, promises, who moved, what is looked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from matching.disclosure import wilson
from matchmaker.queries.equity import asked, moved, report
from matchmaker.queries.equity.moved import Why
from matchmaker.queries.equity.outlook import Change
from matchmaker.queries.equity.promises import Code
from models import CapacityUnit, IntroductionState, KnowledgeKind, Region, RequestState, School
from tests import factories as f
from tests.queries.regions import asks, in_effect, schools


@pytest.fixture
def region(session: Session) -> Region:
    return f.RegionFactory()


def named(session: Session, region: Region) -> report.Named:
    session.flush()
    return report.named(session, region, f.NOW)


def kept(told: report.Named) -> dict[Code, bool]:
    return {promise.code: promise.kept for promise in told.figures.promises}


def test_a_school_year_begins_in_july_on_the_clocks_of_the_region(region: Region) -> None:
    assert asked.year_start(region, f.NOW).isoformat() == "2026-07-01T00:00:00-07:00"
    # Still June in Phoenix.
    assert asked.year_start(region, datetime(2026, 7, 1, 6, 59, tzinfo=UTC)).year == 2025


def test_service_is_counted_by_quarters_and_locales(session: Session, region: Region) -> None:
    listed = [*schools(region, 10, locale="city-large"), *schools_of_countryside(region, 10)]
    for at, school in enumerate(listed):
        asks(school, met=at < 5)
        asks(school)
        asks(school, days=200, state=RequestState.WITHDRAWN)  # of last year
    figures = named(session, region).figures
    assert (figures.headline.asked, figures.headline.met) == (40, 5)
    groups = [(group.code, group.schools, group.asked, group.met) for group in figures.by_need]
    # What is not known of the countryside's ten counts as the middle: they are equal, and stand together.
    assert groups == [("third_1", 10, 20, 0), ("third_2", 5, 10, 5), ("third_3", 5, 10, 0)]
    by_locale = {group.code: (group.asked, group.met, group.low, group.high) for group in figures.by_locale}
    assert by_locale == {"city": (20, 5, *wilson(5, 20)), "rural": (20, 0, *wilson(0, 20))}


def schools_of_countryside(region: Region, count: int) -> list[School]:
    return [f.SchoolFactory(region=region, name=f"Far School {at}", locale="rural-remote") for at in range(count)]


def test_few_schools_are_halves_or_one_group_and_small_ones_are_withheld(session: Session, region: Region) -> None:
    for school in schools(region, 4, locale="town-remote"):
        asks(school, met=True)
    only = named(session, region).figures
    assert [(group.code, group.withheld, group.asked) for group in only.by_need] == [("all", True, 0)]
    assert [(group.code, group.withheld) for group in only.by_locale] == [("town", True)]
    for at in range(6):
        f.SchoolFactory(region=region, name=f"More {at}", locale="city-small")
    more = named(session, region).figures
    # The six are equal, so halves would leave the four of the town alone.
    assert [(group.code, group.schools) for group in more.by_need] == [("all", 10)]
    # Four in a town would follow from the whole once the six of the city were told.
    assert all(group.withheld for group in more.by_locale)


def test_in_public_few_that_asked_are_withheld_though_many_could(session: Session, region: Region) -> None:
    listed = schools(region, 20)
    for at, school in enumerate(listed):
        if at not in (5, 6):
            asks(school, met=at < 5)
    staff = named(session, region).figures.by_need
    assert [(group.asked, group.met, group.withheld) for group in staff] == [
        (5, 5, False), (3, 0, False), (5, 0, False), (5, 0, False),
    ]  # fmt: skip
    public = report.public(session, region, f.NOW).figures.by_need
    # Quarters would withhold two of four groups; thirds tell of all.
    told = [(group.code, group.asked, group.met) for group in public]
    assert told == [("third_1", 5, 5), ("third_2", 6, 0), ("third_3", 7, 0)]


def test_schools_of_which_nothing_is_known_are_a_group_of_their_own_and_equals_stand_together(
    session: Session, region: Region
) -> None:
    schools(region, 3)
    for at in range(20):
        f.SchoolFactory(region=region, name=f"Equal {at}", title_i=at < 13)
    for at in range(5):
        f.SchoolFactory(region=region, name=f"Unknown {at}")
    told = [(group.code, group.schools) for group in named(session, region).figures.by_need]
    # The middle of the known is 44 percent and part of the program: that of the second school, and of thirteen more.
    assert told == [("half_1", 15), ("half_2", 8), ("unknown", 5)]


def test_a_plan_gives_groups_the_share_of_their_requests(session: Session, region: Region) -> None:
    listed = schools(region, 10)
    in_effect(region, [(listed[0], 1, 0.2, 0.8), (listed[1], 3, 0.6, 0.8), (listed[9], 2, 1.0, 0.9)])
    first, last = named(session, region).figures.by_need
    assert first.plan == Change(pytest.approx(0.5), pytest.approx(0.8))
    assert last.plan == Change(1.0, pytest.approx(0.9))


def test_promises_are_kept_or_not(session: Session, region: Region) -> None:
    listed = schools(region, 10)
    partner = f.PartnerFactory(region=region)
    for school in listed:
        asks(school)
    old, new = asks(listed[0], days=12), asks(listed[0], days=3)
    in_effect(region, _halves(listed, 0.9, 0.9), picked=[old], places=[(old, partner), (new, partner)])
    told = named(session, region)
    assert set(kept(told)) == set(Code) and all(kept(told).values())
    oldest = next(promise for promise in told.figures.promises if promise.code is Code.OLDEST)
    assert (oldest.value, oldest.of, oldest.limit) == (1, 1, 10.0)
    in_effect(region, _halves(listed, 0.8, 0.9), places=[(old, partner)], quality=0.969, overload=1, most_boost=0.11)
    broken = kept(named(session, region))
    assert {code for code, whole in broken.items() if not whole} == set(Code) - {Code.NOBODY_LEFT}


def test_the_gap_is_what_schools_of_most_documented_need_get_less(session: Session, region: Region) -> None:
    listed = schools(region, 10)
    for school in listed:
        asks(school)
    for first, last, gap in ((0.8, 0.9, 0.1), (0.9, 0.8, 0.0)):
        in_effect(region, _halves(listed, first, last))
        both = named(session, region), report.public(session, region, f.NOW)
        told = [next(each for each in page.figures.promises if each.code is Code.GAP) for page in both]
        assert [each.value for each in told] == [pytest.approx(gap)] * 2


def _halves(listed: list[School], first: float, last: float) -> list[tuple[School, int, float, float]]:
    return [(school, 1, 0.5, first if at < 5 else last) for at, school in enumerate(listed)]


def test_nine_schools_are_those_that_gain_and_give_most(region: Region) -> None:
    told = [
        moved.Moved(f.SchoolFactory(region=region), "next", 1, 0.5, 0.5 + at / 100, Why.SAME)
        for at in (5, 4, 0, 0, 0, 0, 0, -1, -2, -3, -4)
    ]
    # Two gain, so four who give are told of as well, and three who neither gain nor give.
    assert moved.some(told) == [*told[:5], *told[7:]]
    assert moved.some(told[:9]) == told[:9]


def test_schools_that_gain_and_schools_that_give_are_told_with_a_fact(session: Session, region: Region) -> None:
    listed = schools(region, 12)
    waited = asks(listed[3], days=30)
    for at in range(3):
        asks(listed[11], days=40 + at, met=True)
        asks(listed[4], days=40 + at, state=RequestState.WITHDRAWN)
    shares = [(school, 1, 0.5, 0.5 + (6 - at) / 100) for at, school in enumerate(listed)]
    in_effect(region, shares, picked=[waited])
    told = named(session, region).moved
    assert [each.school.name for each in told][:2] == ["Named School 0", "Named School 1"]
    assert told[-1].school is listed[11] and told[-1].change == pytest.approx(-0.05)
    why = {each.school.id: each.why for each in told}
    assert why[listed[3].id] is Why.CHOSE_FIRST
    assert why[listed[4].id] is Why.REACHED_LESS
    assert why[listed[6].id] is Why.SAME
    assert why[listed[11].id] is Why.REACHED_MORE


def test_what_is_looked_for_is_told_by_topic_language_and_place(session: Session, region: Region) -> None:
    near, far = schools(region, 2)
    far.neighbourhood = "San Lázaro"
    for school, excluded in ((near, {"language": 5, "paused": 9}), (near, {"language": 6}), (far, {"distance": 40})):
        request = asks(school, state=RequestState.NONE_YET, languages=["ase"], subject="arts")
        f.RankingFactory(region=region, of=request, excluded={"format": 500})
        f.RankingFactory(region=region, of=request, excluded=excluded)
    full = asks(far, state=RequestState.PROPOSED, languages=[], subject=None)
    asks(far, state=RequestState.PROPOSED)
    in_effect(region, empty=[full.id])
    told = [
        (line.subject, line.languages, line.area, line.requests, line.rule) for line in named(session, region).wanted
    ]
    assert told == [
        ("arts", ("ase",), "Barrio Las Norias", 2, "language"),
        (None, (), "San Lázaro", 1, "full"),
        ("arts", ("ase",), "San Lázaro", 1, "distance"),
    ]


def test_waits_are_those_of_open_requests(session: Session, region: Region) -> None:
    (school,) = schools(region, 1)
    assert named(session, region).figures.waiting == asked.Waiting(0, None, None, (0, 0, 0, 0))
    for days in (1, 6, 12.5, 400):
        asks(school, days=days)
    asks(school, days=90, met=True)
    assert named(session, region).figures.waiting == asked.Waiting(4, 9.25, 400, (1, 1, 1, 1))


def test_waits_of_few_schools_are_told_to_staff_alone(session: Session, region: Region) -> None:
    for at, school in enumerate(schools(region, 12)):
        asks(school, days=1 if at < 6 else 12)
    asks(school, days=90)
    public = report.public(session, region, f.NOW).figures.waiting
    # One school waits longest; its number would follow from the rest.
    assert public == asked.Waiting(13, 12.0, None, (6, 0, None, None))
    assert named(session, region).figures.waiting.groups == (6, 0, 6, 1)


def test_the_load_of_a_month_is_what_is_held_of_what_was_set(session: Session, region: Region) -> None:
    partners = [f.PartnerFactory(region=region, monthly_capacity=limit) for limit in (2, 2, 3, 0)]
    f.PartnerFactory(region=region, paused_at=f.NOW)
    f.PartnerFactory(region=region, reviewed_at=None)
    for partner, held in ((partners[0], 2), (partners[1], 1)):
        for unit in range(1, held + 1):
            taken = f.IntroductionFactory(region=region, suggested__who=partner, state=IntroductionState.INVITED)
            session.query(CapacityUnit).filter_by(introduction_id=taken.id).delete()
            session.add(
                CapacityUnit(
                    region_id=region.id, partner_id=partner.id, period=date(2026, 9, 1), unit=unit,
                    introduction_id=taken.id, held_at=f.NOW,
                )
            )  # fmt: skip
    load = named(session, region).figures.load
    assert (load.month, load.held, load.units) == (date(2026, 9, 1), 3, 7)
    assert (load.none, load.free, load.partly, load.full) == (1, 1, 1, 1)
    public = report.public(session, region, f.NOW).figures.load
    assert (public.held, public.units) == (3, 7)
    assert {public.none, public.free, public.partly, public.full} == {None}


def test_groups_of_few_partners_are_told_to_staff_alone(session: Session, region: Region) -> None:
    for at in range(7):
        f.FundFactory(region=region, owner=f.PartnerFactory(region=region))
        kind = KnowledgeKind.CREDENTIALED
        f.FundFactory(region=region, owner=f.PartnerFactory(region=region), kind=kind)
        if at < 2:
            f.PartnerFactory(region=region, joined_on=f.NOW.date() - timedelta(days=9))
    groups = [{"group": at, "merit": 0.25, "before": 0.1, "after": 0.2} for at in range(4)]
    in_effect(region, [(schools(region, 1)[0], 1, 0.5, 0.5)], groups=groups)
    told = {each.group: each.partners for each in named(session, region).figures.exposure}
    assert told == {0: 7, 1: 0, 2: 7, 3: 2}
    public = report.public(session, region, f.NOW).figures.exposure
    assert {each.group: each.withheld for each in public} == {0: False, 1: True, 2: True, 3: True}


@pytest.mark.parametrize(("count", "points"), [(4, 0), (10, 3), (25, 6), (50, 11)])
def test_the_public_curve_takes_steps_of_five_schools(
    session: Session, region: Region, count: int, points: int
) -> None:
    in_effect(region, [(school, 1, 0.5, 0.5) for school in schools(region, count, spread=0)])
    curve = report.public(session, region, f.NOW).figures.curve
    assert (len(curve.points) if curve else 0) == points
    whole = named(session, region).figures.curve
    assert whole is not None and len(whole.points) == 11 and whole.schools == count


def test_a_region_without_a_plan_or_anything_has_figures_too(session: Session, region: Region) -> None:
    told = named(session, region)
    assert not (told.figures.promises or told.moved or told.wanted or told.figures.by_need[1:])
    assert told.figures.curve is None and told.figures.headline.kept is None
