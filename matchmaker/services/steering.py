"""A coordinator's hand on a ranking: put somebody forward, set somebody aside, take either back.

Each asks for a new ranking of the request, and stays in the table when it no longer counts.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import eligibility, steering
from matchmaker.services import ranker
from models import LearningRequest, Partner, Proposal, ProposalState, RequestState, Steer, SteerKind

OPEN = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)
"""States of a request in which it is still open whom to ask."""


class NotEligible(Conflict):
    """A hard rule excludes the partner from this request; no hand can put them forward."""


class AlreadyDecided(Conflict):
    """The request no longer waits for a choice."""


def pin(session: Session, actor: Actor, request_id: int, partner_id: int, clock: Clock, reason: str = "") -> Steer:
    """Put a partner at the front of a request's list, behind whoever was pinned before. Again changes nothing.

    Takes back that they were set aside. Raises AlreadyDecided, NotEligible with the rule, or NotFound.
    """
    now = clock()
    request, partner = _locked(session, request_id, partner_id)
    present = steering.live(session, request.id, partner.id)
    if present is not None and present.kind is SteerKind.PINNED:
        return present
    if present is not None:
        _end(session, actor, present, now)
    if (rule := eligibility.excluded_by(session, request, partner.id, now)) is not None:
        raise NotEligible(partner=partner.name, rule=rule)
    return _begin(session, actor, request, partner, SteerKind.PINNED, reason, now)


def set_aside(
    session: Session, actor: Actor, request_id: int, partner_id: int, clock: Clock, reason: str = ""
) -> Steer:
    """Keep a partner out of a request's list, proposed or not. Again changes nothing, the first reason stays.

    Takes back that they were pinned. Raises AlreadyDecided or NotFound.
    """
    now = clock()
    request, partner = _locked(session, request_id, partner_id)
    present = steering.live(session, request.id, partner.id)
    if present is not None and present.kind is SteerKind.SET_ASIDE:
        return present
    if present is not None:
        _end(session, actor, present, now)
    _take_off(session, actor, request, partner, now)
    return _begin(session, actor, request, partner, SteerKind.SET_ASIDE, reason, now)


def release(session: Session, actor: Actor, steer_id: int, clock: Clock) -> Steer:
    """Take back what was done by hand; the ranker alone decides again. Again changes nothing."""
    now = clock()
    steer = session.get_one(Steer, steer_id)
    request = session.get_one(LearningRequest, steer.request_id, with_for_update=True, populate_existing=True)
    session.refresh(steer)
    if steer.live:
        _end(session, actor, steer, now)
        ranker.ask(session, request, f"released-{steer.id}", now)
        session.flush()
    return steer


def _locked(session: Session, request_id: int, partner_id: int) -> tuple[LearningRequest, Partner]:
    """The request, locked so that two coordinators queue, and the partner; both of one region."""
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    partner = session.get_one(Partner, partner_id)
    if partner.region_id != request.region_id:
        raise NotFound
    if request.state not in OPEN:
        raise AlreadyDecided(title=request.title)
    return request, partner


def _begin(
    session: Session,
    actor: Actor,
    request: LearningRequest,
    partner: Partner,
    kind: SteerKind,
    reason: str,
    now: datetime,
) -> Steer:
    steer = Steer(
        region_id=request.region_id,
        request_id=request.id,
        partner_id=partner.id,
        kind=kind,
        by_id=actor.account_id,
        at=now,
        reason=reason.strip(),
    )
    session.add(steer)
    session.flush()
    tag = audit.Tag.PARTNER_PINNED if kind is SteerKind.PINNED else audit.Tag.PARTNER_SET_ASIDE
    audit.record(session, actor, tag, steer, at=now, request=request.id, partner=partner.id)
    ranker.ask(session, request, f"{kind.value}-{steer.id}", now)
    session.flush()
    return steer


def _end(session: Session, actor: Actor, steer: Steer, now: datetime) -> None:
    steer.released_at, steer.released_by_id = now, actor.account_id
    session.flush()
    audit.record(
        session, actor, audit.Tag.STEER_RELEASED, steer, at=now, request=steer.request_id, partner=steer.partner_id
    )


def _take_off(session: Session, actor: Actor, request: LearningRequest, partner: Partner, now: datetime) -> None:
    """Nobody approves in the meantime whom a colleague has just set aside."""
    for proposal in session.scalars(
        select(Proposal).where(
            Proposal.request_id == request.id,
            Proposal.partner_id == partner.id,
            Proposal.state == ProposalState.OPEN,
        )
    ):
        proposal.become(ProposalState.SUPERSEDED, at=now, actor_id=actor.account_id)
