"""When a visit needs a school clearance: a region's table of rules, asked of the circumstances of one visit.

`required` is the whole rule. It stands here in three forms, held to one answer by a test: asked of one pair, over a
whole roll, and as a condition in SQL. `bars` and `covers` then say what a partner's clearance is worth on a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    DateTime,
    Integer,
    Select,
    any_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from matchmaker.queries.roll import Roll
from models import (
    Clearance,
    ClearanceRule,
    FamilySchool,
    Introduction,
    IntroductionState,
    LearningRequest,
    Partner,
    Region,
    Visit,
    Window,
)

RENEWED_AHEAD = timedelta(days=90)
"""How long before its end renewing a clearance is worth a mail: it takes two weeks, and some need two tries."""
YEAR_BEGINS = 7
"""The month in which a school year begins."""
AGREED = (
    IntroductionState.ACCEPTED,
    IntroductionState.INTRODUCED,
    IntroductionState.SCHEDULED,
    IntroductionState.MET,
    IntroductionState.REFLECTED,
)
"""States in which a visit has been agreed and not called off; it counts once it has a date."""


@dataclass(frozen=True)
class Circumstances:
    """What the rules ask of a visit; ``models.ClearanceRule`` says what each means.

    Before there is a visit, ``supervised`` is what the network promises: that the teacher is there.
    """

    supervised: bool = True
    repeated: bool = False
    own_child: bool = False
    overnight: bool = False


CONDITIONS = ("supervised", "repeated", "own_child", "overnight")


@dataclass(frozen=True)
class Rule:
    """One row of the table; None is *whatever it is*."""

    supervised: bool | None
    repeated: bool | None
    own_child: bool | None
    overnight: bool | None
    required: bool

    def holds(self, circumstances: Circumstances) -> bool:
        """Whether the row speaks of such a visit."""
        return all(getattr(self, name) in (None, getattr(circumstances, name)) for name in CONDITIONS)


def required(rules: Iterable[Rule], circumstances: Circumstances, otherwise: bool) -> bool:
    """Whether a clearance is needed: the first row that holds decides, ``otherwise`` where none does."""
    return next((rule.required for rule in rules if rule.holds(circumstances)), otherwise)


def bars(clearance: Clearance, ends_on: date | None, day: date) -> bool:
    """Whether somebody is known to have no clearance on a day. What is not known bars nobody."""
    return clearance is Clearance.NONE or (ends_on is not None and ends_on < day)


def covers(clearance: Clearance, ends_on: date | None, day: date) -> bool:
    """Whether somebody is known to have a clearance on a day."""
    return clearance is Clearance.CLEARED and not bars(clearance, ends_on, day)


def to_renew(clearance: Clearance, ends_on: date | None, today: date) -> bool:
    """Whether a clearance is one to write to its owner about: none, not known, ended, or ending before long."""
    if clearance is Clearance.CLEARED:
        return ends_on is not None and ends_on <= today + RENEWED_AHEAD
    return clearance is not Clearance.IN_PROCESS


@dataclass(frozen=True)
class Asked:
    """What of a request the rules look at: its visits, and ``first``, the first day that it offers."""

    request_id: int
    school_id: int
    series: bool
    overnight: bool
    first: date

    @classmethod
    def of(cls, request: LearningRequest, first: date) -> Asked:
        """A request's."""
        return cls(request.id, request.school_id, "series" in request.formats, request.overnight, first)


@dataclass(frozen=True)
class Rulebook:
    """A region's rules, in order, with the pairs that they depend on at some of its schools.

    ``family`` holds partners by the school of their children, ``visited`` (partner, request) by school and school year.
    """

    rules: tuple[Rule, ...]
    otherwise: bool
    family: Mapping[int, frozenset[int]]
    visited: Mapping[tuple[int, int], frozenset[tuple[int, int]]]

    @classmethod
    def of(cls, session: Session, region: Region, school_ids: Iterable[int], now: datetime) -> Rulebook:
        """The rules as they are for these schools from this school year on, in one query."""
        zone = ZoneInfo(region.time_zone)
        asked = {
            "region": region.id,
            "schools": sorted(set(school_ids)),
            "since": datetime(school_year(now.astimezone(zone).date()), YEAR_BEGINS, 1, tzinfo=zone),
        }
        rules: dict[int, Rule] = {}
        family: dict[int, set[int]] = {}
        visited: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for name, who, school_id, request_id, at, *row in session.execute(_BOOK, asked):
            if name == "rule":
                rules[who] = Rule(*row)
            elif name == "family":
                family.setdefault(school_id, set()).add(who)
            else:
                year = school_year(at.astimezone(zone).date())
                visited.setdefault((school_id, year), set()).add((who, request_id))
        return cls(
            tuple(rules[position] for position in sorted(rules)),
            region.clearance_required,
            {school_id: frozenset(who) for school_id, who in family.items()},
            {place: frozenset(who) for place, who in visited.items()},
        )

    def circumstances(self, asked: Asked, partner_id: int, *, supervised: bool = True) -> Circumstances:
        """Of a visit of this partner for this request."""
        return Circumstances(
            supervised=supervised,
            repeated=asked.series or partner_id in self._others(asked),
            own_child=partner_id in self.family.get(asked.school_id, ()),
            overnight=asked.overnight,
        )

    def required(self, asked: Asked, partner_id: int, *, supervised: bool = True) -> bool:
        """Whether this partner needs a clearance for this request, or for a visit that came of it."""
        return required(self.rules, self.circumstances(asked, partner_id, supervised=supervised), self.otherwise)

    def over(self, asked: Asked, roll: Roll) -> NDArray[np.bool_]:
        """[n] the same for everybody on a roll."""
        answers = np.array(
            [
                [
                    required(self.rules, Circumstances(True, repeated, own_child, asked.overnight), self.otherwise)
                    for own_child in (False, True)
                ]
                for repeated in (False, True)
            ]
        )
        repeated = np.full(len(roll.partner_ids), asked.series)
        repeated[roll.places(np.array(sorted(self._others(asked)), dtype=np.int64))] = True
        own_child = np.zeros(len(roll.partner_ids), dtype=bool)
        own_child[roll.places(np.array(sorted(self.family.get(asked.school_id, ())), dtype=np.int64))] = True
        found: NDArray[np.bool_] = answers[repeated.astype(np.int8), own_child.astype(np.int8)]
        return found

    def _others(self, asked: Asked) -> set[int]:
        """Partners with another request's visit at the school in the school year."""
        pairs = self.visited.get((asked.school_id, school_year(asked.first)), ())
        return {partner_id for partner_id, request_id in pairs if request_id != asked.request_id}


def needed(
    region: Region,
    partner_id: ColumnElement[int] | InstrumentedAttribute[int],
    request: type[LearningRequest] | LearningRequest,
    first: ColumnElement[date],
) -> ColumnElement[bool]:
    """Whether a partner needs a clearance for a request, in SQL. ``first`` is the first day that the request offers.

    ``request`` is one request, or the table of a query that reads many.
    """
    own = select(_Own.id).where(or_(_Own.id == partner_id, _Own.merged_into_id == partner_id))
    others = _visits(region.id).where(
        Introduction.partner_id.in_(own.correlate_except(_Own)),
        _Asking.school_id == request.school_id,
        _Asking.id != request.id,
        _year(func.timezone(region.time_zone, _VISIT_AT)) == _year(first),
    )
    family = select(FamilySchool.id).where(
        FamilySchool.region_id == region.id,
        FamilySchool.partner_id == partner_id,
        FamilySchool.school_id == request.school_id,
    )
    # Told so, because what they correlate with stands two levels out, where SQLAlchemy does not look by itself.
    others = others.correlate_except(Introduction, _Asking, Visit, Window)
    family = family.correlate_except(FamilySchool)
    held: dict[str, ColumnElement[bool]] = {
        "supervised": literal(Circumstances().supervised),
        "repeated": or_(literal("series") == any_(_column(request.formats)), others.exists()),
        "own_child": family.exists(),
        "overnight": _column(request.overnight),
    }
    holds = (or_((rule := getattr(ClearanceRule, name)).is_(None), rule == fact) for name, fact in held.items())
    decides = (
        select(ClearanceRule.required)
        .where(ClearanceRule.region_id == region.id, *holds)
        .order_by(ClearanceRule.position)
        .limit(1)
    )
    return func.coalesce(decides.correlate_except(ClearanceRule).scalar_subquery(), region.clearance_required)


def rules_of(session: Session, region_id: int) -> Sequence[ClearanceRule]:
    """A region's rules in order."""
    return session.scalars(
        select(ClearanceRule).where(ClearanceRule.region_id == region_id).order_by(ClearanceRule.position)
    ).all()


def family_schools(session: Session, partner_id: int) -> Sequence[int]:
    """The schools that children of a partner's go to, by id."""
    return session.scalars(select(FamilySchool.school_id).where(FamilySchool.partner_id == partner_id)).all()


def of_introduction(session: Session, introduction: Introduction, day: date, *, supervised: bool) -> bool:
    """Whether a clearance is needed for a visit of an introduction on a day."""
    request = introduction.request
    region = session.get_one(Region, introduction.region_id)
    noon = datetime.combine(day, time(12), ZoneInfo(region.time_zone))
    book = Rulebook.of(session, region, [request.school_id], noon)
    return book.required(Asked.of(request, day), introduction.partner_id, supervised=supervised)


def school_year(day: date) -> int:
    """The calendar year in which a day's school year began."""
    return day.year if day.month >= YEAR_BEGINS else day.year - 1


_Asking = aliased(LearningRequest)
_Own = aliased(Partner)
"""A partner, and the profiles that were merged into theirs: whose visits count as theirs."""
_VISIT_AT = func.coalesce(Visit.starts_at, Window.starts_at)


def _visits(region_id: Any) -> Select[Any]:
    """Agreed visits of a region that have a date; their requests are ``_Asking``."""
    found: Select[Any] = (
        select(Introduction.partner_id)
        .select_from(Introduction)
        .join(_Asking, _Asking.id == Introduction.request_id)
        .outerjoin(Visit, Visit.introduction_id == Introduction.id)
        .outerjoin(Window, Window.id == Introduction.window_id)
        .where(
            Introduction.region_id == region_id,
            _Asking.region_id == region_id,
            Introduction.state.in_(AGREED),
            or_(Visit.id.is_not(None), Window.id.is_not(None)),
        )
    )
    return found


def _year(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """`school_year`, in SQL."""
    return func.date_part("year", day - func.make_interval(0, YEAR_BEGINS - 1))


def _column(value: Any) -> ColumnElement[Any]:
    return value.expression if isinstance(value, InstrumentedAttribute) else literal(value)


def _asks(name: str) -> ColumnElement[bool]:
    """Whether any rule looks at a condition; PostgreSQL asks once, and spares itself the rest where none does."""
    column: ColumnElement[Any] = getattr(ClearanceRule, name)
    return exists().where(ClearanceRule.region_id == bindparam("region"), column.is_not(None))


_SCHOOLS = any_(bindparam("schools", type_=ARRAY(Integer)))
_NO_RULE = tuple(cast(null(), Boolean).label(name) for name in (*CONDITIONS, "required"))
_NOTHING = cast(null(), Integer)
# Written out once: putting it together takes longer than asking it.
_BOOK: CompoundSelect[Any] = union_all(
    select(
        literal("rule"), ClearanceRule.position, _NOTHING, _NOTHING, cast(null(), DateTime(timezone=True)),
        *(getattr(ClearanceRule, name) for name in (*CONDITIONS, "required")),
    ).where(ClearanceRule.region_id == bindparam("region")),
    select(
        literal("family"), FamilySchool.partner_id, FamilySchool.school_id, _NOTHING,
        cast(null(), DateTime(timezone=True)), *_NO_RULE,
    ).where(FamilySchool.region_id == bindparam("region"), FamilySchool.school_id == _SCHOOLS, _asks("own_child")),
    _visits(bindparam("region"))
    .join(_Own, _Own.id == Introduction.partner_id)
    .with_only_columns(
        literal("visited"), func.coalesce(_Own.merged_into_id, _Own.id), _Asking.school_id, _Asking.id, _VISIT_AT,
        *_NO_RULE,
    )
    .where(_Asking.school_id == _SCHOOLS, bindparam("since") <= _VISIT_AT, _asks("repeated")),
)  # fmt: skip
