"""After a plan took effect: new proposals for its requests, one a step, between whatever else is to be ranked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from matchmaker import outbox
from matchmaker.queries import plans
from models import LearningRequest, OutboxItem, Plan, QueueName, Ranking, Region

MOST_TRIES = 3
"""A request that cannot be ranked so often is passed over, so that the others get their turn."""


def ask(session: Session, plan: Plan, now: datetime) -> None:
    """Leave word for the ranker to go through a plan's requests."""
    open_ones = select(func.count(LearningRequest.id)).where(
        LearningRequest.region_id == plan.region_id, LearningRequest.state.in_(plans.OPEN)
    )
    outbox.put(
        session,
        name=QueueName.RANKING,
        key=f"{plans.RENEW}:{plan.id}",
        kind=plans.RENEW,
        due_at=now,
        region_id=plan.region_id,
        payload={"plan_id": plan.id, "request_id": 0, "done": 0, "of": session.scalar(open_ones)},
    )


def step(session: Session, item: OutboxItem) -> int | None:
    """The next request to rank anew, noted in the item as done; None when none is left or another plan has come.

    Requests in the order they came, as far as they are still open and were last ranked before the plan.
    """
    plan_id, after = item.payload["plan_id"], item.payload["request_id"]
    if session.scalar(select(Region.plan_id).where(Region.id == item.region_id)) != plan_id:
        return None
    if item.attempts >= MOST_TRIES:
        after = _following(session, plan_id, after) or after
    request_id = _following(session, plan_id, after)
    if request_id is not None:
        item.payload = {**item.payload, "request_id": request_id, "done": item.payload["done"] + 1}
    return request_id


def _following(session: Session, plan_id: int, after: int) -> int | None:
    made = select(Ranking.id).where(Ranking.request_id == LearningRequest.id)
    return session.scalar(
        select(LearningRequest.id)
        .join(Plan, Plan.region_id == LearningRequest.region_id)
        .where(
            Plan.id == plan_id,
            LearningRequest.id > after,
            LearningRequest.state.in_(plans.OPEN),
            exists(made),
            ~exists(made.where(Ranking.ranked_at >= Plan.finished_at)),
        )
        .order_by(LearningRequest.id)
        .limit(1)
    )
