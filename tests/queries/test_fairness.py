"""What the re-rank knows of schools and partners: documented need, past service, load and exposure."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from matching.equity import LEAST_WEIGHT, MOST_WEIGHT, Policy
from matching.need import LEAST_STRENGTH
from matchmaker.queries import capacity, fairness, roll
from models import LOCALES, IntroductionState, Region, School
from tests import factories as f
from tests.cast import Cast

POLICY = Policy()
LUNCH = {"poverty_measure": "free or reduced-price lunch", "poverty_year": 2025, "poverty_source": "State"}


@pytest.fixture
def region(session: Session) -> Region:
    region: Region = f.RegionFactory()
    return region


def school(region: Region, poverty: float | None = None, **facts: Any) -> School:
    documented = {**LUNCH, "poverty_value": poverty} if poverty is not None else {}
    made: School = f.SchoolFactory(region=region, **{**documented, **facts})
    return made


def standings(session: Session, region: Region) -> dict[int, fairness.SchoolStanding]:
    return fairness.standings(session, region.id, POLICY, f.NOW)


def came(region: Region, at: School, days_ago: int, state: IntroductionState = IntroductionState.MET) -> None:
    """Somebody was asked for this school, and it ended so."""
    request = f.LearningRequestFactory(region=region, asked_by=f.TeacherFactory(region=region, school=at), state="done")
    then = f.NOW - timedelta(days=days_ago)
    f.IntroductionFactory(region=region, suggested__of=request, approved_at=then, due_at=then, state=state)


def test_need_comes_from_poverty_locale_and_title_i(session: Session, region: Region) -> None:
    full = school(region, 75.0, locale="rural-remote", title_i=True)
    none = school(region, 0.0, locale="city-large", title_i=False)
    found = standings(session, region)
    assert found[full.id].need.value == pytest.approx(1.0 + 0.5 * LEAST_STRENGTH)
    assert found[full.id].need.documented == pytest.approx(0.5)
    assert found[none.id].need.value == 1.0
    assert found[full.id].need.unknown == found[none.id].need.unknown == frozenset()
    assert found[full.id].weight > found[none.id].weight


def test_what_is_unknown_takes_the_regions_median_and_says_so(session: Session, region: Region) -> None:
    for poverty, locale in ((10.0, "city-large"), (40.0, "town-remote"), (75.0, "rural-remote")):
        school(region, poverty, locale=locale, title_i=False)
    unknown = school(region)
    need = standings(session, region)[unknown.id].need
    assert need.unknown == {"poverty", "locale", "title_i"}
    middle = {"poverty": 0.30 * 40 / 75, "locale": 0.06, "title_i": 0.0}
    assert need.parts == pytest.approx({name: need.strength * part for name, part in middle.items()})


def test_zero_is_not_unknown(session: Session, region: Region) -> None:
    school(region, 75.0)
    zero, unknown = school(region, 0.0), school(region)
    found = standings(session, region)
    assert found[zero.id].need.parts["poverty"] == 0.0
    assert found[unknown.id].need.parts["poverty"] > 0.0
    assert "poverty" not in found[zero.id].need.unknown


def test_where_nothing_is_known_all_schools_weigh_the_same(session: Session, region: Region) -> None:
    for _ in range(3):
        school(region)
    assert [standing.weight for standing in standings(session, region).values()] == pytest.approx([1.0] * 3)


@pytest.mark.parametrize(("measure", "percent"), [("Direct certification (ISP)", 46.9), ("SAIPE, ages 5 to 17", 30.0)])
def test_measures_that_find_fewer_families_count_fully_earlier(
    session: Session, region: Region, measure: str, percent: float
) -> None:
    at = school(region, percent, poverty_measure=measure)
    need = standings(session, region)[at.id].need
    assert need.parts["poverty"] / need.strength == pytest.approx(0.30, abs=0.001)


def test_need_counts_as_strongly_as_schools_that_have_more_of_it_were_reached_less(
    session: Session, region: Region
) -> None:
    full, none = school(region, 75.0, locale="rural-remote", title_i=True), school(region, 0.0, locale="city-large")
    for number in range(8):
        came(region, none, days_ago=number)
        came(region, full, days_ago=number, state=IntroductionState.LAPSED)
    found = standings(session, region)
    assert found[full.id].calibration is found[none.id].calibration
    assert found[full.id].calibration.strength > LEAST_STRENGTH
    assert found[full.id].need.value > 1.0 + 0.5 * LEAST_STRENGTH
    assert (found[none.id].service, found[full.id].service) == (0.7, 0.0)
    assert found[none.id].requests == pytest.approx(8, rel=0.02)


@given(
    facts=st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(0, 100)),
            st.one_of(st.none(), st.sampled_from(LOCALES)),
            st.one_of(st.none(), st.booleans()),
        ),
        min_size=2,
        max_size=6,
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_more_need_never_weighs_less(session: Session, facts: list[tuple[Any, Any, Any]]) -> None:
    region = f.RegionFactory()
    for poverty, locale, title_i in facts:
        school(region, poverty, locale=locale, title_i=title_i)
    found = sorted(standings(session, region).values(), key=lambda standing: standing.need.value)
    weights = [standing.weight for standing in found]
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(weights))
    assert np.mean(weights) == pytest.approx(1.0)
    assert min(weights) >= LEAST_WEIGHT and max(weights) <= MOST_WEIGHT


def test_a_school_that_was_served_gives_way_to_one_that_was_not(session: Session, region: Region) -> None:
    served, waiting, new = (school(region, 50.0) for _ in range(3))
    came(region, served, days_ago=30)
    came(region, waiting, days_ago=30, state=IntroductionState.LAPSED)
    found = standings(session, region)
    assert found[waiting.id].weight > found[new.id].weight > found[served.id].weight
    assert found[served.id].past > found[new.id].past > found[waiting.id].past


def test_what_is_long_ago_counts_less(session: Session, region: Region) -> None:
    lately, long_ago, never = (school(region, 50.0) for _ in range(3))
    for at, days in ((lately, 10), (long_ago, 1000)):
        came(region, at, days_ago=days)
    came(region, never, days_ago=10, state=IntroductionState.LAPSED)
    found = standings(session, region)
    assert found[lately.id].past > found[long_ago.id].past > found[never.id].past


def test_a_withdrawn_request_is_a_class_that_nobody_reached(session: Session, region: Region) -> None:
    left_alone, other = school(region, 50.0), school(region, 50.0)
    came(region, other, days_ago=5)
    f.LearningRequestFactory(
        region=region, asked_by=f.TeacherFactory(region=region, school=left_alone), state="withdrawn"
    )
    found = standings(session, region)
    assert found[left_alone.id].past < found[other.id].past


def test_another_region_changes_nothing(session: Session, cast: Cast) -> None:
    before = standings(session, cast.region)
    came(cast.next_door, cast.otto.school, days_ago=5)
    school(cast.next_door, 100.0)
    assert standings(session, cast.region) == before


def test_every_held_unit_of_a_month_is_named_once(session: Session, cast: Cast) -> None:
    f.IntroductionFactory(region=cast.region, suggested__who=cast.ramon)
    october = capacity.held(session, cast.region.id, date(2026, 10, 1))
    assert october.tolist() == [cast.ramon.id]
    everybody = roll.read(session, cast.region.id)
    assert everybody.units(october).tolist() == [int(each == cast.ramon.id) for each in everybody.partner_ids]
    assert capacity.held(session, cast.region.id, date(2026, 11, 1)).tolist() == []
    assert capacity.held(session, cast.next_door.id, date(2026, 10, 1)).tolist() == []


def test_exposure_is_where_people_stood_in_recent_rankings(session: Session, cast: Cast) -> None:
    first, second, third = (cast.ramon.id, cast.esperanza.id, 999)
    listed = [{"partner_id": who, "relevance": rho} for who, rho in ((first, 0.9), (second, 0.5), (third, 0.4))]
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    f.RankingFactory(region=cast.region, of=request, candidates=listed)
    f.RankingFactory(region=cast.region, of=request, candidates=listed[:1], ranked_at=f.NOW - timedelta(days=200))
    shown = fairness.exposure_and_merit(session, cast.region.id, 2, f.NOW)
    assert shown.partner_ids.tolist() == sorted((first, second, third))
    told = {
        who: (seen, due) for who, seen, due in zip(shown.partner_ids.tolist(), shown.exposure, shown.merit, strict=True)
    }
    assert told[first] == pytest.approx((1.0, 0.9))
    assert told[second] == pytest.approx((1 / np.log2(3), 0.5))
    assert told[third] == pytest.approx((0.0, 0.4))
    assert len(fairness.exposure_and_merit(session, cast.next_door.id, 2, f.NOW).partner_ids) == 0
