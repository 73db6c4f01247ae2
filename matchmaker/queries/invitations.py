"""What a partner reads about an invitation through the link of a mail: never a contact, never the room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.queries import slots
from matchmaker.queries.school_days import SchoolDays
from models import (
    LIVE_INTRODUCTIONS,
    Fund,
    Introduction,
    IntroductionState,
    LearningRequest,
    OtherTime,
    Proposal,
    Region,
    RequestState,
    Teacher,
    Visit,
    Window,
)

_I = IntroductionState
_STATES = {
    _I.INVITED: "open",
    _I.OTHER_TIMES: "other_times",
    _I.ACCEPTED: "accepted",
    _I.INTRODUCED: "introduced",
    _I.SCHEDULED: "introduced",
    _I.MET: "over",
    _I.REFLECTED: "over",
    _I.NOT_NOW: "not_now",
    _I.UNDONE: "withdrawn",
    _I.WITHDRAWN: "withdrawn",
    _I.CANCELLED: "cancelled",
    _I.NOT_HELD: "not_held",
}
_NOBODY_ELSE_ASKED = (RequestState.PROPOSED, RequestState.NONE_YET)


@dataclass(frozen=True)
class Invitation:
    """One invitation as its page shows it.

    ``state`` is open, other_times, not_now, accepted, introduced, over (the visit was), cancelled, not_held, withdrawn
    or closed. ``paused_until`` is the day on which the partner's pause ends, None where it has no end. ``windows`` are
    the dates still ahead, and ``doubts`` what speaks against one by its id, as far as the partner told us;
    ``suggested`` other times that suit both; ``proposed`` those the partner proposed; ``minutes`` the length of
    a visit, None when no date was offered.
    """

    region: Region
    partner_id: int
    reader_language: str
    partner_name: str
    organisation: str | None
    state: str
    paused: bool
    paused_until: date | None
    may_change: bool
    answers_by: datetime | None
    chosen: slots.TimeSpan | None
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
    suggested: tuple[slots.Slot, ...] = ()
    proposed: tuple[OtherTime, ...] = ()
    doubts: Mapping[int, str] = field(default_factory=dict)

    @property
    def answerable(self) -> bool:
        """Whether an answer would still count."""
        return self.state in ("open", "other_times") or self.may_change

    @property
    def tells(self) -> bool:
        """Whether what is asked is still theirs to read."""
        return self.answerable or self.state in ("accepted", "introduced")

    @property
    def dated(self) -> bool:
        """Whether a date was agreed, whatever became of it."""
        return self.state in ("accepted", "introduced", "over", "cancelled", "not_held")


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
    return _invitation(session, row[0], row[1], now, link_holds) if row is not None else None


def _invitation(
    session: Session, introduction: Introduction, region: Region, now: datetime, link_holds: bool
) -> Invitation:
    request, partner = introduction.request, introduction.partner
    ahead = tuple(window for window in request.windows if window.starts_at > now)
    in_time = link_holds and bool(ahead or not request.windows)
    state = _STATES.get(introduction.state, "closed")
    first = request.windows[0] if request.windows else None
    days = SchoolDays.of(session, region)
    free = slots.Availability(tuple(partner.weekdays), partner.free_from, partner.free_until)
    doubts = ((window.id, slots.hindrance(window, free, days)) for window in ahead)
    bells = slots.bells_of(request.school.bells)
    # The teacher needs time to choose, and both to get ready.
    first_on = days.after(days.today(now), region.notice_days + 1)
    return Invitation(
        region=region,
        partner_id=partner.id,
        reader_language=partner.language,
        partner_name=partner.addressee,
        organisation=partner.organisation_name,
        state="closed" if state == "open" and not in_time else state,
        paused=partner.paused_at is not None,
        paused_until=partner.paused_until,
        may_change=state == "not_now" and in_time and _nobody_else_asked(session, introduction),
        answers_by=introduction.answer_by,
        chosen=_agreed(session, introduction),
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
        suggested=tuple(slots.suggested(request.windows, bells, free, days, first_on)),
        proposed=times_of(session, introduction) if state == "other_times" else (),
        doubts={window_id: doubt for window_id, doubt in doubts if doubt},
    )


def times_of(session: Session, introduction: Introduction) -> tuple[OtherTime, ...]:
    """The times a partner proposes, earliest first."""
    times = select(OtherTime).where(OtherTime.introduction_id == introduction.id).order_by(OtherTime.starts_at)
    return tuple(session.scalars(times))


def _agreed(session: Session, introduction: Introduction) -> slots.TimeSpan | None:
    return session.scalar(select(Visit).where(Visit.introduction_id == introduction.id)) or introduction.window


def _nobody_else_asked(session: Session, introduction: Introduction) -> bool:
    """Whether "not now" may still become a yes: back on the desk, or the next person's invitation has not left."""
    if introduction.request.state in _NOBODY_ELSE_ASKED:
        return True
    after = session.scalar(
        select(Introduction.state).where(
            Introduction.first_id == (introduction.first_id or introduction.id),
            Introduction.id > introduction.id,
            Introduction.state.in_(LIVE_INTRODUCTIONS),
        )
    )
    return after is _I.APPROVED
