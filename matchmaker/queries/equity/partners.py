"""The partners' side: how much of this month is taken, and who is shown as much as their merit says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching import groups
from matching.disclosure import withheld
from matchmaker.queries import eligibility
from matchmaker.queries.equity.outlook import Change, Outlook
from models import Fund, KnowledgeKind, Partner, Region


@dataclass(frozen=True)
class Listed:
    """A partner who can be asked: units set for this month and held of it, and the group (matching.groups)."""

    id: int
    limit: int
    held: int
    group: int


@dataclass(frozen=True)
class Load:
    """Units of this month: how many are held of those that partners set, and for how many partners what is taken.

    ``none`` set no visits this month; of the others, nothing, a part or all of the month is held. A count that would
    tell of few partners is None in public.
    """

    month: date
    held: int
    units: int
    none: int | None
    free: int | None
    partly: int | None
    full: int | None


@dataclass(frozen=True)
class Exposure:
    """A group of partners: shares of merit, and of exposure with the dial at 0 and by the plan."""

    group: int
    partners: int
    merit: float
    exposure: Change
    withheld: bool = False


def listed(session: Session, region: Region, now: datetime) -> list[Listed]:
    """Everybody who can be asked, in one query."""
    today = now.astimezone(ZoneInfo(region.time_zone)).date()
    rows = session.execute(
        select(
            Partner.id,
            Partner.monthly_capacity,
            eligibility.held_units(Partner.id, today.replace(day=1)).scalar_subquery(),
            func.coalesce(func.bool_or(Fund.kind == KnowledgeKind.CREDENTIALED), False),
            func.coalesce(func.bool_or(Fund.kind == KnowledgeKind.PRACTICE), False),
            Partner.joined_on > now.date() - timedelta(days=groups.NEW_DAYS),
        )
        .outerjoin(Fund, Fund.partner_id == Partner.id)
        .where(Partner.region_id == region.id, Partner.reviewed_at.is_not(None), Partner.paused_at.is_(None))
        .group_by(Partner.id)
        .order_by(Partner.id)
    ).all()
    of = groups.of(*np.array([row[3:] for row in rows], dtype=bool).reshape(-1, 3).T)
    return [Listed(row[0], row[1], row[2], int(group)) for row, group in zip(rows, of, strict=True)]


def load(partners: Sequence[Listed], region: Region, now: datetime, least: int = 0) -> Load:
    """What is taken of this month; counts are of `least` partners at least, or withheld."""
    asked = [each for each in partners if each.limit > 0]
    full = {each.id for each in asked if each.held >= each.limit}
    free = {each.id for each in asked if each.held == 0}
    counted = [
        {each.id for each in partners if each.limit == 0},
        free,
        {each.id for each in asked} - full - free,
        full,
    ]
    told = [None if away else len(group) for group, away in zip(counted, withheld(counted, least), strict=True)]
    return Load(
        now.astimezone(ZoneInfo(region.time_zone)).date().replace(day=1),
        sum(each.held for each in partners),
        sum(each.limit for each in partners),
        *told,
    )


def exposure(partners: Sequence[Listed], outlook: Outlook | None) -> list[Exposure]:
    """Every group of the plan that has merit or anybody in it; None is withheld here, see `publishable`."""
    compared = outlook.comparison if outlook else None
    told = [
        Exposure(
            each.group,
            sum(partner.group == each.group for partner in partners),
            each.merit,
            Change(each.before, each.after),
        )
        for each in (compared.groups if compared else ())
    ]
    return [each for each in told if each.partners or each.merit > 0]


def publishable(told: Sequence[Exposure], partners: Sequence[Listed]) -> list[Exposure]:
    """The same for everybody to read: groups of few partners withheld. Who has left since the plan counts as one."""
    hidden = withheld(
        [{each.id for each in partners if each.group == group.group} or {f"left {group.group}"} for group in told]
    )
    return [
        Exposure(each.group, 0, 0.0, Change(0.0, 0.0), withheld=True) if away else each
        for each, away in zip(told, hidden, strict=True)
    ]
