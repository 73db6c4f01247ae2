"""Several obvious requests approved at once, and taken back at once.

A batch has no table of its own: its introductions are the first choices that one coordinator approved at one instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import desk, eligibility, introductions
from matchmaker.services import capacity, proposals
from models import Introduction, LearningRequest, Partner, Proposal, Region

MOST = 50
"""Requests approved at once: as many as a person can read in one list."""


class NotObvious(Conflict):
    """The request no longer has a clear lead without cautions, so it is decided by itself."""


class TakenByAnother(Conflict):
    """The partner's last place of that month went to another request of the same batch."""


@dataclass(frozen=True)
class Picked:
    """One request as the page showed it: which ranking, whom to invite, and the backups in their order."""

    request_id: int
    ranking_id: int
    proposal_id: int
    backups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Left:
    """A picked request that was not approved, and why."""

    request_id: int
    title: str
    language: str
    why: Conflict


@dataclass(frozen=True)
class Outcome:
    """What became of a batch."""

    approved: tuple[Introduction, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True)
class Undone:
    """What became of taking a batch back: what was, and whose invitation had left before."""

    taken_back: tuple[Introduction, ...]
    gone: tuple[Introduction, ...]


def approve(session: Session, actor: Actor, region: Region, picked: Sequence[Picked], clock: Clock) -> Outcome:
    """Approve each picked request that is still obvious, all at one instant; the others stay as they are.

    The same batch again by the same person gives the same introductions. Raises NotFound for a request that is not the
    region's, Invalid for more than ``MOST``.
    """
    if len(picked) > MOST:
        raise Invalid(field="picked")
    now = clock()
    requests = _locked(session, region, picked)
    clear = {_key(item) for item in desk.queue(session, region, now).waiting if item.obvious}
    approved: list[Introduction] = []
    left: list[Left] = []
    taken: dict[tuple[int, date], str] = {}
    for each in sorted(picked, key=lambda each: each.request_id):
        request = requests[each.request_id]
        month = capacity.period_of_request(request, region, now)
        try:
            with session.begin_nested():
                approved.append(_one(session, actor, each, now, obvious=_key(each) in clear))
        except Conflict as conflict:
            why = _because_of_another(session, conflict, each, month, taken)
            left.append(Left(request.id, request.title, request.language, why))
        else:
            taken[approved[-1].partner_id, month] = request.title
    return Outcome(tuple(approved), tuple(left))


def undo(session: Session, actor: Actor, introduction_id: int, clock: Clock) -> Undone:
    """Take back the batch that an introduction was approved in, as far as its invitations have not left. Again changes
    nothing."""
    taken_back, gone = [], []
    for each in _batch_of(session, session.get_one(Introduction, introduction_id)):
        try:
            taken_back.append(proposals.undo(session, actor, each.id, clock))
        except proposals.AlreadySent:
            gone.append(each)
    return Undone(tuple(taken_back), tuple(gone))


def _locked(session: Session, region: Region, picked: Sequence[Picked]) -> dict[int, LearningRequest]:
    """The requests, then whom they invite, each in the order of their ids: two batches queue instead of crossing."""
    request_ids = {each.request_id for each in picked}
    requests = session.scalars(
        select(LearningRequest)
        .where(LearningRequest.region_id == region.id, LearningRequest.id.in_(request_ids))
        .order_by(LearningRequest.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(requests) < len(request_ids):
        raise NotFound
    invited = select(Proposal.partner_id).where(
        Proposal.region_id == region.id, Proposal.id.in_({each.proposal_id for each in picked})
    )
    partners = select(Partner.id).where(Partner.id.in_(invited)).order_by(Partner.id)
    session.scalars(partners.with_for_update(key_share=True)).all()
    return {request.id: request for request in requests}


def _key(item: desk.Waiting | Picked) -> tuple[int | None, ...]:
    return (item.id if isinstance(item, desk.Waiting) else item.request_id, item.ranking_id, item.proposal_id)


def _one(session: Session, actor: Actor, picked: Picked, now: datetime, *, obvious: bool) -> Introduction:
    """Approve one. What a single approval would refuse is refused first: it says more than "not obvious any more"."""
    before = {each.id for each in introductions.all_live(session, picked.request_id)}
    introduction = proposals.approve(
        session, actor, request_id=picked.request_id, ranking_id=picked.ranking_id, proposal_id=picked.proposal_id,
        backups=picked.backups, clock=lambda: now,
    )  # fmt: skip
    if not obvious and introduction.id not in before:
        raise NotObvious
    return introduction


def _because_of_another(
    session: Session, conflict: Conflict, picked: Picked, month: date, taken: dict[tuple[int, date], str]
) -> Conflict:
    """The same conflict; or, where the place went to a request approved just before it, that."""
    full = isinstance(conflict, capacity.PartnerFull) or conflict.facts.get("rule") == eligibility.FULL
    proposal = session.get(Proposal, picked.proposal_id) if full else None
    title = taken.get((proposal.partner_id, month)) if proposal is not None else None
    return TakenByAnother(partner=conflict.facts["partner"], title=title) if title is not None else conflict


def _batch_of(session: Session, one: Introduction) -> Sequence[Introduction]:
    """Everything approved with it, in the order in which requests are locked."""
    return session.scalars(
        select(Introduction)
        .where(
            Introduction.region_id == one.region_id,
            Introduction.approved_by_id == one.approved_by_id,
            Introduction.approved_at == one.approved_at,
            Introduction.first_id.is_(None),
        )
        .order_by(Introduction.request_id, Introduction.id)
    ).all()
