"""Requests that may be approved together: whom each invites, and who stands behind, as its own page would mark them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Date, Row, Select, cast, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from matchmaker.queries import cautions, clearances
from matchmaker.queries.desk.leaders import warned
from matchmaker.queries.desk.waiting import Waiting
from models import (
    Backup,
    BackupState,
    CapacityUnit,
    LearningRequest,
    Partner,
    Proposal,
    ProposalState,
    Region,
    Window,
)


@dataclass(frozen=True)
class Pick:
    """One of them. ``backups`` are proposals in the order of asking, ``behind`` the names of these people."""

    request_id: int
    title: str
    language: str
    ranking_id: int
    proposal_id: int
    partner: str
    backups: tuple[int, ...]
    behind: tuple[str, ...]


def picks(session: Session, region: Region, items: Sequence[Waiting], now: datetime, *, behind: int) -> list[Pick]:
    """The obvious ones among these requests, in their order, each with up to ``behind`` backups that nothing speaks
    against. Left out is a request whose first candidate stands behind somebody else of it already."""
    obvious = [item for item in items if item.obvious]
    rows = session.execute(_open_ones(region, [item.ranking_id for item in obvious], now)).all() if obvious else []
    people: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if not row.stands_behind:
            people[row.request_id].append(row)
    found = []
    for item in obvious:
        first = next(iter(people[item.id]), None)
        if first is not None and first.id == item.proposal_id:
            offered = cautions.days(first.starts or (), region, now)
            sound = [row for row in people[item.id][1:] if not warned(row, offered)][:behind]
            found.append(_pick(item, first, sound))
    return found


def _pick(item: Waiting, first: Row[Any], backups: list[Row[Any]]) -> Pick:
    return Pick(
        request_id=item.id,
        title=item.title,
        language=item.language,
        ranking_id=first.ranking_id,
        proposal_id=first.id,
        partner=first.name,
        backups=tuple(row.id for row in backups),
        behind=tuple(row.name for row in backups),
    )


def _open_ones(region: Region, ranking_ids: Sequence[int | None], now: datetime) -> Select[Any]:
    """The open candidates of some rankings, with what cautions are found in."""
    windows = Window.request_id == LearningRequest.id
    starts = select(func.array_agg(aggregate_order_by(Window.starts_at, Window.starts_at))).where(windows)
    ahead = select(func.min(Window.starts_at)).where(windows, Window.starts_at > now)
    first = func.timezone(region.time_zone, func.coalesce(ahead.correlate(LearningRequest).scalar_subquery(), now))
    taken = select(func.count(CapacityUnit.id)).where(
        CapacityUnit.partner_id == Proposal.partner_id,
        CapacityUnit.period == cast(func.date_trunc("month", first), Date),
        CapacityUnit.released_at.is_(None),
    )
    columns: tuple[Any, ...] = (
        Proposal.id, Proposal.request_id, Proposal.ranking_id, Proposal.partner_id,
        func.concat_ws(", ", Partner.name, Partner.organisation_name).label("name"),
        Partner.monthly_capacity, Partner.paused_at, Partner.clearance, Partner.clearance_expires_on,
        starts.correlate(LearningRequest).scalar_subquery().label("starts"),
        clearances.needed(region, Proposal.partner_id, LearningRequest, first).label("required"),
        taken.correlate_except(CapacityUnit).scalar_subquery().label("taken"),
        exists()
        .where(Backup.proposal_id == Proposal.id, Backup.state == BackupState.WAITING)
        .label("stands_behind"),
    )  # fmt: skip
    return (
        select(*columns)
        .join(Partner, Partner.id == Proposal.partner_id)
        .join(LearningRequest, LearningRequest.id == Proposal.request_id)
        .where(Proposal.ranking_id.in_(ranking_ids), Proposal.state == ProposalState.OPEN)
        .order_by(Proposal.request_id, Proposal.rank)
    )
