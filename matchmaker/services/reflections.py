"""Reflections: what each side says of a visit, what it means for the visit, and stories that may be shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries.introductions import locked
from matchmaker.queries.reflections import CHANGEABLE, HELD, TOLD_ABOUT
from matchmaker.services import cascade, standing, student_names, tasks, visits
from matchmaker.services.requests import PossibleStudentName
from models import (
    Again,
    Introduction,
    IntroductionState,
    LearningRequest,
    Reflection,
    Region,
    Side,
    TaskKind,
)


class NoVisitToTellOf(Conflict):
    """There is no date, the visit was called off, or it has not begun."""


class WrittenLongAgo(Conflict):
    """A reflection can no longer be changed."""


class StoryChanged(Conflict):
    """The story was changed or taken back since a coordinator read it."""


@dataclass(frozen=True)
class Said:
    """What one side writes, parsed and checked by a form. ``again`` is None where no visit took place."""

    took_place: bool
    again: Again | None = None
    note: str = ""
    story: str = ""
    first_name: str = ""
    consent: bool = False
    language: str = "en"
    no_student_named: bool = False


def write(session: Session, key: UUID, side: Side, said: Said, clock: Clock, actor: Actor = NOBODY) -> Reflection:
    """Store what one side says, and bring the visit in line with it. Again, for 30 days, changes it.

    The first word on whether the visit took place stands; where the other side says otherwise, a coordinator gets a
    task. Raises NoVisitToTellOf, WrittenLongAgo or PossibleStudentName before anything is stored.
    """
    now = clock()
    introduction, request = locked(session, key)
    visit = visits.of(session, introduction)
    if visit is None or introduction.state not in TOLD_ABOUT or now < visit.starts_at:
        raise NoVisitToTellOf(state=introduction.state)
    own = _of(session, introduction, side)
    if own is not None and now >= own.written_at + CHANGEABLE:
        raise WrittenLongAgo(at=own.written_at)
    _refuse_students(own, said)
    if own is None:
        own = Reflection(region_id=introduction.region_id, introduction_id=introduction.id, side=side, written_at=now)
        session.add(own)
    _fill(own, said)
    session.flush()
    _heed(session, introduction, request, own, now, actor)
    detail = {"side": side.value, "took_place": own.took_place, "consent": own.consent}
    audit.record(session, actor, audit.Tag.REFLECTION_WRITTEN, own, at=now, **detail)
    session.flush()
    return own


def keep_private(session: Session, key: UUID, side: Side, clock: Clock, actor: Actor = NOBODY) -> None:
    """Take back the consent to share a story; it is down at once. Again changes nothing."""
    introduction, _ = locked(session, key)
    own = _of(session, introduction, side)
    if own is None or not own.consent:
        return
    own.consent, own.shared_at, own.shared_by_id = False, None, None
    audit.record(session, actor, audit.Tag.STORY_KEPT_PRIVATE, own, at=clock(), side=side.value)
    session.flush()


def share(session: Session, actor: Actor, reflection_id: int, seen: str, clock: Clock) -> Reflection:
    """A coordinator shares a story as it was read. Again changes nothing. Raises StoryChanged."""
    now = clock()
    told = _story(session, reflection_id, seen)
    if told.shared_at is None:
        told.shared_at, told.shared_by_id = now, actor.account_id
        audit.record(session, actor, audit.Tag.STORY_SHARED, told, at=now)
        session.flush()
    return told


def put_away(session: Session, actor: Actor, reflection_id: int, seen: str, clock: Clock) -> Reflection:
    """A coordinator decides not to share a story, or takes it down. Raises StoryChanged."""
    told = _story(session, reflection_id, seen)
    if told.shared_at is not None or told.shared_by_id is None:
        told.shared_at, told.shared_by_id = None, actor.account_id
        audit.record(session, actor, audit.Tag.STORY_PUT_AWAY, told, at=clock())
        session.flush()
    return told


def as_read(reflection: Reflection) -> str:
    """A short name of exactly these words under this name: what a coordinator has read and decides about."""
    return sha256(f"{reflection.first_name}\n{reflection.story}".encode()).hexdigest()[:16]


def _story(session: Session, reflection_id: int, seen: str) -> Reflection:
    told = session.get_one(Reflection, reflection_id, with_for_update=True, populate_existing=True)
    if not told.consent or as_read(told) != seen:
        raise StoryChanged
    return told


def _of(session: Session, introduction: Introduction, side: Side) -> Reflection | None:
    """One side's reflection. Locked, because a coordinator may be deciding about its story."""
    return session.scalar(
        select(Reflection)
        .where(Reflection.introduction_id == introduction.id, Reflection.side == side)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _refuse_students(own: Reflection | None, said: Said) -> None:
    """Words that were looked at when they were first written are not asked about again."""
    if said.no_student_named or (own is not None and (said.note, said.story) == (own.note, own.story)):
        return
    if names := student_names.possible(f"{said.note}\n{said.story}"):
        raise PossibleStudentName(names=names)


def _fill(own: Reflection, said: Said) -> None:
    """A story under another name, or in other words, is to be read again before anybody else sees it."""
    before = (own.story, own.first_name, own.consent)
    own.took_place, own.again, own.note = said.took_place, said.again, said.note
    own.story, own.first_name, own.language = said.story, said.first_name, said.language
    own.consent = said.consent and bool(said.story.strip())
    if before != (own.story, own.first_name, own.consent):
        own.shared_at, own.shared_by_id = None, None


def _heed(
    session: Session,
    introduction: Introduction,
    request: LearningRequest,
    own: Reflection,
    now: datetime,
    actor: Actor,
) -> None:
    if introduction.state is IntroductionState.SCHEDULED:
        if own.took_place:
            visits.met(session, introduction, request, now)
        else:
            visits.not_held(session, introduction, request, now, actor)
            cascade.drop_backups(session, introduction, now, actor.account_id)
            if standing.wants_more(session, request):
                cascade.hand_to_coordinator(session, introduction, request, now)
    both = session.scalars(select(Reflection.took_place).where(Reflection.introduction_id == introduction.id)).all()
    if introduction.state is IntroductionState.MET and len(both) == 2:
        introduction.become(IntroductionState.REFLECTED, at=now, actor_id=actor.account_id)
    _compare(session, introduction, both, now)


def _compare(session: Session, introduction: Introduction, took_place: Sequence[bool], now: datetime) -> None:
    key = f"unclear:{introduction.key}"
    held = introduction.state in HELD
    if all(word == held for word in took_place):
        tasks.settle(session, introduction.region_id, key, now)
        return
    region = session.get_one(Region, introduction.region_id)
    state = introduction.state.value
    tasks.open_task(session, TaskKind.UNCLEAR, key, region, now=now, introduction=introduction, state=state)
