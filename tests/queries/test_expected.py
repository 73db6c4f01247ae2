"""By when a teacher hears, and by when each step ahead is expected."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker.queries import expected, timeline
from models import IntroductionState as I
from models import LearningRequest, StateChange, TaskKind
from models import RequestState as R
from tests import factories as f
from tests.cast import Cast

MONDAY, TUESDAY, WEDNESDAY = date(2026, 9, 14), date(2026, 9, 15), date(2026, 9, 16)
SEEN = datetime(2026, 9, 14, 16, tzinfo=UTC)


def stands(session: Session, request: LearningRequest, now: datetime = SEEN) -> timeline.Timeline:
    return expected.dated(session, timeline.of_request(session, request, now), request, now)


def ahead(line: timeline.Timeline) -> dict[str, date | None]:
    return {step.name: step.at.date() if step.at else None for step in line.steps if step.status == "next"}


@pytest.fixture
def asked(cast: Cast) -> LearningRequest:
    """Posted on a Monday morning for the sixth and the eighth of October."""
    begins = [datetime(2026, 10, day, 16, 20, tzinfo=UTC) for day in (6, 8)]
    return f.LearningRequestFactory(
        region=cast.region,
        asked_by=cast.ana,
        state=R.PROPOSED,
        posted_at=SEEN - timedelta(hours=1),
        windows=[(each, each + timedelta(minutes=50)) for each in begins],
    )


def test_a_day_is_promised_and_every_step_has_its_own(session: Session, asked: LearningRequest) -> None:
    line = stands(session, asked)
    assert (line.hear_by, line.late) == (WEDNESDAY, False)
    assert ahead(line) == {
        "invited": WEDNESDAY,
        "introduced": date(2026, 9, 23),
        "scheduled": date(2026, 10, 8),
        "reflected": date(2026, 10, 15),
    }


def test_days_without_school_do_not_count(session: Session, cast: Cast, asked: LearningRequest) -> None:
    f.ClosureFactory(region=cast.region, first_on=TUESDAY, last_on=TUESDAY)
    assert stands(session, asked).hear_by == date(2026, 9, 17)


def test_a_promise_that_was_not_kept_is_said_to_be_late(session: Session, asked: LearningRequest) -> None:
    on_the_day = datetime(2026, 9, 16, 22, tzinfo=UTC)
    assert stands(session, asked, on_the_day).hear_by == WEDNESDAY
    line = stands(session, asked, on_the_day + timedelta(days=1))
    assert (line.hear_by, line.late) == (None, True)
    assert ahead(line)["invited"] is None
    assert ahead(line)["scheduled"] == date(2026, 10, 8)


def test_it_counts_anew_from_the_day_a_request_comes_back(session: Session, cast: Cast, asked: LearningRequest) -> None:
    came_back = SEEN + timedelta(days=7)
    session.add(
        StateChange(region_id=cast.region.id, request_id=asked.id, before="placed", after="proposed", at=came_back)
    )
    session.flush()
    line = stands(session, asked, came_back)
    assert (line.hear_by, line.late) == (date(2026, 9, 23), False)


def test_a_named_coordinator_s_date_leads(session: Session, cast: Cast, asked: LearningRequest) -> None:
    asked.state = R.NONE_YET
    f.TaskFactory(region=cast.region, owner=cast.marisol, of=asked, kind=TaskKind.NOBODY_LEFT, due_on=date(2026, 9, 18))
    line = stands(session, asked)
    assert (line.hear_by, ahead(line)["invited"]) == (date(2026, 9, 18), date(2026, 9, 18))


def test_whoever_put_it_aside_looks_again_on_that_day(session: Session, cast: Cast, asked: LearningRequest) -> None:
    asked.held_until, asked.held_by_id = datetime(2026, 9, 18, 7, tzinfo=UTC), cast.marisol.id
    assert stands(session, asked).hear_by == date(2026, 9, 18)


def test_an_invitation_gives_the_day_of_its_answer(session: Session, cast: Cast, asked: LearningRequest) -> None:
    suggested = f.ProposalFactory(region=cast.region, of=asked)
    introduction = f.IntroductionFactory(
        region=cast.region, suggested=suggested, state=I.INVITED, answer_by=datetime(2026, 9, 21, 23, tzinfo=UTC)
    )
    asked.state = R.PLACED
    line = stands(session, asked)
    assert (line.hear_by, ahead(line)["introduced"]) == (None, date(2026, 9, 21))
    introduction.state = I.ACCEPTED
    introduction.window_id = asked.windows[0].id
    session.flush()
    session.expire(introduction)
    line = stands(session, asked)
    assert ahead(line) == {"scheduled": date(2026, 10, 6), "reflected": date(2026, 10, 13)}


@pytest.mark.parametrize("state", [R.DRAFT, R.WITHDRAWN, R.DONE])
def test_nothing_is_promised_where_nothing_goes_on(session: Session, asked: LearningRequest, state: R) -> None:
    asked.state = state
    line = stands(session, asked)
    assert (line.hear_by, line.late) == (None, False)
    assert not any(ahead(line).values())


@pytest.mark.parametrize(("north", "miles"), [(0.0, 0), (0.0435, 3)])
def test_how_far_somebody_comes_from_is_known_after_a_yes(
    session: Session, cast: Cast, north: float, miles: int
) -> None:
    introduction = f.IntroductionFactory(region=cast.region, state=I.INVITED)
    school, partner = introduction.request.school, introduction.partner
    school.latitude, school.longitude = 32.0, -111.0
    partner.latitude, partner.longitude = 32.0 + north, -111.0
    line = timeline.of_request(session, introduction.request, f.NOW).line
    assert line is not None and (line.miles, line.known_as) == (None, None)
    introduction.state = I.INTRODUCED
    line = timeline.of_request(session, introduction.request, f.NOW).line
    assert line is not None and line.miles is not None and round(line.miles) == miles
    assert line.known_as == partner.name
    partner.latitude = None
    line = timeline.of_request(session, introduction.request, f.NOW).line
    assert line is not None and line.miles is None
