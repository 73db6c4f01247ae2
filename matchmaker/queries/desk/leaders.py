"""The first candidates of the requests that wait: who leads, how clearly, and what to mind about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from matching.explain import CLEAR_LEAD
from matchmaker.queries import capacity, cautions, clearances
from matchmaker.queries.desk.waits import newest_ranking
from models import LearningRequest, Partner, Proposal, ProposalState, Region, Window


def leaders(session: Session, region: Region, now: datetime) -> tuple[dict[int, Row[Any]], dict[int, float]]:
    """The first open candidate of each waiting request, and the second one's score."""
    place = func.row_number().over(partition_by=Proposal.request_id, order_by=Proposal.rank).label("place")
    open_ones = (
        select(
            Proposal.id, Proposal.ranking_id, Proposal.request_id, Proposal.partner_id, Proposal.score,
            Proposal.steer_id, (Proposal.need * Proposal.deficit).label("need"), place,
        )
        .where(Proposal.ranking_id.in_(newest_ranking(region.id)), Proposal.state == ProposalState.OPEN)
        .subquery()
    )  # fmt: skip
    ahead = select(func.min(Window.starts_at)).where(Window.request_id == LearningRequest.id, Window.starts_at > now)
    first = func.timezone(region.time_zone, func.coalesce(ahead.correlate(LearningRequest).scalar_subquery(), now))
    required = clearances.needed(region, open_ones.c.partner_id, LearningRequest, first)
    rows = session.execute(
        select(
            open_ones, Partner.monthly_capacity, Partner.paused_at, Partner.clearance, Partner.clearance_expires_on,
            required.label("required"),
        )
        .join(Partner, Partner.id == open_ones.c.partner_id)
        .join(LearningRequest, LearningRequest.id == open_ones.c.request_id)
        .where(open_ones.c.place <= 2)
    ).all()  # fmt: skip
    return (
        {row.request_id: row for row in rows if row.place == 1},
        {row.request_id: row.score for row in rows if row.place == 2},
    )


def warnings(
    first: Row[Any],
    offered: cautions.Days,
    taken: dict[tuple[int, date], tuple[int, int]],
) -> tuple[cautions.Caution, ...]:
    standing = cautions.Standing(first.paused_at is not None, first.clearance, first.clearance_expires_on)
    places = capacity.places(taken, first.partner_id, first.monthly_capacity, offered.period)
    return cautions.found(standing, places, offered, clearance_required=first.required)


def lead(first: Row[Any] | None, second: float | None) -> str | None:
    if first is not None and first.steer_id is not None:
        return "by_hand"
    if first is None or second is None:
        return None
    # In units of closeness: what a request weighs makes its first candidate no clearer.
    return "clear_lead" if (first.score - second) / first.need >= CLEAR_LEAD else "close_call"
