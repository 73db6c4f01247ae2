"""What a teacher reads of the times that a partner proposes: not who it is, before both have said yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matchmaker.queries import invitations, slots
from models import Introduction, IntroductionState, LearningRequest, OtherTime, Region, Teacher, Visit

_I = IntroductionState
_AGREED = frozenset({_I.ACCEPTED, _I.INTRODUCED, _I.SCHEDULED, _I.MET, _I.REFLECTED})


@dataclass(frozen=True)
class Asked:
    """``ahead`` are the times that can still be taken; ``agreed`` the one that was, None while there is none."""

    region: Region
    teacher_id: int
    reader_language: str
    title: str
    language: str
    request_id: int
    open: bool
    ahead: tuple[OtherTime, ...]
    agreed: slots.TimeSpan | None


def by_key(session: Session, key: UUID, now: datetime) -> Asked | None:
    """What the teacher of an introduction is asked."""
    introduction = session.scalar(
        select(Introduction)
        .where(Introduction.key == key)
        .options(
            joinedload(Introduction.request).joinedload(LearningRequest.teacher).joinedload(Teacher.account),
        )
    )
    if introduction is None:
        return None
    request = introduction.request
    ahead = tuple(time for time in invitations.times_of(session, introduction) if time.starts_at > now)
    visit = select(Visit).where(Visit.introduction_id == introduction.id)
    return Asked(
        region=session.get_one(Region, introduction.region_id),
        teacher_id=request.teacher_id,
        reader_language=request.teacher.account.language,
        title=request.title,
        language=request.language,
        request_id=request.id,
        open=introduction.state is _I.OTHER_TIMES and bool(ahead),
        ahead=ahead if introduction.state is _I.OTHER_TIMES else (),
        agreed=session.scalar(visit) if introduction.state in _AGREED else None,
    )
