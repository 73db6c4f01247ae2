"""Reading plans of a region: the one under way, what the desk says of it, and the places it gives a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, literal, select, text
from sqlalchemy.orm import Session

from models import LearningRequest, OutboxItem, Plan, PlanKind, PlannedPlace, PlanState, RequestState

UNDER_WAY = text("state IN ('waiting', 'running') AND kind <> 'trial'")
"""The condition of the index that lets a region have one plan under way."""
OPEN = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)
"""States of a request that a plan places; whatever is decided stays as it is."""
HEART_STOPS = timedelta(minutes=1)
"""A run that has given no sign of life for so long has lost its process."""
RENEW = "renew"


@dataclass(frozen=True)
class Job:
    """The newest plan of a region as the desk tells it.

    ``stopped_at`` is its last sign of life where that is too long ago; ``renewed`` of ``to_renew`` requests have their
    new proposals, both None once all have.
    """

    plan: Plan
    stopped_at: datetime | None
    renewed: int | None
    to_renew: int | None

    @property
    def moving(self) -> bool:
        """Whether there is still something to wait for."""
        return self.plan.finished_at is None or self.renewed is not None

    @property
    def requests(self) -> int | None:
        """How many requests it plans; None until they are gathered."""
        return self.plan.figures.get("requests")

    @property
    def people(self) -> int | None:
        """How many partners could come; None until they are gathered."""
        return self.plan.figures.get("people")


def under_way(session: Session, region_id: int) -> Plan | None:
    """The plan of a region that waits or runs, trials aside."""
    return session.scalar(select(Plan).where(Plan.region_id == region_id, Plan.kind != PlanKind.TRIAL, UNDER_WAY))


def job(session: Session, region_id: int, now: datetime) -> Job | None:
    """The newest plan of a region, trials aside, in one query; None when there never was one."""
    renewal = OutboxItem.key == func.concat(literal(f"{RENEW}:"), Plan.id)
    row = session.execute(
        select(Plan, OutboxItem.payload)
        .outerjoin(OutboxItem, renewal & OutboxItem.done_at.is_(None))
        .where(Plan.region_id == region_id, Plan.kind != PlanKind.TRIAL)
        .order_by(Plan.asked_at.desc(), Plan.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    plan, left = row
    return Job(plan, stopped_at(plan, now), left and left["done"], left and left["of"])


def stopped_at(plan: Plan, now: datetime) -> datetime | None:
    """The last sign of life of a run that should be giving one, where that is too long ago."""
    if plan.state is not PlanState.RUNNING or plan.heartbeat_at is None or now - plan.heartbeat_at < HEART_STOPS:
        return None
    return plan.heartbeat_at


def open_requests(session: Session, region_id: int) -> int:
    """How many requests of a region a plan would place."""
    return (
        session.scalar(
            select(func.count(LearningRequest.id)).where(
                LearningRequest.region_id == region_id, LearningRequest.state.in_(OPEN)
            )
        )
        or 0
    )


_PLACED = (
    select(PlannedPlace.partner_id)
    .where(PlannedPlace.plan_id == bindparam("plan"), PlannedPlace.request_id == bindparam("request"))
    .order_by(PlannedPlace.place)
)


def planned(session: Session, plan_id: int, request_id: int) -> Sequence[int]:
    """Ids of the partners a plan gives a request, best first."""
    return session.scalars(_PLACED, {"plan": plan_id, "request": request_id}).all()
