"""What a partner says to an invitation, what a teacher says to other times, and calling an invitation off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries.introductions import locked
from matchmaker.services import capacity, cascade, deadlines, letters, proposals, standing, visits
from models import (
    LIVE_INTRODUCTIONS,
    AnswerVia,
    Introduction,
    IntroductionState,
    LearningRequest,
    NotNowReason,
    OtherTime,
    Region,
    RequestState,
    Side,
    Window,
)

MOST_TIMES = 5
"""Other times that a partner can propose at once."""
_YES = frozenset(
    {
        IntroductionState.ACCEPTED,
        IntroductionState.INTRODUCED,
        IntroductionState.SCHEDULED,
        IntroductionState.MET,
        IntroductionState.REFLECTED,
    }
)
_ANSWERABLE = frozenset({IntroductionState.INVITED, IntroductionState.OTHER_TIMES})


class InvitationOver(Conflict):
    """The invitation no longer stands: taken back, withdrawn or lapsed."""


class AnsweredYes(Conflict):
    """A yes was given; changing it takes a word with the other side."""


class NextPersonAsked(Conflict):
    """A "not now" was given and somebody else has been asked since."""


class DateGone(Invalid):
    """The chosen date is not one of those offered, or has passed."""


class NoTimeProposed(Invalid):
    """Other times were announced and none, too many, or only past ones were named."""


@dataclass(frozen=True)
class Spoken:
    """How an answer came: by whom if not by the partner, and which way."""

    via: AnswerVia = AnswerVia.LINK
    actor: Actor = NOBODY


BY_LINK = Spoken()


def accept(session: Session, key: UUID, window_id: int | None, clock: Clock, spoken: Spoken = BY_LINK) -> Introduction:
    """A partner says yes. The first answer wins and a repeat returns it; a "not now" may still become a yes until the
    next person is asked.

    Raises DateGone, InvitationOver, NextPersonAsked or PartnerFull (the chosen month filled up meanwhile).
    """
    now = clock()
    introduction, request = locked(session, key)
    if introduction.state in _YES:
        return introduction
    _require_open(session, introduction, request, now)
    window = _offered(request, window_id, now)
    introduction.window_id = window.id if window else None
    times = (window.starts_at, window.ends_at) if window else None
    return _agree(session, introduction, request, times, now, spoken)


def propose_times(
    session: Session,
    key: UUID,
    times: Sequence[tuple[datetime, datetime]],
    clock: Clock,
    spoken: Spoken = BY_LINK,
) -> Introduction:
    """A partner would come, at other times than those offered. The teacher is asked; the unit stays held. Said again,
    the newest times count.

    Raises NoTimeProposed, AnsweredYes, InvitationOver, NextPersonAsked or PartnerFull.
    """
    now = clock()
    ahead = sorted({(start, end) for start, end in times if start > now and end > start})
    if not 1 <= len(ahead) <= MOST_TIMES:
        raise NoTimeProposed
    introduction, request = locked(session, key)
    if introduction.state in _YES:
        raise AnsweredYes(state=introduction.state)
    if introduction.state is not IntroductionState.OTHER_TIMES:
        _require_open(session, introduction, request, now)
        region = session.get_one(Region, request.region_id)
        capacity.move(session, introduction, capacity.period_of(ahead[0][0], region), now)
        introduction.become(IntroductionState.OTHER_TIMES, at=now, actor_id=spoken.actor.account_id)
    _answered(introduction, spoken, now)
    session.execute(delete(OtherTime).where(OtherTime.introduction_id == introduction.id))
    session.add_all(
        OtherTime(region_id=introduction.region_id, introduction_id=introduction.id, starts_at=start, ends_at=end)
        for start, end in ahead
    )
    standing.settle(session, request, now)
    tag = audit.Tag.INVITATION_OTHER_TIMES
    audit.record(session, spoken.actor, tag, introduction, at=now, times=len(ahead), via=spoken.via.value)
    said = int(now.timestamp())
    letters.put(session, "other_times", introduction, Side.TEACHER, now, n=said)
    deadlines.times_proposed(session, introduction, request, now)
    session.flush()
    return introduction


def take_time(session: Session, key: UUID, other_time_id: int, clock: Clock, actor: Actor = NOBODY) -> Introduction:
    """The teacher takes one of the other times, which makes it a yes. Again returns it.

    Raises DateGone, InvitationOver or PartnerFull.
    """
    now = clock()
    introduction, request = locked(session, key)
    if introduction.state in _YES:
        return introduction
    if introduction.state is not IntroductionState.OTHER_TIMES:
        raise InvitationOver(state=introduction.state)
    time = session.get(OtherTime, other_time_id)
    if time is None or time.introduction_id != introduction.id or time.starts_at <= now:
        raise DateGone
    return _agree(session, introduction, request, (time.starts_at, time.ends_at), now, Spoken(AnswerVia.PAGE, actor))


def none_fits(session: Session, key: UUID, clock: Clock, actor: Actor = NOBODY) -> Introduction:
    """The teacher can take none of the other times: the partner is thanked, and the next person is asked."""
    now = clock()
    introduction, request = locked(session, key)
    if introduction.state is IntroductionState.WITHDRAWN:
        return introduction
    if introduction.state is not IntroductionState.OTHER_TIMES:
        raise InvitationOver(state=introduction.state)
    end(session, introduction, IntroductionState.WITHDRAWN, now, actor, reason="none_fits")
    cascade.go_on(session, introduction, request, now)
    session.flush()
    return introduction


def not_now(
    session: Session, key: UUID, reason: NotNowReason | None, clock: Clock, spoken: Spoken = BY_LINK
) -> Introduction:
    """A partner says not now: the unit is free again and the next backup is asked, or the request goes back to the
    desk. A repeat changes nothing.

    Raises AnsweredYes after a yes, InvitationOver when the invitation no longer stands.
    """
    now = clock()
    introduction, request = locked(session, key)
    if introduction.state is IntroductionState.NOT_NOW:
        return introduction
    if introduction.state in _YES:
        raise AnsweredYes(state=introduction.state)
    if introduction.state not in _ANSWERABLE:
        raise InvitationOver(state=introduction.state)
    introduction.become(IntroductionState.NOT_NOW, at=now, actor_id=spoken.actor.account_id)
    _answered(introduction, spoken, now)
    introduction.not_now_reason = reason
    capacity.release(session, introduction, now)
    audit.record(session, spoken.actor, audit.Tag.INVITATION_NOT_NOW, introduction, at=now, via=spoken.via.value)
    cascade.go_on(session, introduction, request, now)
    session.flush()
    return introduction


def call_off(session: Session, actor: Actor, request: LearningRequest, now: datetime) -> bool:
    """End every invitation of a request that is being withdrawn. False when somebody has already said yes.

    The caller holds the lock on the request. Whoever was invited is told.
    """
    live = session.scalars(
        select(Introduction)
        .where(Introduction.request_id == request.id, Introduction.state.in_(LIVE_INTRODUCTIONS))
        .order_by(Introduction.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any(introduction.state in _YES for introduction in live):
        return False
    for introduction in live:
        if introduction.state is IntroductionState.APPROVED:
            proposals.take_back(session, actor, introduction, now)
        else:
            end(session, introduction, IntroductionState.WITHDRAWN, now, actor)
        cascade.drop_backups(session, introduction, now, actor.account_id)
    return True


def end(
    session: Session,
    introduction: Introduction,
    state: IntroductionState,
    now: datetime,
    actor: Actor = NOBODY,
    reason: str | None = None,
) -> None:
    """An invitation that was sent ends without a visit: its unit is free, and the partner is told kindly."""
    introduction.become(state, at=now, actor_id=actor.account_id, reason=reason)
    capacity.release(session, introduction, now)
    letters.put(session, "invitation_over", introduction, Side.PARTNER, now)


def _agree(
    session: Session,
    introduction: Introduction,
    request: LearningRequest,
    times: tuple[datetime, datetime] | None,
    now: datetime,
    spoken: Spoken,
) -> Introduction:
    """Both have said yes: the unit lies in the month of the visit, and both letters are left for the mailer."""
    region = session.get_one(Region, request.region_id)
    period = capacity.period_of(times[0], region) if times else capacity.period_of_request(request, region, now)
    capacity.move(session, introduction, period, now)
    introduction.become(IntroductionState.ACCEPTED, at=now, actor_id=spoken.actor.account_id)
    introduction.not_now_reason = None
    _answered(introduction, spoken, now)
    if times is not None:
        visits.schedule(session, introduction, *times, now, spoken.actor)
    standing.settle(session, request, now)
    deadlines.answered(session, request, now)
    tag = audit.Tag.INVITATION_ACCEPTED
    audit.record(session, spoken.actor, tag, introduction, at=now, via=spoken.via.value)
    for side in (Side.TEACHER, Side.PARTNER):
        letters.put(session, f"introduction_{side}", introduction, side, now)
    session.flush()
    return introduction


def _answered(introduction: Introduction, spoken: Spoken, now: datetime) -> None:
    introduction.answered_at = now
    introduction.answered_via = spoken.via
    introduction.answered_by_id = spoken.actor.account_id


def _require_open(session: Session, introduction: Introduction, request: LearningRequest, now: datetime) -> None:
    """An invitation that stands, or a "not now" after which nobody else has been asked: a backup whose invitation has
    not left yet steps back, and waits again."""
    if introduction.state is IntroductionState.NOT_NOW:
        if request.state not in (RequestState.PROPOSED, RequestState.NONE_YET):
            _step_back(session, introduction, now)
    elif introduction.state not in _ANSWERABLE:
        raise InvitationOver(state=introduction.state)


def _step_back(session: Session, introduction: Introduction, now: datetime) -> None:
    after = session.scalar(
        select(Introduction)
        .where(
            Introduction.first_id == cascade.chain(introduction),
            Introduction.id > introduction.id,
            Introduction.state.in_(LIVE_INTRODUCTIONS),
        )
        .with_for_update()
    )
    if after is None or after.state is not IntroductionState.APPROVED:
        raise NextPersonAsked
    proposals.take_back(session, NOBODY, after, now)
    cascade.wait_again(session, after, now)


def _offered(request: LearningRequest, window_id: int | None, now: datetime) -> Window | None:
    """The chosen window. None only when the teacher offered no date at all."""
    if not request.windows:
        return None
    chosen = next((window for window in request.windows if window.id == window_id), None)
    if chosen is None or chosen.starts_at <= now:
        raise DateGone
    return chosen
