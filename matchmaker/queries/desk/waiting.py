"""The queue of the desk: each request that waits, in its section, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from matchmaker.queries import capacity, cautions
from matchmaker.queries.desk.leaders import lead, leaders, warnings
from matchmaker.queries.desk.lines import LINES, last_needs, needs_of, places_in_line
from matchmaker.queries.desk.waits import stuck, waiting_of
from models import Introduction, IntroductionState, LearningRequest, Region, School, Window

SECTIONS = ("ready", "closer", "none_yet", "held")
_CAME_TO_NOTHING = (
    IntroductionState.NOT_NOW,
    IntroductionState.LAPSED,
    IntroductionState.WITHDRAWN,
    IntroductionState.CANCELLED,
    IntroductionState.NOT_HELD,
)


@dataclass(frozen=True)
class Waiting:
    """A request in the queue. ``score`` is its first candidate's, ``lead`` how clearly that one leads; ``proposal_id``
    and ``ranking_id`` are that candidate's. ``held_until`` is set while a coordinator has put it aside."""

    id: int
    title: str
    language: str
    grade: int | None
    school_name: str
    posted_at: datetime
    waiting_days: int
    section: str
    line: str
    score: float | None
    lead: str | None
    proposal_id: int | None
    ranking_id: int | None
    assigned_to_id: int | None
    held_until: datetime | None

    @property
    def obvious(self) -> bool:
        """Whether it may be approved with others at once: no caution about its first candidate, who leads clearly."""
        return self.section == "ready" and self.lead == "clear_lead"


@dataclass(frozen=True)
class Queue:
    """All that waits, in order: by place in line, then the oldest first."""

    waiting: tuple[Waiting, ...]

    def section(self, name: str) -> list[Waiting]:
        """The requests of one section."""
        return [item for item in self.waiting if item.section == name]

    @property
    def counts(self) -> dict[str, int]:
        """How many wait in each section."""
        return {name: len(self.section(name)) for name in SECTIONS}

    def item(self, request_id: int) -> Waiting | None:
        """One request of the queue."""
        return next((item for item in self.waiting if item.id == request_id), None)

    def after(self, request_id: int, section: str) -> int | None:
        """The request that follows in a section, its first one at the end, None when it holds no other."""
        ids = [item.id for item in self.section(section)]
        place = ids.index(request_id) if request_id in ids else -1
        return next((other for other in ids[place + 1 :] + ids[: max(place, 0)] if other != request_id), None)


def queue(session: Session, region: Region, now: datetime) -> Queue:
    """Everything that waits in a region; at most four queries, however many wait."""
    requests = session.execute(_requests(region.id)).all()
    firsts, seconds = leaders(session, region, now)
    offered = {row.id: cautions.days(row.starts or (), region, now) for row in requests}
    taken = capacity.months(
        session, {first.partner_id for first in firsts.values()}, {days.period for days in offered.values()}
    )
    unproposed = any(row.id not in firsts for row in requests)
    needs = needs_of(requests, firsts, last_needs(session, region.id) if unproposed else {})
    lines = places_in_line(needs)
    items = []
    for row in requests:
        first = firsts.get(row.id)
        warned = bool(first and warnings(first, offered[row.id], taken))
        items.append(
            Waiting(
                id=row.id,
                title=row.title,
                language=row.language,
                grade=row.grade,
                school_name=row.name,
                posted_at=row.posted_at,
                waiting_days=(now - row.posted_at).days,
                section=_section(row, first, warned, now),
                line=lines[row.id],
                score=first.score if first else None,
                lead=lead(first, seconds.get(row.id)),
                proposal_id=first.id if first else None,
                ranking_id=first.ranking_id if first else None,
                assigned_to_id=row.assigned_to_id,
                held_until=row.held_until if _held(row, now) else None,
            )
        )
    items.sort(key=lambda item: (LINES.index(item.line), item.posted_at, item.id))
    return Queue(tuple(items))


def _requests(region_id: int) -> Select[Any]:
    came_back = exists().where(
        Introduction.request_id == LearningRequest.id,
        Introduction.state.in_(_CAME_TO_NOTHING),
    )
    starts = (
        select(func.array_agg(aggregate_order_by(Window.starts_at, Window.starts_at)))
        .where(Window.request_id == LearningRequest.id)
        .scalar_subquery()
    )
    request = LearningRequest
    columns: tuple[Any, ...] = (
        request.id, request.title, request.language, request.grade, request.posted_at, request.state,
        request.school_id, request.assigned_to_id, request.held_until, School.name,
        starts.label("starts"), came_back.label("came_back"), stuck().label("stuck"),
    )  # fmt: skip
    return select(*columns).join(School, School.id == request.school_id).where(waiting_of(region_id))


def _held(row: Row[Any], now: datetime) -> bool:
    return row.held_until is not None and row.held_until > now


def _section(row: Row[Any], first: Row[Any] | None, warned: bool, now: datetime) -> str:
    if _held(row, now):
        return "held"
    if row.stuck:
        return "closer"
    if first is None:
        return "none_yet"
    return "closer" if warned or row.came_back else "ready"
