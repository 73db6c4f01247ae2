"""The queue of the desk: each request that waits, in its section, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Row, Select, cast, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from matchmaker.queries import cautions, deadlines
from matchmaker.queries.desk.leaders import lead, leaders, warned
from matchmaker.queries.desk.lines import last_needs, needs_of, places_in_line
from matchmaker.queries.desk.view import SECTIONS, View
from matchmaker.queries.desk.waits import anew, stuck, waiting_of
from models import Account, District, Introduction, IntroductionState, LearningRequest, Region, School, Window

_CAME_TO_NOTHING = (
    IntroductionState.NOT_NOW,
    IntroductionState.LAPSED,
    IntroductionState.WITHDRAWN,
    IntroductionState.CANCELLED,
    IntroductionState.NOT_HELD,
)
_Owner, _Holder = aliased(Account), aliased(Account)


@dataclass(frozen=True)
class Waiting:
    """A request in the queue. ``score`` and ``closeness`` are its first candidate's, ``lead`` how clearly that one
    leads; ``proposal_id`` and ``ranking_id`` are that candidate's. ``spoken`` are the languages it is written in or
    asks for; ``late`` says that it waits longer than the region promises. ``held_until`` is set while it is put aside;
    ``anew`` says that its teacher has changed it since it was ranked.
    """

    id: int
    title: str
    language: str
    grade: int | None
    subject: str | None
    spoken: frozenset[str]
    school_id: int
    school_name: str
    district_id: int | None
    district_name: str | None
    posted_at: datetime
    waiting_days: int
    late: bool
    section: str
    line: str
    score: float | None
    closeness: float | None
    lead: str | None
    proposal_id: int | None
    ranking_id: int | None
    assigned_to_id: int | None
    assigned_to: str | None
    held_until: datetime | None
    held_by: str | None
    anew: bool

    @property
    def obvious(self) -> bool:
        """Whether it may be approved with others at once: no caution about its first candidate, who leads clearly."""
        return self.section == "ready" and self.lead == "clear_lead"


@dataclass(frozen=True)
class Seen:
    """What one view shows of the queue: its ``rows``, out of ``of`` that its section holds, and how many pass its
    filters in each section. ``view`` has its section settled."""

    view: View
    rows: tuple[Waiting, ...]
    of: int
    counts: dict[str, int]

    def after(self, request_id: int) -> int | None:
        """The request that follows, the first one at the end, None when there is no other."""
        ids = [item.id for item in self.rows]
        place = ids.index(request_id) if request_id in ids else -1
        return next((other for other in ids[place + 1 :] + ids[: max(place, 0)] if other != request_id), None)


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

    @property
    def to_review(self) -> list[Waiting]:
        """All but what is put aside for now."""
        return [item for item in self.waiting if item.section != "held"]

    def item(self, request_id: int) -> Waiting | None:
        """One request of the queue."""
        return next((item for item in self.waiting if item.id == request_id), None)

    def seen(self, view: View, reader_id: int | None, opened: int | None = None) -> Seen:
        """What a view shows to a reader: the section of the request that is open, else the one asked for, else the
        first with something in it."""
        admitted = [item for item in self.waiting if view.admits(item, reader_id)]
        counts = {name: sum(item.section == name for item in admitted) for name in SECTIONS}
        item = self.item(opened) if opened else None
        first = next((name for name in SECTIONS if counts[name]), SECTIONS[0])
        settled = view.of(item.section if item else view.section or first)
        rows = settled.sorted(each for each in admitted if each.section == settled.section)
        return Seen(settled, tuple(rows), self.counts[settled.section], counts)


def queue(session: Session, region: Region, now: datetime) -> Queue:
    """Everything that waits in a region, in two queries, however many wait."""
    requests = session.execute(_requests(region, now)).all()
    firsts = leaders(session, region, now)
    lines = places_in_line(needs_of(requests, firsts))
    items = (_waiting(row, firsts.get(row.id), lines[row.id], region, now) for row in requests)
    return Queue(tuple(View().sorted(items)))


def _waiting(row: Row[Any], first: Row[Any] | None, line: str, region: Region, now: datetime) -> Waiting:
    held = row.held_until is not None and row.held_until > now
    return Waiting(
        id=row.id,
        title=row.title,
        language=row.language,
        grade=row.grade,
        subject=row.subject,
        spoken=frozenset((row.language, *row.languages)),
        school_id=row.school_id,
        school_name=row.school_name,
        district_id=row.district_id,
        district_name=row.district_name,
        posted_at=row.posted_at,
        waiting_days=(now - row.posted_at).days,
        late=bool(row.late),
        section="held" if held else _section(row, first, region, now),
        line=line,
        score=first.score if first else None,
        closeness=first.relevance if first else None,
        lead=lead(first),
        proposal_id=first.id if first else None,
        ranking_id=first.ranking_id if first else None,
        assigned_to_id=row.assigned_to_id,
        assigned_to=row.assigned_to,
        held_until=row.held_until if held else None,
        held_by=row.held_by if held else None,
        anew=row.anew,
    )


def _section(row: Row[Any], first: Row[Any] | None, region: Region, now: datetime) -> str:
    if row.stuck or row.anew:
        return "closer"
    if first is None:
        return "none_yet"
    return "closer" if row.came_back or warned(first, cautions.days(row.starts or (), region, now)) else "ready"


def _requests(region: Region, now: datetime) -> Select[Any]:
    request, last = LearningRequest, last_needs(region.id)
    came_back = exists().where(Introduction.request_id == request.id, Introduction.state.in_(_CAME_TO_NOTHING))
    starts = (
        select(func.array_agg(aggregate_order_by(Window.starts_at, Window.starts_at)))
        .where(Window.request_id == request.id)
        .scalar_subquery()
    )
    today = now.astimezone(ZoneInfo(region.time_zone)).date()
    posted_on = cast(func.timezone(region.time_zone, request.posted_at), Date)
    columns: tuple[Any, ...] = (
        request.id, request.title, request.language, request.languages, request.grade, request.subject,
        request.posted_at, request.school_id, request.assigned_to_id, request.held_until,
        School.name.label("school_name"), School.district_id, District.name.label("district_name"),
        _Owner.name.label("assigned_to"), _Holder.name.label("held_by"), last.c.need.label("last_need"),
        (posted_on < deadlines.promised_since(region, today)).label("late"),
        starts.label("starts"), came_back.label("came_back"), stuck().label("stuck"), anew().label("anew"),
    )  # fmt: skip
    return (
        select(*columns)
        .join(School, School.id == request.school_id)
        .outerjoin(District, District.id == School.district_id)
        .outerjoin(_Owner, _Owner.id == request.assigned_to_id)
        .outerjoin(_Holder, _Holder.id == request.held_by_id)
        .outerjoin(last, last.c.school_id == request.school_id)
        .where(waiting_of(region.id))
    )
