"""Which requests wait for a coordinator."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, false, func, select, true
from sqlalchemy.orm import Session

from matchmaker.queries import mails
from matchmaker.queries.chains import COUNTED
from models import Introduction, LearningRequest, Proposal, ProposalState, Ranking, RequestState

WAITING = (RequestState.PROPOSED, RequestState.NONE_YET)
"""States in which a request waits for a coordinator."""
MORE_WANTED = (RequestState.PLACED, RequestState.SCHEDULED)
"""States in which a request for several people may still want somebody."""


def waiting_count(session: Session, region_id: int, now: datetime) -> int:
    """How many requests of a region are to be decided on; those put aside for now are not counted."""
    held = func.coalesce(LearningRequest.held_until > now, false())
    return session.scalar(select(func.count(LearningRequest.id)).where(waiting_of(region_id), ~held)) or 0


def waits(session: Session, request: LearningRequest) -> bool:
    """Whether one request waits for a coordinator, or wants more people than have been asked."""
    return bool(session.scalar(select(waiting_of(request.region_id)).where(LearningRequest.id == request.id)))


def being_read(session: Session, region_id: int) -> int:
    """How many posted requests the ranker has not answered yet."""
    posted = select(func.count(LearningRequest.id)).where(
        LearningRequest.region_id == region_id, LearningRequest.state == RequestState.POSTED
    )
    return session.scalar(posted) or 0


def newest_ranking(region_id: int) -> Select[int]:
    """Ids of the newest ranking of each waiting request."""
    return (
        select(func.max(Ranking.id))
        .join(LearningRequest, LearningRequest.id == Ranking.request_id)
        .where(waiting_of(region_id))
        .group_by(Ranking.request_id)
    )


def waiting_of(region_id: int) -> ColumnElement[bool]:
    """A region's requests that wait: nobody is chosen, a mail could not leave, or more people are wanted."""
    undecided = LearningRequest.state.in_(WAITING)
    return (LearningRequest.region_id == region_id) & (undecided | stuck() | _wants_more())


def stuck() -> ColumnElement[bool]:
    """Decided, but a mail of it could not leave."""
    return (LearningRequest.state == RequestState.PLACED) & mails.some_put_aside()


def anew() -> ColumnElement[bool]:
    """Its teacher has changed it since it was ranked, and the ranker has not answered yet."""
    newest = select(Ranking.request_version).where(Ranking.request_id == LearningRequest.id).order_by(Ranking.id.desc())
    ranked = newest.limit(1).correlate(LearningRequest).scalar_subquery()
    return (LearningRequest.version > 1) & func.coalesce(ranked < LearningRequest.version, true())


def _wants_more() -> ColumnElement[bool]:
    """Fewer people are asked than the request is for, and somebody is there who could be."""
    asked = select(func.count(Introduction.id)).where(
        Introduction.request_id == LearningRequest.id, Introduction.state.in_(COUNTED)
    )
    newest = select(func.max(Ranking.id)).where(Ranking.request_id == LearningRequest.id)
    somebody = exists().where(
        Proposal.request_id == LearningRequest.id,
        Proposal.state == ProposalState.OPEN,
        Proposal.ranking_id == newest.correlate(LearningRequest).scalar_subquery(),
    )
    return (
        (LearningRequest.partners_wanted > 1)
        & LearningRequest.state.in_(MORE_WANTED)
        & (LearningRequest.partners_wanted > asked.correlate(LearningRequest).scalar_subquery())
        & somebody
    )
