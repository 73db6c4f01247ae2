"""A plan of a whole region: asked for, cancelled, due once a night. What makes it is apart; no web process loads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from matchmaker import audit, outbox
from matchmaker.clock import Clock
from matchmaker.policies import NOBODY, Actor
from matchmaker.queries import plans, rankings
from matchmaker.services import ranker
from models import OutboxItem, Plan, PlanKind, PlanState, QueueName, Region

PLAN = "plan"
NIGHT = "night"
LOOK_AGAIN = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=10)
"""For requests that are being ranked, a night's plan waits at most so long."""


def ask(
    session: Session,
    actor: Actor,
    region: Region,
    clock: Clock,
    kind: PlanKind = PlanKind.ASKED,
    *,
    numbers: Mapping[str, Any] | None = None,
) -> Plan:
    """Ask for a plan of a region. While one is under way, that one is meant; trials wait behind one another.

    ``numbers`` are those of a trial; every other plan is made with the policy in effect when it begins.
    """
    # A policy that takes effect asks for its plan: whoever ends a plan meanwhile waits here, and sees the new policy.
    session.get_one(Region, region.id, with_for_update={"key_share": True}, populate_existing=True)
    now, policy = clock(), rankings.policy_in_effect(session, region.id)
    asked = insert(Plan).values(
        region_id=region.id,
        kind=kind,
        policy_id=policy.id,
        numbers=dict(numbers or policy.numbers),
        asked_at=now,
        asked_by_id=actor.account_id,
    )
    # The index decides, not a look beforehand: of two who ask at the same moment the second waits for the first.
    plan_id = session.scalar(
        asked.on_conflict_do_nothing(index_elements=["region_id"], index_where=plans.UNDER_WAY).returning(Plan.id)
    )
    if plan_id is None:
        # Gone again only if it ended just now.
        return plans.under_way(session, region.id) or ask(session, actor, region, clock, kind, numbers=numbers)
    plan = session.get_one(Plan, plan_id)
    outbox.put(
        session,
        name=QueueName.PLANNING,
        key=f"{PLAN}:{plan.id}",
        kind=PLAN,
        due_at=now,
        region_id=region.id,
        payload={"plan_id": plan.id},
    )
    audit.record(session, actor, audit.Tag.PLAN_ASKED, plan, at=now, kind=kind.value)
    session.flush()
    return plan


def cancel(session: Session, actor: Actor, plan_id: int, clock: Clock) -> Plan:
    """Cancel a plan: at once when nobody works on it, else after the round in hand. Again changes nothing."""
    now = clock()
    plan = session.get_one(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan.finished_at is not None or plan.cancel_at is not None:
        return plan
    plan.cancel_at, plan.cancelled_by_id = now, actor.account_id
    if plan.state is PlanState.WAITING or plans.stopped_at(plan, now) is not None:
        plan.state, plan.finished_at = PlanState.CANCELLED, now
    audit.record(session, actor, audit.Tag.PLAN_CANCELLED, plan, at=now)
    session.flush()
    return plan


def call_nights(session: Session, now: datetime) -> None:
    """Leave word for each region whose night has come, unless it was left before: one item a region and local date."""
    nights = {}
    for region in session.scalars(select(Region)):
        today = now.astimezone(ZoneInfo(region.time_zone)).date()
        begins = night_begins(region, today)
        # A region that was founded in the course of the day has its first night ahead of it.
        if region.created_at <= begins <= now:
            nights[f"{NIGHT}:{region.id}:{today}"] = region.id, begins
    known = set(session.scalars(select(OutboxItem.key).where(OutboxItem.key.in_(nights))))
    for key in sorted(nights.keys() - known):
        region_id, begins = nights[key]
        outbox.put(session, name=QueueName.PLANNING, key=key, kind=NIGHT, due_at=begins, region_id=region_id)


def call_now(session: Session, region: Region, now: datetime) -> None:
    """Have a region's first night at once: there is nothing yet that its desk could be shown by."""
    today = now.astimezone(ZoneInfo(region.time_zone)).date()
    key = f"{NIGHT}:{region.id}:{today}"
    outbox.put(session, name=QueueName.PLANNING, key=key, kind=NIGHT, due_at=now, region_id=region.id)


def night_begins(region: Region, on: date) -> datetime:
    """When the plan of a local date is due. An hour that the clocks skip is the one after; of two alike, the first."""
    return datetime.combine(on, time(region.plan_hour), ZoneInfo(region.time_zone))


def wait_for_rankings(session: Session, night: OutboxItem, now: datetime) -> datetime | None:
    """When to look again, while the ranker still has requests of the region before it; None once a plan can begin.

    A plan knows whom a request could have from its ranking. A ranker that is stuck holds no plan up for long.
    """
    if now - night.created_at > LONGEST_WAIT:
        return None
    waiting = select(OutboxItem.id).where(
        OutboxItem.region_id == night.region_id,
        OutboxItem.queue == QueueName.RANKING,
        OutboxItem.kind == ranker.PROPOSE,
        OutboxItem.done_at.is_(None),
        OutboxItem.failed_at.is_(None),
    )
    return now + LOOK_AGAIN if session.scalar(select(waiting.exists())) else None


def begin_night(session: Session, region_id: int, clock: Clock) -> Plan | None:
    """Ask for the plan of a night; None where no request is open."""
    region = session.get_one(Region, region_id)
    if not plans.open_requests(session, region.id):
        return None
    return ask(session, NOBODY, region, clock, PlanKind.NIGHTLY)
