"""What one side reads, through a link of its own, about a visit that is over: never a contact, never the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from models import Introduction, IntroductionState, LearningRequest, Reflection, Region, Side, Teacher, Visit

CHANGEABLE = timedelta(days=30)
"""How long after it was first written a reflection can be changed. Consent to a story can be taken back at any time."""
HELD = frozenset({IntroductionState.MET, IntroductionState.REFLECTED})
TOLD_ABOUT = HELD | {IntroductionState.SCHEDULED, IntroductionState.NOT_HELD}
"""States in which there is a visit to say something about, once its time has come."""


@dataclass(frozen=True)
class Afterwards:
    """A visit as one side looks back on it. ``state`` is open (nothing written yet), written, ahead (the visit has not
    begun) or closed (there is no visit to tell of); ``stands`` is the introduction's own state."""

    region: Region
    key: UUID
    side: Side
    reader_language: str
    reader_name: str
    other_name: str
    title: str
    title_language: str
    subject: str | None
    visit: Visit | None
    state: str
    stands: IntroductionState
    own: Reflection | None
    changeable_until: datetime | None
    may_write: bool


def by_key(session: Session, key: UUID, recipient: str, now: datetime, *, link_holds: bool = True) -> Afterwards | None:
    """The visit of a link, for whom the link was made: ``teacher:7`` or ``partner:3``. None for anybody else."""
    row = session.execute(
        select(Introduction, Region, Visit)
        .join(Region, Region.id == Introduction.region_id)
        .outerjoin(Visit, Visit.introduction_id == Introduction.id)
        .where(Introduction.key == key)
        .options(
            joinedload(Introduction.partner),
            joinedload(Introduction.request).joinedload(LearningRequest.teacher).joinedload(Teacher.account),
        )
    ).one_or_none()
    side = _side(row[0], recipient) if row is not None else None
    if row is None or side is None:
        return None
    own = session.scalar(select(Reflection).where(Reflection.introduction_id == row[0].id, Reflection.side == side))
    return _afterwards(*row, side, own, now, link_holds)


def of_request(session: Session, request_id: int, now: datetime) -> Sequence[tuple[Introduction, Visit, bool]]:
    """Visits of a request that its teacher can tell of, with whether she has, earliest first."""
    rows = session.execute(
        select(Introduction, Visit, Reflection.id)
        .join(Visit, Visit.introduction_id == Introduction.id)
        .outerjoin(Reflection, (Reflection.introduction_id == Introduction.id) & (Reflection.side == Side.TEACHER))
        .where(Introduction.request_id == request_id, Introduction.state.in_(TOLD_ABOUT), Visit.starts_at <= now)
        .options(joinedload(Introduction.partner), joinedload(Introduction.request))
        .order_by(Visit.starts_at)
    )
    return [(introduction, visit, told is not None) for introduction, visit, told in rows]


def notes(region_id: int) -> Select[Reflection]:
    """What people wrote for the coordinators of a region, newest first."""
    return told_with(
        select(Reflection)
        .where(Reflection.region_id == region_id, Reflection.note != "")
        .order_by(Reflection.written_at.desc(), Reflection.id.desc())
    )


def told_with(query: Select[Reflection]) -> Select[Reflection]:
    """The same reflections with both names and what the class had asked."""
    introduction = joinedload(Reflection.introduction)
    asked = introduction.joinedload(Introduction.request)
    return query.options(
        introduction.joinedload(Introduction.partner),
        asked.joinedload(LearningRequest.teacher).joinedload(Teacher.account),
    )


def _side(introduction: Introduction, recipient: str) -> Side | None:
    whose = {
        f"{Side.TEACHER.value}:{introduction.request.teacher_id}": Side.TEACHER,
        f"{Side.PARTNER.value}:{introduction.partner_id}": Side.PARTNER,
    }
    return whose.get(recipient)


def _afterwards(
    introduction: Introduction,
    region: Region,
    visit: Visit | None,
    side: Side,
    own: Reflection | None,
    now: datetime,
    link_holds: bool,
) -> Afterwards:
    request, partner = introduction.request, introduction.partner
    account = request.teacher.account
    teacher = side is Side.TEACHER
    state = _state(introduction, visit, own, now)
    until = own.written_at + CHANGEABLE if own is not None else None
    return Afterwards(
        region=region,
        key=introduction.key,
        side=side,
        reader_language=account.language if teacher else partner.language,
        reader_name=account.name if teacher else partner.addressee,
        other_name=partner.name if teacher else account.name,
        title=request.title,
        title_language=request.language,
        subject=request.subject,
        visit=visit,
        state=state,
        stands=introduction.state,
        own=own,
        changeable_until=until,
        may_write=link_holds and (state == "open" or (state == "written" and until is not None and now < until)),
    )


def _state(introduction: Introduction, visit: Visit | None, own: Reflection | None, now: datetime) -> str:
    if own is not None:
        return "written"
    if visit is None or introduction.state not in TOLD_ABOUT:
        return "closed"
    return "open" if visit.starts_at <= now else "ahead"
