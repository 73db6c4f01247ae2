"""Reading a region's policy: its versions, the trials of its dial, what every position gives, and who may set it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, EquityPolicy, Membership, Plan, PlanKind, PlanState, Region, Role, School

TRIALS = 10
"""Trials that are listed, the newest first."""
CHANGES = 0.005
"""A school whose share moves by less stays where it is: half a percent would round away."""


@dataclass(frozen=True)
class Version:
    """One version, and the name of whoever wrote it; None for the one a region was founded with."""

    policy: EquityPolicy
    author: str | None


@dataclass(frozen=True)
class Moved:
    """A school by a trial: its share of the closest people it could have, before and after."""

    name: str
    requests: int
    before: float
    after: float


@dataclass(frozen=True)
class Tried:
    """What a trial changes over some requests: the figures as they are kept, and the schools by name, most changed
    first."""

    figures: dict[str, Any]
    gain: Sequence[Moved]
    give: Sequence[Moved]


def versions(session: Session, region_id: int) -> list[Version]:
    """Every version of a region's policy, the newest first."""
    rows = session.execute(
        select(EquityPolicy, Account.name)
        .outerjoin(Account, Account.id == EquityPolicy.author_id)
        .where(EquityPolicy.region_id == region_id)
        .order_by(EquityPolicy.version.desc())
    )
    return [Version(policy, author) for policy, author in rows]


def trials(session: Session, region_id: int) -> Sequence[Plan]:
    """The newest trials of a region that wait, run or have ended with a result."""
    return session.scalars(
        select(Plan)
        .where(
            Plan.region_id == region_id,
            Plan.kind == PlanKind.TRIAL,
            Plan.state.in_((PlanState.WAITING, PlanState.RUNNING, PlanState.DONE)),
        )
        .order_by(Plan.asked_at.desc(), Plan.id.desc())
        .limit(TRIALS)
    ).all()


def curve(session: Session, region: Region) -> list[dict[str, Any]]:
    """What each position of the dial gives and costs, by the plan in effect; empty where there is none yet."""
    plan = session.get(Plan, region.plan_id) if region.plan_id else None
    return list(plan.figures.get("curve", [])) if plan else []


def tried(session: Session, trial: Plan, over: str) -> Tried | None:
    """What a finished trial changes ``over`` tonight or last_month; None where there was nothing to look at."""
    figures = trial.figures.get(over)
    if not figures:
        return None
    ids = [each["school_id"] for each in figures["schools"]]
    called: dict[int, str] = {}
    for school_id, name in session.execute(select(School.id, School.name).where(School.id.in_(ids))):
        called[school_id] = name
    moved = [
        Moved(called[each["school_id"]], each["requests"], each["before"], each["after"])
        for each in figures["schools"]
        if each["school_id"] in called
    ]
    moved.sort(key=lambda each: (-abs(each.after - each.before), each.name))
    return Tried(
        figures,
        [each for each in moved if each.after - each.before >= CHANGES],
        [each for each in moved if each.before - each.after >= CHANGES],
    )


def administrators(session: Session, region_id: int, now: datetime) -> list[str]:
    """Names of those who may set the policy of a region now."""
    members = session.execute(
        select(Membership, Account.name)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.region_id == region_id, Membership.role == Role.ADMIN)
        .order_by(Account.name)
    )
    return [name for membership, name in members if membership.counts(now)]
