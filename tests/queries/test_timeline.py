"""A teacher's six steps, from every state a request can be in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker.queries import finding_out, rankings, timeline
from models import IntroductionState as I
from models import ProposalState, TaskKind
from models import RequestState as R
from tests import factories as f
from tests.cast import Cast

MARKS = {"done": "x", "now": "o", "next": "."}


def drawn(line: timeline.Timeline) -> str:
    """Six marks: x done, o now, . next."""
    return "".join(MARKS[step.status] for step in line.steps)


@pytest.mark.parametrize(
    ("state", "headline", "steps"),
    [
        (R.DRAFT, "draft", "o....."),
        (R.POSTED, "posted", "xo...."),
        (R.PROPOSED, "proposed", "xo...."),
        (R.NONE_YET, "none_yet", "xo...."),
        (R.WITHDRAWN, "withdrawn", "x....."),
        (R.DONE, "done", "xxxxxo"),
    ],
)
def test_before_anybody_is_asked(session: Session, cast: Cast, state: R, headline: str, steps: str) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=state)
    line = timeline.of_request(session, request, f.NOW)
    assert (line.headline, drawn(line), line.partner_name) == (headline, steps, None)


@pytest.mark.parametrize(
    ("state", "headline", "steps", "named"),
    [
        (I.APPROVED, "approved", "xxo...", False),
        (I.INVITED, "invited", "xxo...", False),
        (I.OTHER_TIMES, "other_times", "xxo...", False),
        (I.ACCEPTED, "accepted", "xxxo..", True),
        (I.INTRODUCED, "introduced", "xxxxo.", True),
        (I.SCHEDULED, "scheduled", "xxxxx.", True),
        (I.MET, "done", "xxxxxo", True),
        (I.REFLECTED, "done", "xxxxxx", True),
    ],
)
def test_from_approval_to_reflection(
    session: Session, cast: Cast, state: I, headline: str, steps: str, named: bool
) -> None:
    introduction = f.IntroductionFactory(region=cast.region, state=state, answered_at=f.NOW)
    line = timeline.of_request(session, introduction.request, f.NOW)
    assert (line.headline, drawn(line)) == (headline, steps)
    assert line.partner_name == (introduction.partner.name if named else None)


@pytest.mark.parametrize("ended", [I.NOT_NOW, I.LAPSED])
def test_what_came_back_says_so_until_somebody_else_is_asked(session: Session, cast: Cast, ended: I) -> None:
    introduction = f.IntroductionFactory(region=cast.region, state=ended)
    request = introduction.request
    request.state = R.PROPOSED
    line = timeline.of_request(session, request, f.NOW)
    assert (line.headline, drawn(line), line.partner_name) == ("came_back", "xo....", None)
    suggested = f.ProposalFactory(region=cast.region, of=request)
    f.IntroductionFactory(region=cast.region, suggested=suggested, state=I.INVITED)
    assert timeline.of_request(session, request, f.NOW).headline == "invited"


def test_an_approval_taken_back_leaves_no_trace(session: Session, cast: Cast) -> None:
    introduction = f.IntroductionFactory(region=cast.region, state=I.UNDONE)
    introduction.request.state = R.PROPOSED
    assert timeline.of_request(session, introduction.request, f.NOW).headline == "proposed"


def test_steps_carry_their_moments(session: Session, cast: Cast) -> None:
    invited_at, answer_by = f.NOW - timedelta(hours=2), f.NOW + timedelta(days=5)
    introduction = f.IntroductionFactory(
        region=cast.region, state=I.INVITED, invited_at=invited_at, answer_by=answer_by
    )
    line = timeline.of_request(session, introduction.request, f.NOW)
    moments = {step.name: step.at for step in line.steps}
    assert moments["posted"] == introduction.request.posted_at
    assert moments["matched"] == introduction.approved_at
    assert (moments["invited"], moments["introduced"]) == (invited_at, answer_by)
    assert line.line.coordinator_name == introduction.approved_by.name


WAITED = {"code": "waited", "params": {"weeks": 6}}
BOOSTED = {"code": "moved_up_boost", "params": {"before": 3, "after": 1, "group": "new"}}
FULL = {"code": "closer_full", "params": {"name": "Rosa", "visits": 2}}


def test_what_is_weighed_is_that_of_the_first_on_the_desk(session: Session, cast: Cast) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    assert timeline.weighed(session, asked) == []
    shared = {"region": cast.region, "of": asked, "found_in": f.RankingFactory(region=cast.region, of=asked)}
    first = f.ProposalFactory(**shared, who=cast.esperanza, reasons=[WAITED, FULL])
    second = f.ProposalFactory(**shared, who=cast.ramon, rank=2, reasons=[BOOSTED])
    assert timeline.weighed(session, asked) == [WAITED, FULL]
    first.state, second.state = ProposalState.PASSED, ProposalState.APPROVED
    asked.state = R.PLACED
    session.flush()
    assert timeline.weighed(session, asked) == [WAITED, BOOSTED], "who had no room was compared with the first"
    f.IntroductionFactory(region=cast.region, suggested=second, state=I.ACCEPTED)
    assert timeline.weighed(session, asked) == []


@pytest.mark.parametrize(("ended", "headline"), [(I.CANCELLED, "cancelled"), (I.NOT_HELD, "not_held")])
def test_a_visit_that_came_to_nothing_is_back_on_the_desk(
    session: Session, cast: Cast, ended: I, headline: str
) -> None:
    introduction = f.IntroductionFactory(region=cast.region, state=ended)
    for state in (R.PROPOSED, R.NONE_YET):
        introduction.request.state = state
        line = timeline.of_request(session, introduction.request, f.NOW)
        assert (line.headline, drawn(line), line.partner_name) == (headline, "xo....", None)


def test_whoever_was_named_to_the_teacher_is_named_here(session: Session, cast: Cast) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=R.NONE_YET)
    assert timeline.of_request(session, asked, f.NOW).looks_further is None
    f.TaskFactory(region=cast.region, owner=cast.ben, of=asked, key="times", kind=TaskKind.NO_ANSWER,
                  detail={"waits": "partner"})  # fmt: skip
    f.TaskFactory(region=cast.region, owner=cast.ben, of=asked, key="done", done_at=f.NOW)
    assert timeline.of_request(session, asked, f.NOW).looks_further is None
    f.TaskFactory(region=cast.region, owner=cast.marisol, of=asked)
    assert timeline.of_request(session, asked, f.NOW).looks_further == timeline.LooksFurther(
        "Marisol Vega", date(2026, 9, 16)
    )


def test_times_to_choose_from_lie_ahead_and_name_nobody(session: Session, cast: Cast) -> None:
    introduction = f.IntroductionFactory(region=cast.region, state=I.OTHER_TIMES)
    past = f.NOW - timedelta(days=1)
    f.OtherTimeFactory(region=cast.region, of=introduction, starts_at=past, ends_at=past + timedelta(minutes=50))
    ahead = f.OtherTimeFactory(region=cast.region, of=introduction)
    line = timeline.of_request(session, introduction.request, f.NOW).line
    assert line is not None and (line.times, line.partner_name) == ((ahead,), None)


def test_a_visit_whose_time_has_come_is_held_until_somebody_says(session: Session, cast: Cast) -> None:
    introduction = f.IntroductionFactory(region=cast.region, state=I.SCHEDULED)
    visit = f.VisitFactory(region=cast.region, of=introduction)
    line = timeline.of_request(session, introduction.request, f.NOW)
    assert (line.headline, drawn(line), line.line.place) == ("scheduled", "xxxxx.", visit.place)
    line = timeline.of_request(session, introduction.request, visit.ends_at)
    assert (line.headline, drawn(line)) == ("held", "xxxxxo")


def test_several_people_each_have_a_line_the_furthest_first(session: Session, cast: Cast) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, partners_wanted=3)
    found_in = f.RankingFactory(region=cast.region, of=asked)
    for rank, state in enumerate((I.INVITED, I.SCHEDULED, I.NOT_NOW), start=1):
        suggested = f.ProposalFactory(region=cast.region, of=asked, found_in=found_in, rank=rank)
        f.IntroductionFactory(region=cast.region, suggested=suggested, state=state)
    line = timeline.of_request(session, asked, f.NOW)
    assert (line.headline, line.yes, line.wanted) == ("several", 1, 3)
    assert [each.headline for each in line.lines] == ["scheduled", "invited"]
    assert line.lines[1].partner_name is None


def test_the_next_person_and_who_stands_behind_are_counted(session: Session, cast: Cast) -> None:
    first = f.IntroductionFactory(region=cast.region, state=I.NOT_NOW)
    shared = {"region": cast.region, "of": first.request, "found_in": rankings.latest(session, first.request_id)}
    second, third = (f.ProposalFactory(**shared, rank=rank) for rank in (2, 3))
    f.BackupFactory(region=cast.region, behind=first, suggested=third, position=2)
    f.IntroductionFactory(region=cast.region, suggested=second, first_id=first.id, state=I.INVITED)
    line = timeline.of_request(session, first.request, f.NOW).line
    assert line is not None and (line.next_person, line.behind) == (True, 1)


def test_whoever_finds_something_out_first_is_named_with_the_day_until_it_has_come(
    session: Session, cast: Cast
) -> None:
    until = f.NOW + timedelta(days=7)
    held = {"held_until": until, "held_by_id": cast.marisol.id, "held_for": "The principal must agree."}
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=R.PROPOSED, **held)
    line = timeline.of_request(session, request, f.NOW)
    assert (line.headline, drawn(line)) == ("proposed", "xo....")
    assert line.finds_out == finding_out.FindsOut("Marisol Vega", until)
    assert timeline.of_request(session, request, until).finds_out is None
