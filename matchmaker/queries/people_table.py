"""The table of partners: whom a filter leaves, in which order, and what a coordinator sees of each at a glance.

What happened under a profile that was merged into another counts for the one that took it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Subquery,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, selectinload

from matchmaker.queries import by_hand, capacity, duplicates, paging, supervision
from matchmaker.queries.clearances import YEAR_BEGINS, school_year
from models import (
    LIVE_INTRODUCTIONS,
    Account,
    CapacityUnit,
    Clearance,
    Introduction,
    IntroductionState,
    Membership,
    Partner,
    Region,
    Role,
    Teacher,
    Visit,
    Window,
)

SOON = timedelta(days=45)
"""How long before its end a clearance is a caution: renewing one takes about two weeks."""
NEW = timedelta(days=90)
"""How long somebody is new; the equity policy's newness is the same."""
_TOOK_PLACE = (IntroductionState.SCHEDULED, IntroductionState.MET, IntroductionState.REFLECTED)


@dataclass(frozen=True)
class Filters:
    """What a coordinator asked for; an empty text or False leaves everybody. ``sort`` begins with - for the reverse."""

    words: str = ""
    language: str = ""
    clearance: str = ""
    month: str = ""
    standing: str = ""
    sort: str = "clearance"


@dataclass(frozen=True)
class Line:
    """One partner in the table.

    ``ahead`` are invitations and visits under way, ``year`` the visits of this school year. ``unanswered`` are the
    invitations that ended without an answer since the last one that had one, the first of them of ``silent_since``.
    """

    partner: Partner
    places: capacity.Places
    invited_at: datetime | None
    visited_at: datetime | None
    ahead: int
    year: int
    unanswered: int
    silent_since: datetime | None


@dataclass(frozen=True)
class Overview:
    """A region's partners in numbers, and the languages that any of them speaks.

    ``soon`` clearances end within `SOON`, ``too_soon`` of them before a visit that is agreed.
    """

    everybody: int
    found: int
    soon: int
    too_soon: int
    to_review: int
    waiting_teachers: int
    doubles: int
    languages: tuple[str, ...]


class Table:
    """A region's partners at one moment, as some filters leave them."""

    def __init__(self, region: Region, filters: Filters, now: datetime) -> None:
        self.region, self.filters, self.now = region, filters, now
        self.today = now.astimezone(ZoneInfo(region.time_zone)).date()
        self.period = self.today.replace(day=1)
        self._units = _units(region.id, self.period)
        self._past = _past(region, self.today, now)

    def overview(self, session: Session) -> Overview:
        """The numbers above the table, in one query."""
        everybody = select(func.count(Partner.id)).where(*_present(self.region.id))
        ends = everybody.where(
            Partner.clearance == Clearance.CLEARED,
            Partner.clearance_expires_on.between(self.today, self.today + SOON),
        )
        spoken = select(func.unnest(Partner.languages).label("code")).where(*_present(self.region.id)).distinct()
        row = session.execute(
            select(
                everybody.scalar_subquery().label("everybody"),
                self._matching(func.count(Partner.id)).scalar_subquery().label("found"),
                ends.scalar_subquery().label("soon"),
                ends.where(self._before_visit()).scalar_subquery().label("too_soon"),
                everybody.where(Partner.reviewed_at.is_(None)).scalar_subquery().label("to_review"),
                _waiting_teachers(self.region.id).scalar_subquery().label("waiting_teachers"),
                select(func.count()).select_from(duplicates.pairs(self.region.id).subquery()).scalar_subquery()
                .label("doubles"),
                select(func.array_agg(spoken.subquery().c.code)).scalar_subquery().label("languages"),
            )
        ).one()  # fmt: skip
        numbers = {**row._mapping, "languages": tuple(sorted(row.languages or ()))}
        return Overview(**numbers)

    def page(self, session: Session, total: int, wanted: int) -> paging.Page[Line]:
        """A page of ``total`` lines; two queries."""
        page, pages, before = paging.span(total, wanted)
        columns = (Partner, *(column for column in self._units.c[1:]), *(column for column in self._past.c[1:]))
        query = self._matching(*columns).options(selectinload(Partner.funds))
        rows = session.execute(
            query.order_by(*self._order(), func.folded(Partner.name), Partner.id).limit(paging.PAGE).offset(before)
        ).all()
        lines = [self._line(*row) for row in rows]
        return paging.Page(lines, page, pages, before + 1 if lines else 0, before + len(lines), total)

    def of_partner(self, session: Session, partner: Partner) -> Line:
        """One partner's line, whatever the filters."""
        query = select(Partner, *self._units.c[1:], *self._past.c[1:]).where(Partner.id == partner.id)
        return self._line(*session.execute(self._joined(query)).one())

    def _matching(self, *columns: Any) -> Select[Any]:
        query = self._joined(select(*columns)).where(*_present(self.region.id))
        return query.where(*self._conditions())

    def _joined(self, query: Select[Any]) -> Select[Any]:
        return (
            query.select_from(Partner)
            .outerjoin(self._units, self._units.c.partner_id == Partner.id)
            .outerjoin(self._past, self._past.c.partner_id == Partner.id)
        )

    def _line(self, partner: Partner, agreed: int | None, held: int | None, *past: Any) -> Line:
        invited_at, visited_at, ahead, year, unanswered, silent_since = past
        places = capacity.Places(self.period, agreed or 0, held or 0, partner.monthly_capacity)
        return Line(partner, places, invited_at, visited_at, ahead or 0, year or 0, unanswered or 0, silent_since)

    def _conditions(self) -> list[ColumnElement[bool]]:
        asked = self.filters
        conditions = [
            self._clearances().get(asked.clearance, true()),
            self._months().get(asked.month, true()),
            self._standings().get(asked.standing, true()),
        ]
        if asked.language:
            conditions.append(Partner.languages.contains([asked.language]))
        if asked.words:
            told = by_hand.tokens(asked.words)
            conditions += by_hand.telling(self.region.id, told) or [false()]
        return conditions

    def _clearances(self) -> dict[str, ColumnElement[bool]]:
        cleared, ends = Partner.clearance == Clearance.CLEARED, Partner.clearance_expires_on
        return {
            "counts": and_(cleared, or_(ends.is_(None), ends >= self.today)),
            "soon": and_(cleared, ends.between(self.today, self.today + SOON)),
            "ended": and_(cleared, ends < self.today),
            "in_process": Partner.clearance == Clearance.IN_PROCESS,
            "none": Partner.clearance.in_((Clearance.NONE, Clearance.UNKNOWN)),
        }

    def _months(self) -> dict[str, ColumnElement[bool]]:
        taken = self._taken()
        free = and_(taken < Partner.monthly_capacity, Partner.paused_at.is_(None))
        return {"free": free, "full": taken >= Partner.monthly_capacity}

    def _standings(self) -> dict[str, ColumnElement[bool]]:
        return {
            "active": and_(Partner.paused_at.is_(None), Partner.reviewed_at.is_not(None)),
            "paused": Partner.paused_at.is_not(None),
            "silent": func.coalesce(self._past.c.unanswered, 0) > 0,
            "new": Partner.joined_on > self.today - NEW,
            "review": Partner.reviewed_at.is_(None),
        }

    def _order(self) -> tuple[ColumnElement[Any], ...]:
        key, past = self.filters.sort.removeprefix("-"), self._past.c
        back = self.filters.sort.startswith("-")
        column: ColumnElement[Any] = {
            "clearance": Partner.clearance_expires_on.expression,
            "name": func.folded(Partner.name),
            "month": self._taken() - Partner.monthly_capacity,
            "invited": func.coalesce(past.invited_at, literal(datetime.min)),
            "visited": func.coalesce(past.visited_at, literal(datetime.min)),
            "load": func.coalesce(past.ahead, 0) * 1000 + func.coalesce(past.year, 0),
            "silent": -func.coalesce(past.unanswered, 0),
        }[key]
        return (column.desc().nulls_last() if back else column.asc().nulls_last(),)

    def _taken(self) -> ColumnElement[int]:
        return func.coalesce(self._units.c.agreed, 0) + func.coalesce(self._units.c.held, 0)

    def _before_visit(self) -> ColumnElement[bool]:
        """Whether a visit is agreed for a day after the clearance has ended."""
        day = cast(func.timezone(self.region.time_zone, Visit.starts_at), Date)
        ahead = supervision.ahead(self.region.id, self.now).where(
            Introduction.partner_id == Partner.id, day > Partner.clearance_expires_on
        )
        return ahead.correlate(Partner).exists()


def _present(region_id: int) -> tuple[ColumnElement[bool], ...]:
    return Partner.region_id == region_id, Partner.merged_into_id.is_(None)


def _units(region_id: int, period: date) -> Subquery:
    """Of each partner with any: units agreed and held in a month."""
    here = capacity.units_taken().where(CapacityUnit.region_id == region_id, CapacityUnit.period == period).subquery()
    return select(here.c.partner_id, here.c.agreed, here.c.held).subquery()


def _past(region: Region, today: date, now: datetime) -> Subquery:
    """Of each partner who was ever invited: the columns that end a `Line`, in their order."""
    who = func.coalesce(Partner.merged_into_id, Partner.id).label("partner_id")
    year = datetime(school_year(today), YEAR_BEGINS, 1, tzinfo=ZoneInfo(region.time_zone))
    # What a network brought along from before has the date that was chosen, and no visit of ours.
    at = func.coalesce(Visit.starts_at, Window.starts_at)
    came = and_(at < now, Visit.cancelled_at.is_(None), Introduction.state.in_(_TOOK_PLACE))
    each = (
        select(
            who,
            Introduction.invited_at,
            func.max(Introduction.answered_at).over(partition_by=who).label("answered_at"),
            at.label("starts_at"),
            came.label("came"),
            Introduction.state.in_(LIVE_INTRODUCTIONS).label("live"),
            and_(Introduction.state == IntroductionState.LAPSED, Introduction.answered_at.is_(None)).label("lapsed"),
        )
        .select_from(Introduction)
        .join(Partner, Partner.id == Introduction.partner_id)
        .outerjoin(Visit, Visit.introduction_id == Introduction.id)
        .outerjoin(Window, Window.id == Introduction.window_id)
        .where(Introduction.region_id == region.id)
        .subquery()
    )
    silent = and_(each.c.lapsed, or_(each.c.answered_at.is_(None), each.c.invited_at > each.c.answered_at))
    ahead = and_(each.c.live, ~func.coalesce(each.c.came, False))
    return (
        select(
            each.c.partner_id,
            func.max(each.c.invited_at).label("invited_at"),
            func.max(each.c.starts_at).filter(each.c.came).label("visited_at"),
            func.count().filter(ahead).label("ahead"),
            func.count().filter(and_(each.c.came, each.c.starts_at >= year)).label("year"),
            func.count().filter(silent).label("unanswered"),
            func.min(each.c.invited_at).filter(silent).label("silent_since"),
        )
        .group_by(each.c.partner_id)
        .subquery()
    )


def _waiting_teachers(region_id: int) -> Select[int]:
    """How many teachers wait for a coordinator's word."""
    return (
        select(func.count(Membership.id))
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.region_id == region_id,
            Membership.role == Role.TEACHER,
            Membership.since.is_(None),
            Membership.until.is_(None),
            Account.confirmed_at.is_not(None),
            exists().where(Teacher.account_id == Account.id, Teacher.region_id == region_id),
        )
    )


def merged_into(session: Session, partner_id: int) -> Sequence[Partner]:
    """Profiles that were merged into one, by name."""
    return session.scalars(
        select(Partner).where(Partner.merged_into_id == partner_id).order_by(Partner.name, Partner.id)
    ).all()
