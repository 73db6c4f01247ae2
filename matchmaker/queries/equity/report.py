"""All figures of the two pages: with schools named for those who work on them, and for everybody without a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from matching.disclosure import LEAST
from matchmaker.queries import fairness, rankings, schools
from matchmaker.queries.equity import afterwards, asked, looking, moved, outlook, partners, promises, service
from matchmaker.queries.equity.outlook import Change, Outlook
from models import EquityPolicy, Region, School


@dataclass(frozen=True)
class Headline:
    """The figures of the first sentence. ``open`` requests of the plan find somebody as ``found`` says; ``first`` is
    the share that the schools of the most documented need get."""

    asked: int
    met: int
    open: int
    found: Change | None
    first: Change | None
    kept: float | None


@dataclass(frozen=True)
class Curve:
    """Points of a Lorenz curve: share of schools, share of what is given before and by the plan."""

    schools: int
    points: tuple[tuple[float, float, float], ...]
    gini: Change


@dataclass(frozen=True)
class Figures:
    """What both pages tell. ``whole``: of all requests so far, not only of those of the school year. ``came``: whether
    any visit has come to its day in this school year; what came of them is of that year alone, on both pages."""

    since: datetime
    whole: bool
    planned_at: datetime | None
    softened: int
    schools: int
    headline: Headline
    promises: list[promises.Promise]
    by_need: list[service.Group]
    by_locale: list[service.Group]
    came: bool
    afterwards: list[afterwards.Group]
    exposure: list[partners.Exposure]
    curve: Curve | None
    worst_tenth: Change | None
    waiting: asked.Waiting
    load: partners.Load


@dataclass(frozen=True)
class Named:
    """The whole report, for coordinators, admins and funders."""

    figures: Figures
    policy: EquityPolicy
    planned_with_it: bool
    moved: list[moved.Moved]
    wanted: list[looking.Wanted]


@dataclass(frozen=True)
class Public:
    """The report that everybody may read: totals and groups, nobody named."""

    figures: Figures
    wanted: list[looking.Topic]


@dataclass(frozen=True)
class _Read:
    """What both reports are made of, read once."""

    schools: Sequence[School]
    standings: dict[int, fairness.SchoolStanding]
    policy: EquityPolicy
    outlook: Outlook | None
    requests: list[asked.Asked]
    partners: list[partners.Listed]
    figures: Figures


def named(session: Session, region: Region, now: datetime, *, whole: bool = False) -> Named:
    """Figures with schools named, of this school year's requests or of all so far."""
    read = _read(session, region, now, whole=whole)
    nobody = looking.without(read.requests, read.outlook)
    by_id = {school.id: school for school in read.schools}
    return Named(
        figures=read.figures,
        policy=read.policy,
        planned_with_it=read.outlook is not None and read.outlook.policy_id == read.policy.id,
        moved=moved.of_plan(read.schools, read.standings, read.requests, read.outlook) if read.outlook else [],
        wanted=looking.by_place(session, nobody, by_id, read.outlook),
    )


def public(session: Session, region: Region, now: datetime) -> Public:
    """Figures of groups alone, and of this school year: all so far would tell, by subtraction, who asked before."""
    read = _read(session, region, now, publish=True)
    return Public(read.figures, looking.by_subject(looking.without(read.requests, read.outlook)))


def _read(session: Session, region: Region, now: datetime, *, publish: bool = False, whole: bool = False) -> _Read:
    least = LEAST if publish else 0
    policy = rankings.policy_in_effect(session, region.id)
    plan = outlook.in_effect(session, region.id)
    listed = schools.of_region(session, region.id)
    standings = fairness.standings(session, region.id, fairness.policy_of(policy), now, listed=listed)
    requests = asked.read(session, region, now, whole=whole)
    people = partners.listed(session, region, now)
    counted = requests if whole else [each for each in requests if each.this_year]
    # What is promised is one figure, whoever reads it: of the groups that may be told to everybody.
    shown = service.both(listed, standings, counted, plan, publish=True)
    by_need, by_locale = shown if publish else service.both(listed, standings, counted, plan, publish=False)
    exposure = partners.exposure(people, plan)
    since = asked.year_start(region, now)
    came = afterwards.read(session, region, since, now)
    figures = Figures(
        since=since,
        whole=whole,
        planned_at=plan.finished_at if plan else None,
        softened=plan.certificate.softened if plan else 0,
        schools=len(listed),
        headline=_headline(counted, shown[0], plan),
        promises=promises.of_plan(session, plan, shown[0]) if plan else [],
        by_need=by_need,
        by_locale=by_locale,
        came=bool(came),
        afterwards=afterwards.by_need(listed, standings, came),
        exposure=partners.publishable(exposure, people) if publish else exposure,
        curve=_curve(plan, least),
        worst_tenth=_worst_tenth(plan, least),
        waiting=asked.waiting(requests, now, least),
        load=partners.load(people, region, now, least),
    )
    return _Read(listed, standings, policy, plan, requests, people, figures)


def _headline(requests: Sequence[asked.Asked], by_need: Sequence[service.Group], plan: Outlook | None) -> Headline:
    return Headline(
        asked=len(requests),
        met=sum(each.met for each in requests),
        open=plan.comparison.requests if plan and plan.comparison else 0,
        found=plan.comparison.met if plan and plan.comparison else None,
        first=by_need[0].plan if len(by_need) > 1 else None,
        kept=plan.certificate.quality if plan else None,
    )


def _curve(plan: Outlook | None, least: int) -> Curve | None:
    """The curve in steps of at least so many schools; None where that leaves no point between its ends."""
    if plan is None or plan.comparison is None:
        return None
    compared, schools = plan.comparison, len(plan.comparison.schools)
    last = len(compared.lorenz_after) - 1
    step = next((step for step in (1, 2, 5) if step * schools >= least * last), None)
    if step is None or schools < 2:
        return None
    points = tuple(
        (at / last, compared.lorenz_before[at], compared.lorenz_after[at]) for at in range(0, last + 1, step)
    )
    return Curve(schools, points, compared.gini)


def _worst_tenth(plan: Outlook | None, least: int) -> Change | None:
    """What the tenth of schools that gets least has, where that is so many schools."""
    if plan is None or plan.comparison is None or len(plan.comparison.schools) < 10 * least:
        return None
    return plan.comparison.worst_tenth
