"""A teacher's six steps, from every state a request can be in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker.queries import timeline
from models import IntroductionState as I
from models import ProposalState
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
        (R.ON_HOLD, "on_hold", "x....."),
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
