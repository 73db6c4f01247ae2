"""A school year passes: holidays, testing weeks, and a neighbor whose clocks change while Arizona's never do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import introductions, proposals, requests
from matchmaker.settings import Settings
from models import (
    ClosureKind,
    Introduction,
    IntroductionState,
    LearningRequest,
    Partner,
    Proposal,
    Ranking,
    Region,
    RequestState,
    Task,
    Teacher,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting
from tests.services.passing import Passing

PHOENIX, DENVER = ZoneInfo("America/Phoenix"), ZoneInfo("America/Denver")
HOUR = timedelta(hours=1)
CLOSED = (
    (date(2026, 10, 12), date(2026, 10, 16), ClosureKind.HOLIDAY),
    (date(2026, 11, 23), date(2026, 11, 27), ClosureKind.HOLIDAY),
    (date(2026, 12, 21), date(2027, 1, 1), ClosureKind.HOLIDAY),
    (date(2027, 4, 5), date(2027, 4, 9), ClosureKind.TESTING),
)
Start = Callable[..., Introduction]


@pytest.fixture
def time(session: Session, settings: Settings) -> Passing:
    return Passing(session, settings)


@pytest.fixture
def invite(session: Session, cast: Cast, time: Passing) -> Start:
    """Post a request at a time, approve the first person proposed, and let the invitation leave."""
    for region in (cast.region, cast.next_door):
        for first, last, kind in CLOSED:
            f.ClosureFactory(region=region, first_on=first, last_on=last, kind=kind)

    def start(
        at: datetime, visit: datetime, teacher: Teacher = cast.ana, coordinator: Any = cast.marisol
    ) -> Introduction:
        time.until(at)
        for partner in session.scalars(select(Partner).where(Partner.region_id == teacher.region_id)):
            partner.clearance_expires_on = date(2028, 6, 30)
        draft = requests.RequestDraft(title="Bread", text="How does bread rise?", windows=((visit, visit + HOUR),))
        request = requests.post(session, acting(teacher.account), teacher, draft, time.clock)
        time.until(time.now)
        ranking = session.scalars(select(Ranking).where(Ranking.request_id == request.id)).one()
        chosen, *others = session.scalars(
            select(Proposal).where(Proposal.ranking_id == ranking.id).order_by(Proposal.rank)
        )
        approved = proposals.approve(
            session, acting(coordinator), request_id=request.id, ranking_id=ranking.id, proposal_id=chosen.id,
            clock=time.clock, backups=[other.id for other in others[:1]],
        )  # fmt: skip
        time.until(approved.due_at)
        assert approved.state is IntroductionState.INVITED
        return approved

    return start


def local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%a %b %d %H:%M")


@pytest.mark.parametrize(
    ("at", "reminded", "lapses"),
    [
        (datetime(2026, 9, 14, 16, tzinfo=UTC), "Thu Sep 17 09:00", "Mon Sep 21 23:59"),
        (datetime(2026, 10, 8, 16, tzinfo=UTC), "Tue Oct 20 09:00", "Thu Oct 22 23:59"),
        (datetime(2026, 11, 19, 16, tzinfo=UTC), "Tue Dec 01 09:00", "Thu Dec 03 23:59"),
        (datetime(2026, 12, 18, 16, tzinfo=UTC), "Wed Jan 06 09:00", "Fri Jan 08 23:59"),
        (datetime(2027, 4, 1, 16, tzinfo=UTC), "Tue Apr 13 09:00", "Thu Apr 15 23:59"),
    ],
    ids=["plain weeks", "fall break", "Thanksgiving", "winter break", "testing week"],
)
def test_a_silent_partner_is_reminded_once_and_then_the_next_person_is_asked(
    time: Passing, invite: Start, at: datetime, reminded: str, lapses: str
) -> None:
    first = invite(at, at + timedelta(days=60))
    assert first.answer_by is not None
    assert local(first.answer_by, PHOENIX) == lapses
    time.until(first.answer_by - timedelta(minutes=1))
    assert [local(when, PHOENIX) for when, _ in time.sent("invitation_reminder")] == [reminded]
    assert first.state is IntroductionState.INVITED
    time.until(first.answer_by + 2 * HOUR)
    assert first.state is IntroductionState.LAPSED
    assert [name for _, name in time.sent("invitation")] == ["Esperanza Ochoa", "Ramón Escalante"]
    assert [name for _, name in time.sent("invitation_over")] == ["Esperanza Ochoa"]


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        (datetime(2026, 10, 28, 15, tzinfo=UTC), "2026-11-02 16:00"),
        (datetime(2027, 3, 10, 16, tzinfo=UTC), "2027-03-15 15:00"),
    ],
    ids=["the clocks go back on November 1", "and forward on March 14"],
)
def test_next_door_nine_in_the_morning_stays_nine(
    time: Passing, invite: Start, cast: Cast, at: datetime, utc: str
) -> None:
    asked = invite(at, at + timedelta(days=60), cast.otto, cast.olga)
    assert asked.answer_by is not None and local(asked.answer_by, DENVER).endswith("23:59")
    time.until(asked.answer_by)
    [(when, _)] = time.sent("invitation_reminder")
    assert f"{when.astimezone(UTC):%Y-%m-%d %H:%M}" == utc
    assert local(when, DENVER).endswith("09:00")


def test_a_visit_after_the_break_is_recalled_before_it(time: Passing, invite: Start, session: Session) -> None:
    start = datetime(2027, 1, 5, 17, tzinfo=UTC)
    asked = invite(datetime(2026, 12, 7, 16, tzinfo=UTC), start)
    introductions.accept(session, asked.key, asked.request.windows[0].id, time.clock)
    time.until(start)
    assert asked.state is IntroductionState.SCHEDULED
    assert {local(when, PHOENIX) for when, _ in time.sent("visit_soon")} == {"Fri Dec 18 09:00"}
    assert len(time.sent("visit_soon")) == 2


def test_after_the_visit_both_are_asked_and_silence_takes_it_as_held(
    time: Passing, invite: Start, session: Session
) -> None:
    start = datetime(2026, 11, 17, 17, tzinfo=UTC)
    asked = invite(datetime(2026, 11, 2, 16, tzinfo=UTC), start)
    introductions.accept(session, asked.key, asked.request.windows[0].id, time.clock)
    time.until(start + timedelta(days=60))
    assert asked.state is IntroductionState.MET
    assert asked.request.state is RequestState.DONE
    asked_on = [local(when, PHOENIX)[:10] for when, _ in time.sent("how_was_it")]
    # The day after, and once more three school days on: Thanksgiving's week does not count.
    assert asked_on == ["Wed Nov 18"] * 2 + ["Mon Nov 30"] * 2


def test_a_whole_year_of_silence_leaves_nobody_without_a_name_and_a_day(
    time: Passing, invite: Start, session: Session
) -> None:
    for month in range(9):
        at = datetime(2026, 9, 14, 16, tzinfo=UTC) + timedelta(days=30 * month)
        invite(at, at + timedelta(days=40))
    time.until(datetime(2027, 8, 1, tzinfo=UTC))
    for request in session.scalars(select(LearningRequest)):
        region = session.get_one(Region, request.region_id)
        [task, *_] = session.scalars(select(Task).where(Task.request_id == request.id, Task.done_at.is_(None)))
        assert task.owner.name in ("Marisol Vega", "Ben Yazzie") and task.due_on >= request.posted_at.date()
        assert region.id == task.region_id
    told = time.sent("looking_further")
    assert len(told) >= 9 and {name for _, name in told} == {"Ana Luisa Robles"}
    nights = [local(when, PHOENIX) for when, kind, _ in time.letters if kind == "invitation_reminder"]
    assert all(hour.endswith("09:00") for hour in nights)
