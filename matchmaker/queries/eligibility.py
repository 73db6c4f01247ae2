"""The hard filters: who may be proposed for a request, and which rule excludes the others.

Each rule stands here twice: as a condition in SQL, asked about one partner or a page of them, and as an array operation
over a whole region's roll, which is twenty times faster. A test holds both to the same answer, partner by partner.
A missing fact never excludes. The order of the rules is the order of the funnel on the desk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchmaker.queries import capacity, clearances, known
from matchmaker.queries.clearances import Asked, Rulebook
from matchmaker.queries.known import Known
from matchmaker.queries.roll import Roll, on_globe
from models import (
    CapacityUnit,
    Clearance,
    LearningRequest,
    Partner,
    Region,
    School,
)

EARTH_RADIUS_MILES = 3958.8
FULL = "full"
_Days = tuple[list[date], date]


@dataclass(frozen=True)
class Verdict:
    """The first hard rule that excludes a partner, None when none does. ``distance`` in miles, None when unknown."""

    rule: str | None
    distance: float | None


@dataclass(frozen=True)
class Eligibility:
    """The n partners eligible for a request, and how many each rule excluded (each counted once, by the first).

    Attributes
    ----------
    roll
        Everybody who was looked at.
    places
        [n] where the eligible stand on the roll, ascending.
    miles
        [n] from the school; NaN where a place is unknown.
    full
        Places of those excluded only because their month is full: the request would be better off with them.
    units
        Of everybody on the roll, how many are held in the month that was looked at, its ``period``.
    pinned
        Partner and steer of everybody put forward by hand, in the order they were; eligible or not.
    open
        Ids of the request's open proposals, from an earlier ranking.
    """

    roll: Roll
    places: NDArray[np.int64]
    miles: NDArray[np.float64]
    excluded: dict[str, int]
    full: NDArray[np.int64]
    period: date
    units: NDArray[np.int64]
    pinned: list[tuple[int, int]]
    open: list[int]

    @property
    def partner_ids(self) -> NDArray[np.int64]:
        """[n] ids of the eligible, ascending."""
        return self.roll.partner_ids[self.places]


def for_request(session: Session, request: LearningRequest, roll: Roll, now: datetime) -> Eligibility:
    """Run the hard filters over everybody on a region's roll."""
    region = session.get_one(Region, request.region_id)
    days = _days(region, request, now)
    units = roll.units(capacity.held(session, region.id, _month(days)))
    book = Rulebook.of(session, region, [request.school_id], now)
    return _applied(
        request, days, roll, units, miles_from(request.school, roll), known.of_request(session, request), book
    )


def for_each(
    session: Session, region: Region, requests: Sequence[LearningRequest], roll: Roll, now: datetime
) -> Iterator[Eligibility]:
    """The same for many requests of a region, in their order: two queries, and one for each month they lie in."""
    said = known.of_each(session, region.id, requests)
    book = Rulebook.of(session, region, {request.school_id for request in requests}, now)
    days = [_days(region, request, now) for request in requests]
    units = {month: roll.units(capacity.held(session, region.id, month)) for month in set(map(_month, days))}
    miles = {school.id: miles_from(school, roll) for school in {request.school for request in requests}}
    for request, when in zip(requests, days, strict=True):
        held, away = units[_month(when)], miles[request.school_id]
        yield _applied(request, when, roll, held, away, said[request.id], book)


def _applied(
    request: LearningRequest,
    when: _Days,
    roll: Roll,
    units: NDArray[np.int64],
    miles: NDArray[np.float64],
    said: Known,
    book: Rulebook,
) -> Eligibility:
    days, first = when
    rules = {
        "not_reviewed": ~roll.reviewed,
        "paused": roll.paused,
        **{rule: roll.units(np.array([who for who, _ in said[rule]], dtype=np.int64)) > 0 for rule in known.RULES},
        "format": roll.formats.others_only(request.formats),
        "language": roll.languages.others_only(request.languages),
        "distance": ~roll.online & (miles > roll.radius_miles),
        "dates": roll.weekdays.others_only(_weekdays(days)),
        "clearance": book.over(Asked.of(request, first), roll)
        & (roll.uncleared | (roll.cleared_until < first.toordinal())),
        FULL: units >= roll.monthly_capacity,
    }
    left, excluded, full = _funnel(rules)
    return Eligibility(
        roll,
        left,
        miles[left],
        excluded,
        full,
        period=_month(when),
        units=units,
        pinned=sorted(said[known.PINNED], key=itemgetter(1)),
        open=[proposal_id for _, proposal_id in said[known.OPEN]],
    )


def _funnel(rules: dict[str, NDArray[np.bool_]]) -> tuple[NDArray[np.int64], dict[str, int], NDArray[np.int64]]:
    """Who is left after all rules, how many each excluded first, and who is kept out by a full month alone."""
    undecided = np.ones(len(rules[FULL]), dtype=bool)
    excluded: dict[str, int] = {}
    full = np.zeros_like(undecided)
    for name, flags in rules.items():
        found = undecided & flags
        if count := int(np.count_nonzero(found)):
            excluded[name] = count
        if name == FULL:
            full = found
        undecided &= ~flags
    return np.flatnonzero(undecided), excluded, np.flatnonzero(full)


def excluded_by(session: Session, request: LearningRequest, partner_id: int, now: datetime) -> str | None:
    """The rule that excludes one partner from a request now, or None."""
    rule, _ = _rule_and_distance(session, request, now)
    return session.scalar(select(rule).select_from(Partner).where(Partner.id == partner_id))


def verdicts(
    session: Session, request: LearningRequest, partner_ids: Iterable[int], now: datetime
) -> dict[int, Verdict]:
    """What the hard rules say now of some partners of the request's region."""
    rule, distance = _rule_and_distance(session, request, now)
    rows = session.execute(select(Partner.id, rule, distance).where(Partner.id.in_(set(partner_ids))))
    return {partner_id: Verdict(excluding, miles) for partner_id, excluding, miles in rows}


def excludes(session: Session, request: LearningRequest, rule: str | None, now: datetime) -> ColumnElement[bool]:
    """Whether this rule is the one that excludes a partner from a request now, None for no rule; for a WHERE."""
    excluding, _ = _rule_and_distance(session, request, now)
    return excluding.is_(None) if rule is None else excluding == rule


def kept_by_one(
    session: Session, request: LearningRequest, rules: Collection[str], now: datetime
) -> tuple[ColumnElement[bool], ColumnElement[str | None], ColumnElement[float | None]]:
    """Whether one hard rule alone, and one of these, excludes a partner from a request now; which, and the distance."""
    conditions, distance = _rules(session, request, now)
    excluding = case(*[(condition, literal(name)) for condition, name in conditions], else_=None)
    number = sum((cast(func.coalesce(condition, False), Integer) for condition, _ in conditions), start=literal(0))
    return and_(number == 1, excluding.in_(rules)), excluding, distance


def held_units(partner_id: InstrumentedAttribute[int], period: object) -> Select[int]:
    """How many units of a partner's month are held, as a correlated select."""
    return select(func.count(CapacityUnit.id)).where(
        CapacityUnit.partner_id == partner_id,
        CapacityUnit.period == period,
        CapacityUnit.released_at.is_(None),
    )


def _rule_and_distance(
    session: Session, request: LearningRequest, now: datetime
) -> tuple[ColumnElement[str | None], ColumnElement[float | None]]:
    rules, distance = _rules(session, request, now)
    return case(*[(condition, literal(name)) for condition, name in rules], else_=None), distance


def _rules(
    session: Session, request: LearningRequest, now: datetime
) -> tuple[list[tuple[ColumnElement[bool], str]], ColumnElement[float | None]]:
    """Every rule as a condition in SQL, in the order of the funnel, and the distance."""
    region = session.get_one(Region, request.region_id)
    distance = distance_miles(session.get_one(School, request.school_id))
    days, first = _days(region, request, now)
    decisions = known.decisions(region.id, request.id, request.teacher_id)
    barred = or_(Partner.clearance == Clearance.NONE, Partner.clearance_expires_on < first)
    held = held_units(Partner.id, first.replace(day=1)).scalar_subquery()
    rules: list[tuple[ColumnElement[bool], str]] = [
        (Partner.reviewed_at.is_(None), "not_reviewed"),
        (Partner.paused_at.is_not(None), "paused"),
        *((Partner.id.in_(chosen), rule) for rule, chosen in decisions.items()),
        (_none_shared(Partner.formats, request.formats), "format"),
        (_none_shared(Partner.languages, request.languages), "language"),
        (and_(~Partner.online, distance > Partner.radius_miles), "distance"),
        (_no_day(_weekdays(days)), "dates"),
        (and_(barred, clearances.needed(region, Partner.id, request, literal(first))), "clearance"),
        (held >= Partner.monthly_capacity, FULL),
    ]
    return rules, distance


def _days(region: Region, request: LearningRequest, now: datetime) -> _Days:
    """The days still to come that are offered, in the region's zone, and the first of them; today where none is."""
    zone = ZoneInfo(region.time_zone)
    days = [window.starts_at.astimezone(zone).date() for window in request.windows if window.starts_at > now]
    return days, min(days, default=now.astimezone(zone).date())


def _month(days: _Days) -> date:
    """The first of the month whose units count."""
    return days[1].replace(day=1)


def _weekdays(days: Iterable[date]) -> list[int]:
    return sorted({day.weekday() for day in days})


def _none_shared(column: InstrumentedAttribute[list[str]], wanted: list[str]) -> ColumnElement[bool]:
    if not wanted:
        return literal(False)
    return and_(func.cardinality(column) > 0, ~column.bool_op("&&")(cast(array(wanted), ARRAY(Text))))


def _no_day(weekdays: list[int]) -> ColumnElement[bool]:
    if not weekdays:
        return literal(False)
    shared = Partner.weekdays.bool_op("&&")(cast(array(weekdays), ARRAY(Integer)))
    return and_(func.cardinality(Partner.weekdays) > 0, ~shared)


def distance_miles(school: School) -> ColumnElement[float | None]:
    """Great-circle miles from the school to the partner (haversine); NULL when either place is unknown."""
    if school.latitude is None or school.longitude is None:
        return cast(literal(None), Partner.latitude.type)
    half_lat = func.radians(Partner.latitude - school.latitude) / 2
    half_lon = func.radians(Partner.longitude - school.longitude) / 2
    a = func.power(func.sin(half_lat), 2) + func.cos(func.radians(school.latitude)) * func.cos(
        func.radians(Partner.latitude)
    ) * func.power(func.sin(half_lon), 2)
    # Not least(1, a): it passes over NULL, and would put whoever has not said where at the other end of the earth.
    return 2 * EARTH_RADIUS_MILES * func.asin(func.sqrt(case((a > 1.0, 1.0), else_=a)))


def miles_from(school: School, roll: Roll) -> NDArray[np.float64]:
    """[n] the same for everybody on a roll, by the straight line through the globe; NaN where unknown."""
    if school.latitude is None or school.longitude is None:
        return np.full(len(roll.partner_ids), np.nan)
    apart = roll.globe - on_globe(np.radians([school.latitude]), np.radians([school.longitude]))
    half_chord = np.sqrt(np.einsum("ij,ij->i", apart, apart)) / 2
    # minimum, unlike PostgreSQL's least, hands NaN on.
    return 2 * EARTH_RADIUS_MILES * np.arcsin(np.minimum(half_chord, 1.0))
