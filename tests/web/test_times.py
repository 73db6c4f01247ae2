"""A teacher's choice among other times, by the link of the mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from models import Introduction, IntroductionState, OtherTime, RequestState, Visit
from tests import factories as f
from tests.web.conftest import Browser
from tests.web.world import World


@pytest.fixture
def proposing(session: Session, world: World) -> Introduction:
    """The partner who was invited would come on one of two other days."""
    introduction = world.invited
    introduction.partner.clearance_expires_on = None
    introduction.become(IntroductionState.OTHER_TIMES, at=f.NOW)
    for days in (700, 707):
        start = f.NOW + timedelta(days=days)
        f.OtherTimeFactory(
            region_id=introduction.region_id, of=introduction, starts_at=start, ends_at=start + timedelta(hours=1)
        )
    session.flush()
    return introduction


@pytest.fixture
def page(proposing: Introduction, link) -> str:
    reader = f"teacher:{proposing.request.teacher_id}"
    return str(link(proposing, purpose=tokens.Purpose.TIMES, recipient=reader))


def times(session: Session, introduction: Introduction) -> list[int]:
    return list(session.scalars(select(OtherTime.id).where(OtherTime.introduction_id == introduction.id)))


def test_it_offers_the_times_and_names_nobody(visitor: Browser, proposing: Introduction, page: str) -> None:
    text = visitor.get(page).get_data(as_text=True)
    assert text.count('name="time"') == 3
    for private in (proposing.partner.name, proposing.partner.email, proposing.partner.phone):
        assert private not in text
    assert proposing.state is IntroductionState.OTHER_TIMES, "reading changes nothing"


def test_a_time_taken_is_agreed_and_a_second_tap_shows_it(
    session: Session, visitor: Browser, proposing: Introduction, page: str
) -> None:
    first, second = times(session, proposing)
    for chosen in (first, second):
        assert visitor.post(page, {"time": str(chosen)}).status_code == 302
    session.refresh(proposing)
    assert proposing.state is IntroductionState.ACCEPTED
    agreed = select(Visit.starts_at).where(Visit.introduction_id == proposing.id)
    assert session.scalars(agreed).all() == [f.NOW + timedelta(days=700)]
    assert visitor.get(page).status_code == 200


def test_none_fits_asks_somebody_else(session: Session, visitor: Browser, proposing: Introduction, page: str) -> None:
    assert visitor.post(page, {"time": "none"}).status_code == 302
    session.refresh(proposing)
    assert proposing.state is IntroductionState.WITHDRAWN
    assert proposing.request.state is RequestState.PROPOSED


@pytest.mark.parametrize("sent", [{}, {"time": ""}, {"time": "999999"}, {"time": "nonsense"}])
def test_anything_else_is_asked_again(
    session: Session, visitor: Browser, proposing: Introduction, page: str, sent: dict[str, str]
) -> None:
    assert visitor.post(page, sent).status_code == 422
    session.refresh(proposing)
    assert proposing.state is IntroductionState.OTHER_TIMES


def test_the_partners_own_link_does_not_open_it(visitor: Browser, proposing: Introduction, link) -> None:
    theirs = link(proposing, purpose=tokens.Purpose.TIMES)
    assert visitor.get(theirs).status_code == 404
