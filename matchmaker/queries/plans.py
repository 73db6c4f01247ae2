"""Reading plans of a region: the one under way, what the desk says of it, and the places it gives a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, literal, or_, select, text
from sqlalchemy.orm import Session, defer

from matching.plans import Terms
from models import LearningRequest, OutboxItem, Plan, PlanKind, PlannedPlace, PlanState, Region, RequestState

UNDER_WAY = text("state IN ('waiting', 'running') AND kind <> 'trial'")
"""The condition of the index that lets a region have one plan under way."""
SLOTS = 3
"""Partners planned for each request: the one who is wanted, and two more."""
OPEN = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)
"""States of a request that a plan places; whatever is decided stays as it is."""
HEART_STOPS = timedelta(minutes=1)
"""A run that has given no sign of life for so long has lost its process."""
RENEW = "renew"
NOBODY_AS_CLOSE = 0.02
"""A request that keeps a partner up to this price at least is left with somebody clearly less close without them."""


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
    row = session.execute(
        select(Plan, OutboxItem.payload)
        .outerjoin(OutboxItem, renewal())
        .where(Plan.id == newest(region_id))
        .options(defer(Plan.terms))
    ).one_or_none()
    return None if row is None else as_job(row[0], row[1], now)


def newest(region_id: int) -> ScalarSelect[int]:
    """The id of the newest plan of a region, trials aside."""
    plans = select(Plan.id).where(Plan.region_id == region_id, Plan.kind != PlanKind.TRIAL)
    return plans.order_by(Plan.asked_at.desc(), Plan.id.desc()).limit(1).scalar_subquery()


def renewal() -> ColumnElement[bool]:
    """Joins a plan with the outbox row that renews what is proposed, while that goes on."""
    return (OutboxItem.key == func.concat(literal(f"{RENEW}:"), Plan.id)) & OutboxItem.done_at.is_(None)


def as_job(plan: Plan, left: dict[str, Any] | None, now: datetime) -> Job:
    """A plan as the desk tells it; ``left`` is what its renewal says of how far it is."""
    return Job(plan, stopped_at(plan, now), left["done"] if left else None, left["of"] if left else None)


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


@dataclass(frozen=True)
class InEffect:
    """What ranking one request takes of a region's plan: its terms, and the m places it gives.

    ``on`` is the day it was made; ``school_at`` where the terms have each school; ``bid`` the price up to which a
    request keeps its partner.
    """

    id: int
    on: date
    terms: Terms
    school_at: dict[int, int]
    request_ids: NDArray[np.int64]
    partner_ids: NDArray[np.int64]
    months: NDArray[np.datetime64]
    bid: NDArray[np.float64]


def in_effect(session: Session, plan_id: int, policy_id: int) -> InEffect | None:
    """A plan to rank by; None where it was made with another policy than this one."""
    plan = session.get_one(Plan, plan_id)
    if plan.policy_id != policy_id:
        return None
    rows = session.execute(
        select(PlannedPlace.request_id, PlannedPlace.partner_id, PlannedPlace.period, PlannedPlace.bid)
        .where(PlannedPlace.plan_id == plan_id)
        .order_by(PlannedPlace.id)
    ).all()
    known = {name: plan.terms[name] for name in Terms.__dataclass_fields__}
    return InEffect(
        plan_id,
        plan.asked_at.date(),
        Terms(**known),
        {school_id: at for at, school_id in enumerate(plan.terms["school_ids"])},
        np.array([row.request_id for row in rows], dtype=np.int64),
        np.array([row.partner_id for row in rows], dtype=np.int64),
        np.array([row.period for row in rows], dtype="datetime64[D]"),
        np.array([row.bid for row in rows], dtype=np.float64),
    )


_SETTLED = select(LearningRequest.id).where(
    LearningRequest.region_id == bindparam("region"),
    LearningRequest.state.not_in(OPEN),
    LearningRequest.id.in_(select(PlannedPlace.request_id).where(PlannedPlace.plan_id == bindparam("plan"))),
)


def settled(session: Session, region_id: int, plan_id: int) -> NDArray[np.int64]:
    """Ids of the requests of a plan that no longer wait for anybody: what was planned for them is free for others."""
    return np.array(session.scalars(_SETTLED, {"region": region_id, "plan": plan_id}).all(), dtype=np.int64)


_PLACED = (
    select(PlannedPlace.partner_id)
    .where(PlannedPlace.plan_id == bindparam("plan"), PlannedPlace.request_id == bindparam("request"))
    .order_by(PlannedPlace.place)
)


def kept_for_others(session: Session, request: LearningRequest, partner_id: int) -> int:
    """For how many other open requests the region's plan keeps a partner because they have nobody as close."""
    kept = (
        select(func.count(PlannedPlace.request_id.distinct()))
        .join(Region, (Region.id == PlannedPlace.region_id) & (Region.plan_id == PlannedPlace.plan_id))
        .join(LearningRequest, LearningRequest.id == PlannedPlace.request_id)
        .where(
            Region.id == request.region_id,
            PlannedPlace.partner_id == partner_id,
            PlannedPlace.request_id != request.id,
            or_(PlannedPlace.bid >= NOBODY_AS_CLOSE, PlannedPlace.picked),
            LearningRequest.state.in_(OPEN),
        )
    )
    return session.scalar(kept) or 0


def planned(session: Session, plan_id: int, request_id: int) -> Sequence[int]:
    """Ids of the partners a plan gives a request, best first."""
    return session.scalars(_PLACED, {"plan": plan_id, "request": request_id}).all()
