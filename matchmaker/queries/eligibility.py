"""The hard filters, in SQL: who may be proposed for a request, and which rule excludes the others.

A missing fact never excludes. The order of the rules is the order of the funnel on the desk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import (
    CapacityUnit,
    Clearance,
    Introduction,
    IntroductionState,
    LearningRequest,
    Partner,
    Proposal,
    ProposalState,
    Region,
    School,
    Separation,
    Steer,
    SteerKind,
)

EARTH_RADIUS_MILES = 3958.8
FULL = "full"


@dataclass(frozen=True)
class Eligible:
    """One partner who passes every hard rule. ``distance`` is in miles, None when a place is unknown."""

    partner_id: int
    distance: float | None


@dataclass(frozen=True)
class Verdict:
    """The first hard rule that excludes a partner, None when none does. ``distance`` as in ``Eligible``."""

    rule: str | None
    distance: float | None


@dataclass(frozen=True)
class Eligibility:
    """Everyone eligible for a request, and how many partners each rule excluded (each counted once, by the first)."""

    eligible: list[Eligible]
    excluded: dict[str, int]
    full: list[int]
    """Ids of those excluded only because their month is full: the request would be better off with them."""


def for_request(session: Session, request: LearningRequest, now: datetime) -> Eligibility:
    """Run the hard filters over the region's partners."""
    rule, distance = _rule_and_distance(session, request, now)
    rows = session.execute(
        select(Partner.id, rule.label("rule"), distance.label("distance"))
        .where(Partner.region_id == request.region_id)
        .order_by(Partner.id)
    )
    eligible: list[Eligible] = []
    excluded: dict[str, int] = {}
    full: list[int] = []
    for partner_id, excluding, miles in rows:
        if excluding is None:
            eligible.append(Eligible(partner_id, miles))
        else:
            excluded[excluding] = excluded.get(excluding, 0) + 1
            if excluding == FULL:
                full.append(partner_id)
    return Eligibility(eligible, excluded, full)


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
    region = session.get_one(Region, request.region_id)
    school = session.get_one(School, request.school_id)
    distance = distance_miles(school)
    zone = ZoneInfo(region.time_zone)
    days = [window.starts_at.astimezone(zone).date() for window in request.windows if window.starts_at > now]
    first = min(days, default=now.astimezone(zone).date())
    asked, answered = _history(request)
    rules: list[tuple[ColumnElement[bool], str]] = [
        (Partner.reviewed_at.is_(None), "not_reviewed"),
        (Partner.paused_at.is_not(None), "paused"),
        (asked, "passed"),
        (
            exists().where(
                Steer.request_id == request.id,
                Steer.partner_id == Partner.id,
                Steer.kind == SteerKind.SET_ASIDE,
                Steer.released_at.is_(None),
            ),
            "set_aside",
        ),
        (answered, "said_not_now"),
        (
            exists().where(Separation.partner_id == Partner.id, Separation.teacher_id == request.teacher_id),
            "must_not_meet",
        ),
        (_none_shared(Partner.formats, request.formats), "format"),
        (_none_shared(Partner.languages, request.languages), "language"),
        (and_(~Partner.online, distance > Partner.radius_miles), "distance"),
        (_no_day(sorted({day.weekday() for day in days})), "dates"),
    ]
    if region.clearance_required:
        ended = Partner.clearance_expires_on < first
        rules.append((or_(Partner.clearance == Clearance.NONE, ended), "clearance"))
    held = held_units(Partner.id, first.replace(day=1)).scalar_subquery()
    rules.append((held >= Partner.monthly_capacity, FULL))
    excluding = case(*[(condition, literal(name)) for condition, name in rules], else_=None)
    return excluding, distance


def _history(request: LearningRequest) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Earlier decisions on the same request: a coordinator passed, or the partner said not now."""
    passed = exists().where(
        Proposal.request_id == request.id,
        Proposal.partner_id == Partner.id,
        Proposal.state == ProposalState.PASSED,
    )
    said_not_now = exists().where(
        Introduction.request_id == request.id,
        Introduction.partner_id == Partner.id,
        Introduction.state.in_((IntroductionState.NOT_NOW, IntroductionState.LAPSED)),
    )
    return passed, said_not_now


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
