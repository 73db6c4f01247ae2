"""What came of the visits by documented need: who is counted, and what is withheld on both pages alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker.queries import fairness, rankings
from matchmaker.queries.equity import afterwards, asked, service
from models import Again, IntroductionState, School, Side
from tests import factories as f
from tests.cast import Cast
from tests.queries.regions import schools


def came(
    cast: Cast, school: School, state: IntroductionState, *said: Again, days: int = 3, took_place: bool = True
) -> None:
    """A visit at a school some days ago, with what its sides said."""
    teacher = f.TeacherFactory(region=cast.region, school=school)
    request = f.LearningRequestFactory(region=cast.region, asked_by=teacher)
    introduction = f.IntroductionFactory(
        region=cast.region, suggested=f.ProposalFactory(region=cast.region, of=request), state=state
    )
    begins = f.NOW - timedelta(days=days)
    f.VisitFactory(region=cast.region, of=introduction, starts_at=begins, ends_at=begins + timedelta(hours=1))
    for side, again in zip((Side.TEACHER, Side.PARTNER), said, strict=False):
        f.ReflectionFactory(region=cast.region, of=introduction, side=side, again=again, took_place=took_place)


def told(session: Session, cast: Cast, listed: list[School]) -> list[afterwards.Group]:
    session.flush()
    policy = fairness.policy_of(rankings.policy_in_effect(session, cast.region.id))
    standings = fairness.standings(session, cast.region.id, policy, f.NOW)
    visits = afterwards.read(session, cast.region, asked.year_start(cast.region, f.NOW), f.NOW)
    # The school of the cast, of which nothing is documented, is a group of its own.
    return [group for group in afterwards.by_need(listed, standings, visits) if group.code != service.UNKNOWN]


@pytest.fixture
def listed(session: Session, cast: Cast) -> list[School]:
    return schools(cast.region, 10)


def test_visits_held_and_who_would_do_it_again(session: Session, cast: Cast, listed: list[School]) -> None:
    for school in listed[:5]:
        came(cast, school, IntroductionState.REFLECTED, Again.YES, Again.NO)
        came(cast, school, IntroductionState.NOT_HELD)
    for school in listed[5:]:
        came(cast, school, IntroductionState.MET, Again.YES)
    groups = told(session, cast, listed)
    assert [group.code for group in groups] == ["half_1", "half_2"]
    assert [(group.held.met, group.held.of) for group in groups] == [(5, 10), (5, 5)]
    assert [(group.again.met, group.again.of) for group in groups] == [(5, 10), (5, 5)]


def test_what_is_ahead_or_of_last_year_or_was_never_a_visit_is_left_out(
    session: Session, cast: Cast, listed: list[School]
) -> None:
    for school in listed:
        came(cast, school, IntroductionState.SCHEDULED, days=-3)
        came(cast, school, IntroductionState.SCHEDULED, days=1)
        came(cast, school, IntroductionState.MET, Again.YES, days=90)
        came(cast, school, IntroductionState.MET, Again.NO, took_place=False)
    groups = told(session, cast, listed)
    assert sum(group.held.of for group in groups) == 10
    assert sum(group.again.of for group in groups) == 0


def test_what_few_schools_answered_is_told_of_nobody(session: Session, cast: Cast, listed: list[School]) -> None:
    for school in listed[:5]:
        came(cast, school, IntroductionState.MET)
    for school in listed[:4]:
        came(cast, school, IntroductionState.MET, Again.NO, Again.NO)
    groups = told(session, cast, listed)
    assert all(group.again.withheld or group.again.of == 0 for group in groups)
    assert sum(group.held.of for group in groups) == 9
