"""After a visit: who is asked when, over weekends, holidays and changes of date, and how it ends without a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services import afterwards, reflections
from matchmaker.services.reflections import Said
from models import (
    Again,
    Introduction,
    IntroductionState,
    OutboxItem,
    RequestState,
    Side,
    StateChange,
    Visit,
)
from tests import factories as f
from tests.cast import Cast

ZONE = ZoneInfo("America/Phoenix")


def there(month: int, day: int, hour: int = 7, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Visit:
    """Tuesday, October 6, in the region's morning."""
    proposal = f.ProposalFactory(region=cast.region, who=cast.esperanza)
    introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.SCHEDULED
    )
    introduction.request.state = RequestState.SCHEDULED
    return f.VisitFactory(region=cast.region, of=introduction)


def look(session: Session, item: OutboxItem, now: datetime) -> datetime | None:
    """What the worker does when the item falls due."""
    again_at = afterwards.visit_over(session, item, now)
    if again_at is None:
        item.done_at = now
    else:
        item.due_at = again_at
    session.flush()
    return again_at


def follow_ups(session: Session) -> list[OutboxItem]:
    waiting = select(OutboxItem).where(OutboxItem.kind == afterwards.VISIT_OVER, OutboxItem.done_at.is_(None))
    return list(session.scalars(waiting.order_by(OutboxItem.id)))


def left(session: Session) -> list[str]:
    """Side and number of every letter that was left, oldest first."""
    keys = session.scalars(
        select(OutboxItem.key).where(OutboxItem.kind == afterwards.HOW_WAS_IT).order_by(OutboxItem.id)
    )
    return [key.split(":", 2)[2] for key in keys]


def travel(session: Session) -> Iterator[datetime]:
    """Every moment at which something happens until nothing is left to do."""
    while due := follow_ups(session):
        item = min(due, key=lambda each: (each.due_at, each.id))
        now = item.due_at
        look(session, item, now)
        yield now


def test_both_are_asked_the_next_morning_reminded_once_and_it_counts_as_held(session: Session, visit: Visit) -> None:
    afterwards.follow(session, visit)
    moments = travel(session)
    assert next(moments) == there(10, 7)
    assert left(session) == ["teacher:0", "partner:0"]
    assert next(moments) == there(10, 12), "three school days later, on a Monday"
    assert left(session) == ["teacher:0", "partner:0", "teacher:1", "partner:1"]
    assert visit.introduction.state is IntroductionState.SCHEDULED
    assert next(moments) == there(10, 21, 23, 59), "ten school days after they were asked"
    assert list(moments) == [] and len(left(session)) == 4
    assert visit.introduction.state is IntroductionState.MET
    assert visit.introduction.request.state is RequestState.DONE
    assert session.scalars(select(StateChange.reason).where(StateChange.after == "met")).all() == [afterwards.ASSUMED]


def test_holidays_are_nobodys_silence(session: Session, cast: Cast, visit: Visit) -> None:
    f.ClosureFactory(region=cast.region, first_on=date(2026, 10, 8), last_on=date(2026, 10, 16))
    afterwards.follow(session, visit)
    assert list(travel(session)) == [there(10, 7), there(10, 21), there(10, 30, 23, 59)]


def test_a_region_with_daylight_saving_keeps_its_morning(session: Session, cast: Cast, visit: Visit) -> None:
    cast.region.time_zone = "America/Denver"
    visit.starts_at = datetime(2026, 10, 31, 16, tzinfo=UTC)
    visit.ends_at = visit.starts_at + timedelta(hours=1)
    afterwards.follow(session, visit)
    [item] = follow_ups(session)
    assert item.due_at == datetime(2026, 11, 1, 14, tzinfo=UTC), "seven o'clock, an hour later than the day before"


def test_whoever_has_told_is_not_asked_again(session: Session, visit: Visit) -> None:
    afterwards.follow(session, visit)
    key = visit.introduction.key
    moments = travel(session)
    next(moments)
    reflections.write(session, key, Side.PARTNER, Said(True, Again.YES), lambda: there(10, 8))
    assert list(moments) == [there(10, 12)], "the reminder goes out, and nobody waits for anything after it"
    assert left(session) == ["teacher:0", "partner:0", "teacher:1"]


@pytest.mark.parametrize("said", [Said(True, Again.YES), Said(False)])
def test_nobody_is_asked_once_there_is_nothing_to_ask(session: Session, visit: Visit, said: Said) -> None:
    afterwards.follow(session, visit)
    for side in (Side.TEACHER, Side.PARTNER):
        reflections.write(session, visit.introduction.key, side, said, lambda: there(10, 6, 12))
    assert list(travel(session)) == [there(10, 7)]
    assert left(session) == []


def test_a_visit_called_off_is_not_asked_about(session: Session, visit: Visit) -> None:
    afterwards.follow(session, visit)
    session.get_one(Introduction, visit.introduction_id).state = IntroductionState.CANCELLED
    assert list(travel(session)) == [there(10, 7)]
    assert left(session) == []


def test_another_date_is_asked_about_in_its_own_time(session: Session, visit: Visit) -> None:
    afterwards.follow(session, visit)
    visit.starts_at, visit.ends_at = visit.starts_at + timedelta(days=7), visit.ends_at + timedelta(days=7)
    visit.sequence += 1
    session.flush()
    assert list(travel(session))[:2] == [there(10, 7), there(10, 14)], "even where nobody said that it was moved"
    assert left(session) == ["teacher:2", "partner:2", "teacher:3", "partner:3"]


def test_after_a_long_stop_of_the_mailer_everybody_still_has_the_whole_time(session: Session, visit: Visit) -> None:
    afterwards.follow(session, visit)
    [item] = follow_ups(session)
    assert look(session, item, there(11, 16, 12)) == there(11, 19)
    assert left(session) == ["teacher:0", "partner:0"]


def test_the_same_moment_twice_asks_once(session: Session, visit: Visit) -> None:
    afterwards.follow(session, visit)
    afterwards.follow(session, visit)
    [item] = follow_ups(session)
    for _ in range(2):
        look(session, item, there(10, 7))
    assert left(session) == ["teacher:0", "partner:0"]
