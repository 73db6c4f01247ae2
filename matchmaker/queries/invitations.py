"""What a partner reads about an invitation through the link of a mail: never a contact, never the room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Fund,
    Introduction,
    IntroductionState,
    LearningRequest,
    Proposal,
    Region,
    RequestState,
    Teacher,
    Window,
)

_I = IntroductionState
_STATES = {
    _I.INVITED: "open",
    _I.ACCEPTED: "accepted",
    _I.INTRODUCED: "accepted",
    _I.SCHEDULED: "accepted",
    _I.MET: "accepted",
    _I.REFLECTED: "accepted",
    _I.NOT_NOW: "not_now",
    _I.UNDONE: "withdrawn",
    _I.WITHDRAWN: "withdrawn",
    _I.CANCELLED: "withdrawn",
}
_NOBODY_ELSE_ASKED = (RequestState.PROPOSED, RequestState.NONE_YET)


@dataclass(frozen=True)
class Invitation:
    """One invitation as its page shows it. ``state`` is open, accepted, not_now, withdrawn or closed; ``windows`` are
    the dates still ahead; ``minutes`` the length of a visit, None when no date was offered."""

    region: Region
    partner_id: int
    reader_language: str
    partner_name: str
    state: str
    may_change: bool
    answers_by: datetime | None
    chosen: Window | None
    windows: tuple[Window, ...]
    minutes: int | None
    text: str
    language: str
    students: int | None
    languages: tuple[str, ...]
    teacher_name: str
    school_name: str
    neighbourhood: str
    fund: Fund | None

    @property
    def answerable(self) -> bool:
        """Whether an answer would still count."""
        return self.state == "open" or self.may_change


def by_key(session: Session, key: UUID, now: datetime, *, link_holds: bool = True) -> Invitation | None:
    """The invitation of a link's key. A link that has ended shows what became of it, and takes no answer."""
    row = session.execute(
        select(Introduction, Region)
        .join(Region, Region.id == Introduction.region_id)
        .where(Introduction.key == key)
        .options(
            joinedload(Introduction.partner),
            joinedload(Introduction.window),
            joinedload(Introduction.proposal).joinedload(Proposal.fund),
            joinedload(Introduction.request).options(
                joinedload(LearningRequest.school),
                joinedload(LearningRequest.teacher).joinedload(Teacher.account),
                selectinload(LearningRequest.windows),
            ),
        )
    ).one_or_none()
    return _invitation(row[0], row[1], now, link_holds) if row is not None else None


def _invitation(introduction: Introduction, region: Region, now: datetime, link_holds: bool) -> Invitation:
    request, partner = introduction.request, introduction.partner
    ahead = tuple(window for window in request.windows if window.starts_at > now)
    in_time = link_holds and bool(ahead or not request.windows)
    state = _STATES.get(introduction.state, "closed")
    first = request.windows[0] if request.windows else None
    return Invitation(
        region=region,
        partner_id=partner.id,
        reader_language=partner.language,
        partner_name=partner.addressee,
        state="closed" if state == "open" and not in_time else state,
        may_change=state == "not_now" and in_time and request.state in _NOBODY_ELSE_ASKED,
        answers_by=introduction.answer_by,
        chosen=introduction.window,
        windows=ahead,
        minutes=round((first.ends_at - first.starts_at).total_seconds() / 60) if first else None,
        text=request.text,
        language=request.language,
        students=request.students,
        languages=tuple(request.languages),
        teacher_name=request.teacher.name,
        school_name=request.school.name,
        neighbourhood=request.school.neighbourhood,
        fund=introduction.proposal.fund if introduction.proposal else None,
    )
