"""A date is set, moved and called off: once, in the order of what was seen, with its unit, its letters and its task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.policies import NOBODY
from matchmaker.queries import visits as reading
from matchmaker.services import visits
from matchmaker.services.capacity import PartnerFull
from matchmaker.services.visits import CancelReason, DateChanged, NotAhead, NotIntroduced, VisitOver
from models import (
    CapacityUnit,
    Introduction,
    IntroductionState,
    OutboxItem,
    QueueName,
    RequestState,
    Side,
    Task,
    TaskKind,
    Visit,
)
from tests import factories as f
from tests.cast import Cast

PHOENIX = ZoneInfo("America/Phoenix")
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
NEW = (datetime(2026, 10, 13, 9, 20, tzinfo=PHOENIX), datetime(2026, 10, 13, 10, 10, tzinfo=PHOENIX))
IN_NOVEMBER = (datetime(2026, 11, 3, 9, 20, tzinfo=PHOENIX), datetime(2026, 11, 3, 10, 10, tzinfo=PHOENIX))


def letters(session: Session, kind: str) -> list[tuple[str, dict[str, object]]]:
    found = session.scalars(select(OutboxItem).where(OutboxItem.kind == kind).order_by(OutboxItem.id))
    return [(item.payload["side"], item.payload) for item in found]


def periods(session: Session, introduction: Introduction) -> list[date]:
    held = select(CapacityUnit.period).where(
        CapacityUnit.introduction_id == introduction.id, CapacityUnit.released_at.is_(None)
    )
    return list(session.scalars(held))


@pytest.fixture
def introduced(cast: Cast, session: Session) -> Introduction:
    """Ana and Esperanza know of each other and have no date."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza)
    made: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.INTRODUCED
    )
    return made


@pytest.fixture
def visit(introduced: Introduction, cast: Cast) -> Visit:
    """Ana and Esperanza meet on October 6."""
    introduced.state = IntroductionState.SCHEDULED
    introduced.request.state = RequestState.SCHEDULED
    agreed: Visit = f.VisitFactory(region=cast.region, of=introduced)
    return agreed


Move = Callable[..., Visit]


@pytest.fixture
def move(session: Session, introduced: Introduction, clock: Clock) -> Move:
    def moved(times: tuple[datetime, datetime] = NEW, **more: object) -> Visit:
        return visits.move(session, NOBODY, introduced.key, *times, Side.PARTNER, clock, **more)

    return moved


def test_a_date_is_set_for_an_introduction_without_one(
    session: Session, introduced: Introduction, clock: Clock
) -> None:
    agreed = visits.agree(session, NOBODY, introduced.key, *IN_NOVEMBER, Side.TEACHER, clock)

    assert (agreed.starts_at, agreed.sequence) == (IN_NOVEMBER[0], 0)
    assert introduced.state is IntroductionState.SCHEDULED and introduced.request.state is RequestState.SCHEDULED
    assert periods(session, introduced) == [NOVEMBER]
    assert [side for side, _ in letters(session, "visit_changed")] == ["teacher", "partner"]
    assert visits.agree(session, NOBODY, introduced.key, *IN_NOVEMBER, Side.TEACHER, clock) is agreed
    with pytest.raises(DateChanged):
        visits.agree(session, NOBODY, introduced.key, *NEW, Side.PARTNER, clock)
    assert len(letters(session, "visit_changed")) == 2


def test_no_date_before_the_letters_have_left(session: Session, introduced: Introduction, clock: Clock) -> None:
    introduced.state = IntroductionState.ACCEPTED
    with pytest.raises(NotIntroduced):
        visits.agree(session, NOBODY, introduced.key, *NEW, Side.TEACHER, clock)


def test_no_date_for_what_is_off(session: Session, introduced: Introduction, clock: Clock) -> None:
    introduced.state = IntroductionState.CANCELLED
    with pytest.raises(VisitOver):
        visits.agree(session, NOBODY, introduced.key, *NEW, Side.TEACHER, clock)


def test_an_unknown_key_is_nothing(session: Session, cast: Cast, clock: Clock) -> None:
    with pytest.raises(NotFound):
        visits.cancel(session, NOBODY, cast.ana.feed_key, Side.TEACHER, None, clock)


def test_a_move_raises_the_sequence_and_tells_both(session: Session, visit: Visit, move: Move) -> None:
    before = visit.starts_at

    assert move(sequence=0) is visit

    assert (visit.starts_at, visit.ends_at, visit.sequence) == (*NEW, 1)
    told = letters(session, "visit_changed")
    assert [side for side, _ in told] == ["teacher", "partner"]
    assert told[0][1]["by"] == "partner" and told[0][1]["sequence"] == 1
    assert datetime.fromisoformat(str(told[0][1]["before"])) == before


def test_a_page_that_has_read_the_visit_can_move_it(
    session: Session, visit: Visit, introduced: Introduction, move: Move, clock: Clock
) -> None:
    """The page reads the row with outer joins, which a lock must not repeat."""
    session.flush()
    session.expunge_all()
    read = reading.by_key(session, introduced.key, Side.PARTNER, clock())
    assert read is not None

    assert move().sequence == 1


def test_sent_twice_it_is_one_move(session: Session, visit: Visit, move: Move) -> None:
    move(sequence=0)
    move(sequence=0)
    assert visit.sequence == 1 and len(letters(session, "visit_changed")) == 2


def test_a_form_drawn_before_another_change_is_refused(session: Session, visit: Visit, move: Move) -> None:
    move(sequence=0)
    with pytest.raises(DateChanged):
        move(IN_NOVEMBER, sequence=0)
    assert visit.starts_at == NEW[0]


def test_the_unit_moves_with_the_month(session: Session, visit: Visit, introduced: Introduction, move: Move) -> None:
    move(IN_NOVEMBER)
    assert periods(session, introduced) == [NOVEMBER]
    move(NEW)
    assert periods(session, introduced) == [OCTOBER]


def test_a_full_month_is_refused_and_nothing_moves(
    session: Session, visit: Visit, introduced: Introduction, cast: Cast, move: Move
) -> None:
    introduced.partner.monthly_capacity = 1
    other = f.IntroductionFactory(
        region=cast.region, suggested=f.ProposalFactory(region=cast.region, who=cast.esperanza), state="undone"
    )
    f.CapacityUnitFactory(held_by=other, period=NOVEMBER)
    session.flush()
    with session.begin_nested() as savepoint:
        with pytest.raises(PartnerFull):
            move(IN_NOVEMBER)
        savepoint.rollback()
    session.refresh(visit)
    assert visit.sequence == 0 and periods(session, introduced) == [OCTOBER]


@pytest.mark.parametrize(
    "times", [(f.NOW - timedelta(hours=1), f.NOW + timedelta(hours=1)), (NEW[1], NEW[0])], ids=["past", "backwards"]
)
def test_only_a_date_ahead_can_be_chosen(visit: Visit, move: Move, times: tuple[datetime, datetime]) -> None:
    with pytest.raises(NotAhead):
        move(times)


@pytest.mark.parametrize("state", ["met", "reflected", "not_held", "cancelled"])
def test_what_is_over_cannot_be_moved(visit: Visit, introduced: Introduction, move: Move, state: str) -> None:
    introduced.state = IntroductionState(state)
    with pytest.raises(VisitOver):
        move()


def test_a_visit_that_has_begun_is_neither_moved_nor_called_off(
    session: Session, visit: Visit, introduced: Introduction
) -> None:
    def later() -> datetime:
        return visit.starts_at

    with pytest.raises(VisitOver):
        visits.move(session, NOBODY, introduced.key, *IN_NOVEMBER, Side.TEACHER, later)
    with pytest.raises(VisitOver):
        visits.cancel(session, NOBODY, introduced.key, Side.TEACHER, None, later)


def test_calling_off_frees_the_unit_and_gives_the_request_to_a_named_person(
    session: Session, visit: Visit, introduced: Introduction, clock: Clock, cast: Cast
) -> None:
    visits.cancel(session, NOBODY, introduced.key, Side.PARTNER, CancelReason.ILL, clock, sequence=0)

    assert introduced.state is IntroductionState.CANCELLED and introduced.request.state is RequestState.PROPOSED
    assert (visit.sequence, visit.cancelled_at, visit.cancelled_by, visit.cancel_reason) == (
        1,
        f.NOW,
        Side.PARTNER,
        "ill",
    )
    assert periods(session, introduced) == []
    task = session.scalars(select(Task)).one()
    assert (task.kind, task.owner_id, task.introduction_id) == (TaskKind.CANCELLED, cast.marisol.id, introduced.id)
    told = letters(session, "visit_cancelled")
    assert [side for side, _ in told] == ["teacher", "partner"] and told[0][1]["task_id"] == task.id
    asked = select(OutboxItem.kind).where(OutboxItem.queue == QueueName.RANKING)
    assert session.scalars(asked).all() == ["propose"]


def test_called_off_twice_it_is_called_off_once(
    session: Session, visit: Visit, introduced: Introduction, clock: Clock
) -> None:
    for side in (Side.PARTNER, Side.TEACHER):
        visits.cancel(session, NOBODY, introduced.key, side, None, clock)
    assert (visit.sequence, visit.cancelled_by) == (1, Side.PARTNER)
    assert len(letters(session, "visit_cancelled")) == 2 and len(session.scalars(select(Task)).all()) == 1


def test_a_stale_form_calls_nothing_off(
    session: Session, visit: Visit, introduced: Introduction, clock: Clock, move: Move
) -> None:
    move()
    with pytest.raises(DateChanged):
        visits.cancel(session, NOBODY, introduced.key, Side.TEACHER, None, clock, sequence=0)
    assert introduced.state is IntroductionState.SCHEDULED


@pytest.mark.parametrize("state", ["accepted", "introduced"])
def test_what_has_no_date_can_be_called_off_too(
    session: Session, introduced: Introduction, clock: Clock, state: str
) -> None:
    introduced.state = IntroductionState(state)
    visits.cancel(session, NOBODY, introduced.key, Side.TEACHER, CancelReason.SCHOOL, clock, sequence=-1)
    assert introduced.state is IntroductionState.CANCELLED
    assert letters(session, "visit_cancelled")[0][1]["sequence"] is None


def test_an_invitation_is_not_called_off_here(session: Session, introduced: Introduction, clock: Clock) -> None:
    introduced.state = IntroductionState.INVITED
    with pytest.raises(VisitOver):
        visits.cancel(session, NOBODY, introduced.key, Side.TEACHER, None, clock)


def test_a_visit_that_was_not_held_frees_its_unit(session: Session, visit: Visit, introduced: Introduction) -> None:
    visits.not_held(session, introduced, introduced.request, f.NOW)
    visits.not_held(session, introduced, introduced.request, f.NOW)
    assert introduced.state is IntroductionState.NOT_HELD and periods(session, introduced) == []
    assert introduced.request.state is RequestState.PROPOSED


def reminders(session: Session) -> list[OutboxItem]:
    return list(session.scalars(select(OutboxItem).where(OutboxItem.kind == visits.REMINDER).order_by(OutboxItem.id)))


def test_the_reminder_is_counted_in_school_days(
    session: Session, introduced: Introduction, clock: Clock, cast: Cast
) -> None:
    # October 8, two school days before Tuesday 13, with Monday 12 a holiday, is Thursday.
    f.ClosureFactory(region=cast.region, first_on=date(2026, 10, 12), last_on=date(2026, 10, 12))
    visits.agree(session, NOBODY, introduced.key, *NEW, Side.TEACHER, clock)
    (left,) = reminders(session)
    assert left.due_at.astimezone(PHOENIX) == datetime(2026, 10, 8, 9, tzinfo=PHOENIX)


def test_only_the_reminder_of_the_newest_date_says_anything(
    session: Session, visit: Visit, introduced: Introduction, move: Move
) -> None:
    move()
    move(IN_NOVEMBER)
    first, second = reminders(session)
    visits.remind(session, first, first.due_at)
    assert letters(session, "visit_soon") == []
    visits.remind(session, second, second.due_at)
    assert [side for side, _ in letters(session, "visit_soon")] == ["teacher", "partner"]


def test_nobody_is_reminded_of_what_was_called_off(
    session: Session, visit: Visit, introduced: Introduction, clock: Clock, move: Move
) -> None:
    move()
    visits.cancel(session, NOBODY, introduced.key, Side.TEACHER, None, clock)
    (left,) = reminders(session)
    visits.remind(session, left, left.due_at)
    assert letters(session, "visit_soon") == []


def test_a_date_so_near_needs_no_reminder(session: Session, introduced: Introduction, clock: Clock) -> None:
    tomorrow = f.NOW + timedelta(days=1)
    visits.agree(session, NOBODY, introduced.key, tomorrow, tomorrow + timedelta(hours=1), Side.TEACHER, clock)
    assert reminders(session) == []
