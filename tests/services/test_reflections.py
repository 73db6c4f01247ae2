"""What each side says of a visit, what it brings about, and who may read a story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.queries import stories
from matchmaker.queries.reflections import CHANGEABLE
from matchmaker.services import reflections
from matchmaker.services.reflections import NoVisitToTellOf, Said, StoryChanged, WrittenLongAgo
from matchmaker.services.requests import PossibleStudentName
from models import (
    Again,
    Introduction,
    IntroductionState,
    OutboxItem,
    Reflection,
    RequestState,
    Side,
    StateChange,
    Task,
    TaskKind,
    Visit,
)
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting

YES = Said(took_place=True, again=Again.YES)
NO = Said(took_place=False)
STORY = replace(YES, story="They drew the wash from memory.", first_name="Ana", consent=True)


@pytest.fixture
def visit(session: Session, cast: Cast) -> Visit:
    """Esperanza was to be with Ana's class at ten yesterday."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza, what=cast.esperanza.funds[0])
    introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.SCHEDULED
    )
    asked.state = RequestState.SCHEDULED
    begins = f.NOW - timedelta(days=1)
    return f.VisitFactory(region=cast.region, of=introduction, starts_at=begins, ends_at=begins + timedelta(minutes=50))


@pytest.fixture
def say(session: Session, visit: Visit, clock: Clock) -> Callable[..., Reflection]:
    """One side says something, now or later."""

    def write(side: Side, said: Said, *, later: timedelta = timedelta()) -> Reflection:
        return reflections.write(session, visit.introduction.key, side, said, lambda: f.NOW + later)

    return write


def tasks(session: Session) -> list[TaskKind]:
    return list(session.scalars(select(Task.kind).where(Task.done_at.is_(None)).order_by(Task.id)))


def test_one_yes_makes_it_met_and_both_reflected(
    session: Session, visit: Visit, say: Callable[..., Reflection], held: Callable[..., int]
) -> None:
    say(Side.PARTNER, YES)
    assert visit.introduction.state is IntroductionState.MET
    assert visit.introduction.request.state is RequestState.DONE
    say(Side.TEACHER, replace(YES, again=Again.PERHAPS))
    assert visit.introduction.state is IntroductionState.REFLECTED
    assert held(visit.introduction.partner_id) == 1, "a visit that was held keeps its unit of that month"
    assert tasks(session) == []


def test_a_no_frees_the_unit_and_puts_the_request_back_before_a_named_person(
    session: Session, visit: Visit, say: Callable[..., Reflection], held: Callable[..., int]
) -> None:
    say(Side.TEACHER, NO)
    assert visit.introduction.state is IntroductionState.NOT_HELD
    assert visit.introduction.request.state is RequestState.PROPOSED
    assert held(visit.introduction.partner_id) == 0
    assert tasks(session) == [TaskKind.NOBODY_LEFT]
    kinds = set(session.scalars(select(OutboxItem.kind)))
    assert {"looking_further", "propose"} <= kinds
    say(Side.PARTNER, NO)
    assert visit.introduction.state is IntroductionState.NOT_HELD
    assert tasks(session) == [TaskKind.NOBODY_LEFT]


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [(YES, NO, IntroductionState.REFLECTED), (NO, YES, IntroductionState.NOT_HELD)],
)
def test_the_first_word_stands_and_a_coordinator_asks_where_they_differ(
    session: Session, visit: Visit, say: Callable[..., Reflection], first: Said, second: Said, stands: IntroductionState
) -> None:
    say(Side.TEACHER, first)
    say(Side.PARTNER, second)
    assert visit.introduction.state is stands
    assert TaskKind.UNCLEAR in tasks(session)
    say(Side.PARTNER, first)
    assert TaskKind.UNCLEAR not in tasks(session), "they agree after all"
    assert visit.introduction.state is stands


def test_sent_twice_it_is_one_reflection(session: Session, visit: Visit, say: Callable[..., Reflection]) -> None:
    first, changes = say(Side.TEACHER, YES), session.scalar(select(func.count(StateChange.id)))
    assert say(Side.TEACHER, YES).id == first.id
    assert session.scalar(select(func.count(Reflection.id))) == 1
    assert session.scalar(select(func.count(StateChange.id))) == changes


def test_it_can_be_changed_for_thirty_days(session: Session, visit: Visit, say: Callable[..., Reflection]) -> None:
    say(Side.TEACHER, YES)
    own = say(Side.TEACHER, replace(YES, note="Bring boots."), later=CHANGEABLE - timedelta(seconds=1))
    assert (own.note, own.written_at) == ("Bring boots.", f.NOW)
    with pytest.raises(WrittenLongAgo):
        say(Side.TEACHER, YES, later=CHANGEABLE)


@pytest.mark.parametrize("state", sorted(set(IntroductionState) - reflections.TOLD_ABOUT))
def test_there_has_to_be_a_visit(
    session: Session, visit: Visit, say: Callable[..., Reflection], state: IntroductionState
) -> None:
    session.get_one(Introduction, visit.introduction_id).state = state
    session.flush()
    with pytest.raises(NoVisitToTellOf):
        say(Side.TEACHER, YES)


def test_nothing_is_told_of_a_visit_ahead(session: Session, visit: Visit, say: Callable[..., Reflection]) -> None:
    visit.starts_at, visit.ends_at = f.NOW + timedelta(minutes=1), f.NOW + timedelta(hours=1)
    session.flush()
    with pytest.raises(NoVisitToTellOf):
        say(Side.TEACHER, NO)
    assert session.scalar(select(func.count(Reflection.id))) == 0


@pytest.mark.parametrize("where", ["note", "story"])
def test_a_possible_student_is_stopped_before_anything_is_stored(
    session: Session, visit: Visit, say: Callable[..., Reflection], where: str
) -> None:
    named = replace(YES, **{where: "My student Mateo asked the best question."})
    with pytest.raises(PossibleStudentName) as asked:
        say(Side.TEACHER, named)
    assert asked.value.facts["names"] == ["Mateo"]
    session.flush()
    assert session.scalar(select(func.count(Reflection.id))) == 0
    assert visit.introduction.state is IntroductionState.SCHEDULED
    say(Side.TEACHER, replace(named, no_student_named=True))
    say(Side.TEACHER, named)


def test_a_story_is_shared_once_read_and_down_as_soon_as_it_is_taken_back(
    session: Session, cast: Cast, visit: Visit, say: Callable[..., Reflection], clock: Clock
) -> None:
    told = say(Side.TEACHER, STORY)
    assert [each.id for each in stories.to_read(session, cast.region.id)] == [told.id]
    assert not stories.shared(session, cast.region.id, 1).total
    for _ in range(2):
        reflections.share(session, acting(cast.marisol), told.id, reflections.as_read(told), clock)
    [story] = stories.shared(session, cast.region.id, 1).rows
    assert (story.text, story.first_name, story.subject) == (STORY.story, "Ana", "science")
    assert list(stories.to_read(session, cast.region.id)) == []
    assert stories.shared(session, cast.next_door.id, 1).total == 0

    late: datetime = f.NOW + timedelta(days=200)
    reflections.keep_private(session, visit.introduction.key, Side.TEACHER, lambda: late)
    assert not stories.shared(session, cast.region.id, 1).total
    with pytest.raises(StoryChanged):
        reflections.share(session, acting(cast.marisol), told.id, reflections.as_read(told), clock)


@pytest.mark.parametrize(
    "changed",
    [replace(STORY, story="Other words."), replace(STORY, first_name="Ana Luisa"), replace(STORY, consent=False)],
)
def test_other_words_are_read_again_before_anybody_sees_them(
    session: Session, cast: Cast, visit: Visit, say: Callable[..., Reflection], clock: Clock, changed: Said
) -> None:
    told = say(Side.TEACHER, STORY)
    seen = reflections.as_read(told)
    reflections.share(session, acting(cast.marisol), told.id, seen, clock)
    say(Side.TEACHER, replace(STORY, note="Only a note."))
    assert told.shared_at is not None
    say(Side.TEACHER, changed)
    assert told.shared_at is None and not stories.shared(session, cast.region.id, 1).total
    with pytest.raises(StoryChanged):
        reflections.share(session, acting(cast.marisol), told.id, seen, clock)


def test_a_story_that_is_not_shared_is_not_put_to_anybody_again(
    session: Session, cast: Cast, visit: Visit, say: Callable[..., Reflection], clock: Clock
) -> None:
    told = say(Side.TEACHER, STORY)
    reflections.put_away(session, acting(cast.ben), told.id, reflections.as_read(told), clock)
    assert list(stories.to_read(session, cast.region.id)) == []
    assert not stories.shared(session, cast.region.id, 1).total
    reflections.share(session, acting(cast.marisol), told.id, reflections.as_read(told), clock)
    assert stories.shared(session, cast.region.id, 1).total


def test_consent_without_a_story_is_none(visit: Visit, say: Callable[..., Reflection]) -> None:
    assert not say(Side.TEACHER, replace(YES, consent=True, story="  ")).consent
