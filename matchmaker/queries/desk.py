"""The queue of the approval desk: which requests wait for a decision, in which section, in which order.

A request's *place in line* is its quarter by the planner's school need, ω·q (school need times request deficit, as the
ranker stored them with the newest proposal): of the requests now open, the quarter whose schools the network owes most
is *first*, then *next*, *near* and *at_share*. Equal needs share a place. A request that has no proposal takes the last
need known of its school, and stands in the middle when none is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session, joinedload

from matching.explain import CLEAR_LEAD
from matchmaker.queries import capacity, cautions, clearances, health, mails
from matchmaker.queries.chains import COUNTED
from models import (
    Introduction,
    IntroductionState,
    LearningRequest,
    Partner,
    Proposal,
    ProposalState,
    Ranking,
    Region,
    RequestState,
    School,
    Task,
    Window,
)

SECTIONS = ("ready", "closer", "none_yet", "held")
LINES = ("first", "next", "near", "at_share")

WAITING = (RequestState.PROPOSED, RequestState.NONE_YET)
"""States in which a request waits for a coordinator."""
MORE_WANTED = (RequestState.PLACED, RequestState.SCHEDULED)
"""States in which a request for several people may still want somebody."""
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


def waiting_count(session: Session, region_id: int) -> int:
    """How many requests of a region wait for a coordinator."""
    return session.scalar(select(func.count(LearningRequest.id)).where(_waits(region_id))) or 0


def waits(session: Session, request: LearningRequest) -> bool:
    """Whether one request waits for a coordinator, or wants more people than have been asked."""
    return bool(session.scalar(select(_waits(request.region_id)).where(LearningRequest.id == request.id)))


@dataclass(frozen=True)
class Bar:
    """What stands above the desk: open tasks of the region, those overdue, those of the request shown, and since when
    no mail leaves (None while all is well)."""

    open: int
    overdue: int
    tasks: tuple[Task, ...]
    silent_since: datetime | None


def bar(session: Session, region_id: int, request_id: int | None, today: date, now: datetime) -> Bar:
    """The bar, in one query."""
    undone = select(func.count(Task.id)).where(Task.region_id == region_id, Task.done_at.is_(None))
    rows = session.execute(
        select(
            Task,
            undone.scalar_subquery().label("undone"),
            undone.where(Task.due_on < today).scalar_subquery().label("overdue"),
            health.last_sign().label("last_sign"),
        )
        .select_from(select(literal(1)).subquery())
        .outerjoin(Task, (Task.request_id == request_id) & Task.done_at.is_(None))
        .options(joinedload(Task.owner), joinedload(Task.partner))
        .order_by(Task.due_on, Task.id)
    ).all()
    first = rows[0]
    return Bar(
        first.undone,
        first.overdue,
        tuple(row.Task for row in rows if row.Task is not None),
        health.silent_since(first.last_sign, now),
    )


def being_read(session: Session, region_id: int) -> int:
    """How many posted requests the ranker has not answered yet."""
    posted = select(func.count(LearningRequest.id)).where(
        LearningRequest.region_id == region_id, LearningRequest.state == RequestState.POSTED
    )
    return session.scalar(posted) or 0


def queue(session: Session, region: Region, now: datetime) -> Queue:
    """Everything that waits in a region; at most four queries, however many wait."""
    requests = session.execute(_requests(region.id)).all()
    firsts, seconds = _leaders(session, region, now)
    offered = {row.id: cautions.days(row.starts or (), region, now) for row in requests}
    taken = capacity.months(
        session, {first.partner_id for first in firsts.values()}, {days.period for days in offered.values()}
    )
    unproposed = any(row.id not in firsts for row in requests)
    needs = _needs(requests, firsts, _last_needs(session, region.id) if unproposed else {})
    lines = places_in_line(needs)
    items = []
    for row in requests:
        first = firsts.get(row.id)
        warned = bool(first and _cautions(first, offered[row.id], taken))
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
                lead=_lead(first, seconds.get(row.id)),
                proposal_id=first.id if first else None,
                ranking_id=first.ranking_id if first else None,
                assigned_to_id=row.assigned_to_id,
                held_until=row.held_until if _held(row, now) else None,
            )
        )
    items.sort(key=lambda item: (LINES.index(item.line), item.posted_at, item.id))
    return Queue(tuple(items))


def places_in_line(needs: dict[int, float]) -> dict[int, str]:
    """Each key's quarter by size of need: the middle of those that share it decides, so that equals stand together."""
    ordered = sorted(needs.values())
    places = {}
    for key, need in needs.items():
        below = (bisect_left(ordered, need) + bisect_right(ordered, need)) / 2 / len(ordered)
        places[key] = LINES[0 if below >= 0.75 else 1 if below >= 0.5 else 2 if below >= 0.25 else 3]
    return places


def newest_ranking(region_id: int) -> Select[int]:
    """Ids of the newest ranking of each waiting request."""
    return (
        select(func.max(Ranking.id))
        .join(LearningRequest, LearningRequest.id == Ranking.request_id)
        .where(_waits(region_id))
        .group_by(Ranking.request_id)
    )


def _waits(region_id: int) -> ColumnElement[bool]:
    undecided = LearningRequest.state.in_(WAITING)
    return (LearningRequest.region_id == region_id) & (undecided | _stuck() | _wants_more())


def _stuck() -> ColumnElement[bool]:
    """Decided, but a mail of it could not leave."""
    return (LearningRequest.state == RequestState.PLACED) & mails.some_put_aside()


def _wants_more() -> ColumnElement[bool]:
    """Fewer people are asked than the request is for, and somebody is there who could be."""
    asked = select(func.count(Introduction.id)).where(
        Introduction.request_id == LearningRequest.id, Introduction.state.in_(COUNTED)
    )
    newest = select(func.max(Ranking.id)).where(Ranking.request_id == LearningRequest.id)
    somebody = exists().where(
        Proposal.request_id == LearningRequest.id,
        Proposal.state == ProposalState.OPEN,
        Proposal.ranking_id == newest.correlate(LearningRequest).scalar_subquery(),
    )
    return (
        (LearningRequest.partners_wanted > 1)
        & LearningRequest.state.in_(MORE_WANTED)
        & (LearningRequest.partners_wanted > asked.correlate(LearningRequest).scalar_subquery())
        & somebody
    )


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
        starts.label("starts"), came_back.label("came_back"), _stuck().label("stuck"),
    )  # fmt: skip
    return (
        select(*columns)
        .join(School, School.id == request.school_id)
        .where(_waits(region_id))
    )


def _leaders(session: Session, region: Region, now: datetime) -> tuple[dict[int, Row[Any]], dict[int, float]]:
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


def _last_needs(session: Session, region_id: int) -> dict[int, float]:
    """The newest need known of each school that has a request waiting without anybody."""
    school_id, need = LearningRequest.school_id, (Proposal.need * Proposal.deficit).label("need")
    without = select(LearningRequest.school_id).where(
        LearningRequest.region_id == region_id, LearningRequest.state == RequestState.NONE_YET
    )
    rows = session.execute(
        select(school_id, need)
        .join(Proposal, Proposal.request_id == LearningRequest.id)
        .where(school_id.in_(without))
        .ext(distinct_on(school_id))
        .order_by(school_id, Proposal.id.desc())
    )
    return {row.school_id: row.need for row in rows}


def _needs(requests: Sequence[Row[Any]], firsts: dict[int, Row[Any]], of_school: dict[int, float]) -> dict[int, float]:
    known = {row.id: firsts[row.id].need if row.id in firsts else of_school.get(row.school_id) for row in requests}
    middle = _median(need for need in known.values() if need is not None)
    return {request_id: middle if need is None else need for request_id, need in known.items()}


def _median(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 1.0


def _cautions(
    first: Row[Any],
    offered: cautions.Days,
    taken: dict[tuple[int, date], tuple[int, int]],
) -> tuple[cautions.Caution, ...]:
    standing = cautions.Standing(first.paused_at is not None, first.clearance, first.clearance_expires_on)
    places = capacity.places(taken, first.partner_id, first.monthly_capacity, offered.period)
    return cautions.found(standing, places, offered, clearance_required=first.required)


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


def _lead(first: Row[Any] | None, second: float | None) -> str | None:
    if first is not None and first.steer_id is not None:
        return "by_hand"
    if first is None or second is None:
        return None
    # In units of closeness: what a request weighs makes its first candidate no clearer.
    return "clear_lead" if (first.score - second) / first.need >= CLEAR_LEAD else "close_call"
