"""The first candidates of the requests that wait: who leads, how clearly, and what to mind about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Row, cast, func, select
from sqlalchemy.orm import Session

from matching.explain import CLEAR_LEAD
from matchmaker.queries import capacity, cautions, clearances
from matchmaker.queries.desk.waits import newest_ranking
from models import CapacityUnit, LearningRequest, Partner, Proposal, ProposalState, Region, Window


def leaders(session: Session, region: Region, now: datetime) -> dict[int, Row[Any]]:
    """The first open candidate of each waiting request, with the second one's score, in one query."""
    open_ones = (
        select(
            Proposal.id, Proposal.ranking_id, Proposal.request_id, Proposal.partner_id, Proposal.score,
            Proposal.relevance, Proposal.steer_id, (Proposal.need * Proposal.deficit).label("need"),
            func.row_number().over(partition_by=Proposal.request_id, order_by=Proposal.rank).label("place"),
            func.lead(Proposal.score).over(partition_by=Proposal.request_id, order_by=Proposal.rank).label("second"),
        )
        .where(Proposal.ranking_id.in_(newest_ranking(region.id)), Proposal.state == ProposalState.OPEN)
        .subquery()
    )  # fmt: skip
    ahead = select(func.min(Window.starts_at)).where(Window.request_id == LearningRequest.id, Window.starts_at > now)
    first = func.timezone(region.time_zone, func.coalesce(ahead.correlate(LearningRequest).scalar_subquery(), now))
    taken = select(func.count(CapacityUnit.id)).where(
        CapacityUnit.partner_id == open_ones.c.partner_id,
        CapacityUnit.period == cast(func.date_trunc("month", first), Date),
        CapacityUnit.released_at.is_(None),
    )
    required = clearances.needed(region, open_ones.c.partner_id, LearningRequest, first)
    rows = session.execute(
        select(
            open_ones, Partner.monthly_capacity, Partner.paused_at, Partner.clearance, Partner.clearance_expires_on,
            required.label("required"), taken.correlate_except(CapacityUnit).scalar_subquery().label("taken"),
        )
        .join(Partner, Partner.id == open_ones.c.partner_id)
        .join(LearningRequest, LearningRequest.id == open_ones.c.request_id)
        .where(open_ones.c.place == 1)
    ).all()  # fmt: skip
    return {row.request_id: row for row in rows}


def warnings(
    first: Row[Any],
    offered: cautions.Days,
    taken: dict[tuple[int, date], tuple[int, int]],
) -> tuple[cautions.Caution, ...]:
    """What to mind about a candidate; ``taken`` is what ``capacity.months`` gives."""
    standing = cautions.Standing(first.paused_at is not None, first.clearance, first.clearance_expires_on)
    places = capacity.places(taken, first.partner_id, first.monthly_capacity, offered.period)
    return cautions.found(standing, places, offered, clearance_required=first.required)


def warned(first: Row[Any], offered: cautions.Days) -> bool:
    """Whether there is anything to mind about a first candidate."""
    return bool(warnings(first, offered, {(first.partner_id, offered.period): (first.taken, 0)}))


def lead(first: Row[Any] | None) -> str | None:
    """How a first candidate came to lead: by hand, clearly, or by little; None for one who is alone."""
    if first is not None and first.steer_id is not None:
        return "by_hand"
    if first is None or first.second is None:
        return None
    # In units of closeness: what a request weighs makes its first candidate no clearer.
    return "clear_lead" if (first.score - first.second) / first.need >= CLEAR_LEAD else "close_call"
