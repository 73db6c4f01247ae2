"""A coordinator's decision on a proposal: approve, take the approval back, or pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import eligibility, introductions, rankings
from matchmaker.services import capacity, cascade, deadlines, ranker, standing
from models import (
    Backup,
    Introduction,
    IntroductionState,
    LearningRequest,
    Proposal,
    ProposalState,
    Region,
    RequestState,
    Separation,
)

_DECIDABLE = frozenset({RequestState.PROPOSED, RequestState.NONE_YET, RequestState.PLACED, RequestState.SCHEDULED})
"""States in which a request may still want somebody: the last two where it is for several people."""


class AlreadyApproved(Conflict):
    """Somebody approved this request first."""


class RequestChanged(Conflict):
    """The request, its ranking or the proposal is not what the page showed."""


class NoLongerFree(Conflict):
    """A hard rule excludes the partner by now."""


class AlreadySent(Conflict):
    """The invitation has left; it cannot be taken back silently."""


class PassReason(StrEnum):
    """Why a coordinator passes on a proposal."""

    NOT_CLOSE = "not_close"
    DATES = "dates"
    ASKED_LATELY = "asked_lately"
    SPOKE = "spoke"
    OTHER = "other"
    MUST_NOT_MEET = "must_not_meet"


MOST_BACKUPS = 3


def approve(
    session: Session,
    actor: Actor,
    *,
    request_id: int,
    ranking_id: int,
    proposal_id: int,
    clock: Clock,
    backups: Sequence[int] = (),
) -> Introduction:
    """Approve a proposal: in one transaction the states change, capacity is held and the invitation is left waiting.

    ``ranking_id`` is the ranking the page showed; ``backups`` are proposals of the same ranking, in the order in which
    their people are asked if those before cannot. They hold nothing until then. The same approval again by the same
    person returns the first one. A request for several people takes as many approvals.
    Raises AlreadyApproved, RequestChanged, NoLongerFree or PartnerFull, with nothing done.
    """
    now = clock()
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    for live in introductions.all_live(session, request.id):
        if live.proposal_id == proposal_id and live.approved_by_id == actor.account_id:
            return live
        if not standing.wants_more(session, request):
            raise AlreadyApproved(by=live.approved_by.name, at=live.approved_at)
    proposal = _proposal_as_shown(session, request, ranking_id, proposal_id)
    if (rule := eligibility.excluded_by(session, request, proposal.partner_id, now)) is not None:
        raise NoLongerFree(partner=proposal.partner.name, rule=rule)
    region = session.get_one(Region, request.region_id)
    introduction = _introduce(session, actor, proposal, region, now)
    capacity.hold(session, introduction, capacity.period_of_request(request, region, now), now)
    proposal.become(ProposalState.APPROVED, at=now, actor_id=actor.account_id)
    behind = _line_up(session, request, ranking_id, introduction, backups)
    request.take_up()
    standing.settle(session, request, now, actor.account_id)
    deadlines.answered(session, request, now)
    audit.record(
        session, actor, audit.Tag.PROPOSAL_APPROVED, proposal, at=now, introduction=introduction.id,
        rank=proposal.rank, backups=behind,
    )  # fmt: skip
    session.flush()
    return introduction


def undo(session: Session, actor: Actor, introduction_id: int, clock: Clock) -> Introduction:
    """Take an approval back while its invitation has not left. Again changes nothing. Raises AlreadySent."""
    now = clock()
    introduction = session.get_one(Introduction, introduction_id)
    request = session.get_one(LearningRequest, introduction.request_id, with_for_update=True, populate_existing=True)
    introduction = session.get_one(Introduction, introduction_id, with_for_update=True, populate_existing=True)
    if introduction.state is IntroductionState.UNDONE:
        return introduction
    if introduction.state is not IntroductionState.APPROVED:
        raise AlreadySent(partner=introduction.partner.name)
    take_back(session, actor, introduction, now)
    cascade.drop_backups(session, introduction, now, actor.account_id)
    standing.settle(session, request, now, actor.account_id)
    session.flush()
    return introduction


def take_back(session: Session, actor: Actor, introduction: Introduction, now: datetime) -> None:
    """Undo an approved introduction: its state, its proposal and its held unit. The request is the caller's."""
    introduction.become(IntroductionState.UNDONE, at=now, actor_id=actor.account_id)
    capacity.release(session, introduction, now)
    if introduction.proposal is not None and introduction.proposal.may_become(ProposalState.OPEN):
        introduction.proposal.become(ProposalState.OPEN, at=now, actor_id=actor.account_id)
    audit.record(session, actor, audit.Tag.APPROVAL_UNDONE, introduction, at=now)


def pass_over(
    session: Session, actor: Actor, proposal_id: int, reason: PassReason, note: str, clock: Clock
) -> Proposal:
    """Pass on an open proposal, with a reason that stays with it; the request is ranked again without that person.

    Raises RequestChanged when the proposal is no longer open, Invalid when "other" comes without a note.
    """
    now = clock()
    if reason is PassReason.OTHER and not note.strip():
        raise Invalid(field="note")
    proposal = session.get_one(Proposal, proposal_id)
    request = session.get_one(LearningRequest, proposal.request_id, with_for_update=True, populate_existing=True)
    session.refresh(proposal)
    if not proposal.may_become(ProposalState.PASSED):
        raise RequestChanged(title=request.title)
    spoken = f"{reason}: {note.strip()}" if note.strip() else reason.value
    proposal.become(ProposalState.PASSED, at=now, actor_id=actor.account_id, reason=spoken)
    audit.record(session, actor, audit.Tag.PROPOSAL_PASSED, proposal, at=now, reason=reason.value)
    if reason is PassReason.MUST_NOT_MEET:
        _separate(session, actor, request, proposal.partner_id, note.strip() or reason.value, now)
    ranker.ask(session, request, f"passed-{proposal.id}", now)
    session.flush()
    return proposal


def _proposal_as_shown(session: Session, request: LearningRequest, ranking_id: int, proposal_id: int) -> Proposal:
    proposal = session.get(Proposal, proposal_id, populate_existing=True)
    if proposal is None or proposal.request_id != request.id:
        raise NotFound
    latest = rankings.latest(session, request.id)
    if (
        latest is None
        or latest.id != ranking_id
        or latest.request_version != request.version
        or proposal.ranking_id != ranking_id
        or proposal.state is not ProposalState.OPEN
        or request.state not in _DECIDABLE
    ):
        raise RequestChanged(title=request.title)
    return proposal


def _introduce(session: Session, actor: Actor, proposal: Proposal, region: Region, now: datetime) -> Introduction:
    if actor.account_id is None:
        raise Invalid(field="actor")
    introduction = Introduction(
        region_id=proposal.region_id,
        request_id=proposal.request_id,
        proposal_id=proposal.id,
        partner_id=proposal.partner_id,
        approved_by_id=actor.account_id,
        approved_at=now,
        due_at=now + timedelta(seconds=region.undo_seconds),
    )
    session.add(introduction)
    session.flush()
    cascade.invite(session, introduction)
    return introduction


def _line_up(
    session: Session, request: LearningRequest, ranking_id: int, introduction: Introduction, proposal_ids: Sequence[int]
) -> int:
    """Store the backups behind a first choice, each named once. Returns how many."""
    others = [proposal_id for proposal_id in dict.fromkeys(proposal_ids) if proposal_id != introduction.proposal_id]
    if len(others) > MOST_BACKUPS:
        raise Invalid(field="backups")
    for position, proposal_id in enumerate(others, start=1):
        proposal = _proposal_as_shown(session, request, ranking_id, proposal_id)
        session.add(
            Backup(
                region_id=request.region_id,
                introduction_id=introduction.id,
                proposal_id=proposal.id,
                position=position,
            )
        )
    session.flush()
    return len(others)


def _separate(
    session: Session, actor: Actor, request: LearningRequest, partner_id: int, reason: str, now: datetime
) -> None:
    known = session.scalar(
        select(Separation).where(Separation.teacher_id == request.teacher_id, Separation.partner_id == partner_id)
    )
    if known is None:
        known = Separation(
            region_id=request.region_id,
            teacher_id=request.teacher_id,
            partner_id=partner_id,
            reason=reason,
            named_by_id=actor.account_id,
        )
        session.add(known)
        session.flush()
        audit.record(session, actor, audit.Tag.PAIR_SEPARATED, known, at=now)
