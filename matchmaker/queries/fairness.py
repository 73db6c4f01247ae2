"""What the equity re-rank needs to know of a region: its schools' need and service, partners' load and exposure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, func, literal, select, text, union_all
from sqlalchemy.orm import Session

from matching.equity import Policy, past_service, school_need
from matching.need import Calibration, NeedIndex, calibrate, need_index, need_parts, region_median, service_record
from models import (
    EquityPolicy,
    Introduction,
    IntroductionState,
    LearningRequest,
    Proposal,
    RequestState,
    School,
)

Floats = NDArray[np.float64]

EXPOSURE_DAYS = 90
EXPOSURE_RANKINGS = 200
"""Exposure is counted over the region's newest rankings of the last three months, at most so many."""

LOCALE_CODES = {
    "city-large": 11,
    "city-midsize": 12,
    "city-small": 13,
    "suburban-large": 21,
    "suburban-midsize": 22,
    "suburban-small": 23,
    "town-fringe": 31,
    "town-distant": 32,
    "town-remote": 33,
    "rural-fringe": 41,
    "rural-distant": 42,
    "rural-remote": 43,
}
"""NCES locale types by their official number."""

LUNCH_FULL_AT = 75.0
"""Where NCES begins "high poverty", by free or reduced-price lunch; the default measure."""
FULL_AT = {"direct certification": LUNCH_FULL_AT / 1.6, "saipe": 30.0}
"""The same line by measures that find fewer of the same families."""

CAME = (
    IntroductionState.ACCEPTED,
    IntroductionState.INTRODUCED,
    IntroductionState.SCHEDULED,
    IntroductionState.MET,
    IntroductionState.REFLECTED,
)
ENDED_EMPTY = (IntroductionState.CANCELLED, IntroductionState.NOT_HELD, IntroductionState.LAPSED)
BEHIND = 0.05
"""From this share on, a school is said to have been reached less than others."""
UNRANKED_UTILITY = 0.7
"""What a visit counts that was arranged before the ranker kept scores: a good match, not a perfect one."""


@dataclass(frozen=True)
class SchoolStanding:
    """One school's weight under a policy, and what it was made of.

    ``past`` is its service as the weight takes it, shrunk towards the region's mean; ``service`` the decayed mean of
    its settled requests alone and ``requests`` how many they are, decayed; ``calibration`` is the whole region's.
    ``reached_less``: its past is behind the schools' mean by `BEHIND` at least.
    """

    school_id: int
    need: NeedIndex
    past: float
    weight: float
    service: float
    requests: float
    calibration: Calibration
    reached_less: bool


@dataclass(frozen=True)
class Shown:
    """The m partners of recent rankings, ascending by id."""

    partner_ids: NDArray[np.int64]
    exposure: Floats
    merit: Floats


def policy_of(stored: EquityPolicy) -> Policy:
    """A stored policy version as the re-rank takes it. Raises ValueError for numbers that the policy refuses."""
    return Policy.of(stored.numbers)


def standings(
    session: Session, region_id: int, policy: Policy, now: datetime, *, listed: Sequence[School] | None = None
) -> dict[int, SchoolStanding]:
    """Every school of a region with its need index, its past service and the weight they give, by school id.

    ``listed``: all of the region's schools in any order, where the caller has read them already.
    """
    if listed is None:
        listed = session.scalars(select(School).where(School.region_id == region_id)).all()
    schools = sorted(listed, key=lambda school: school.id)
    settled = _settled_by(session, schools, now)
    past = past_service(*settled, len(schools), policy.half_life_days)
    service, requests = service_record(*settled, len(schools), policy.half_life_days)
    calibration = calibrate(_documented(schools), service, requests)
    needs = _needs(schools, calibration.strength)
    weights = school_need([need.value for need in needs], past, policy)
    return {
        school.id: SchoolStanding(
            school_id=school.id,
            need=needs[at],
            past=float(past[at]),
            weight=float(weights[at]),
            service=float(service[at]),
            requests=float(requests[at]),
            calibration=calibration,
            reached_less=bool(past[at] < (1.0 - BEHIND) * past.mean()),
        )
        for at, school in enumerate(schools)
    }


def exposure_and_merit(session: Session, region_id: int, shown: int, now: datetime) -> Shown:
    """Exposure (position weights of the ``shown`` first) and merit (relevance sum) over the recent rankings."""
    rows = session.execute(
        text(
            """
            SELECT partner_id::int,
                   sum(CASE WHEN place <= :shown THEN 1 / log(2, place + 1) ELSE 0 END)::float,
                   sum(relevance::float)
            FROM (
                SELECT candidates FROM ranking
                WHERE region_id = :region AND ranked_at >= :since ORDER BY id DESC LIMIT :most
            ) recent, ROWS FROM (
                jsonb_array_elements_text(candidates -> 'partner_id'),
                jsonb_array_elements_text(candidates -> 'relevance')
            ) WITH ORDINALITY AS listed (partner_id, relevance, place)
            GROUP BY 1 ORDER BY 1
            """
        ),
        {
            "shown": shown,
            "region": region_id,
            "since": now - timedelta(days=EXPOSURE_DAYS),
            "most": EXPOSURE_RANKINGS,
        },
    ).all()
    return Shown(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.float64),
        np.array([row[2] for row in rows], dtype=np.float64),
    )


def _needs(schools: Sequence[School], strength: float = 1.0) -> list[NeedIndex]:
    facts = [_facts(school) for school in schools]
    region = region_median(need_parts(*fact) for fact in facts)
    return [need_index(*fact[:3], region, fact[3], strength) for fact in facts]


def _documented(schools: Sequence[School]) -> list[float]:
    """Documented need of each school, NaN where no fact is known."""
    return [need.documented if len(need.unknown) < len(need.parts) else np.nan for need in _needs(schools)]


def _facts(school: School) -> tuple[float | None, int | None, bool | None, float]:
    """The documented facts as `need_parts` takes them."""
    locale = LOCALE_CODES[school.locale] if school.locale else None
    return school.poverty_value, locale, school.title_i, full_at(school.poverty_measure)


def full_at(measure: str | None) -> float:
    """The percentage at which a poverty measure counts fully: the measures find very different shares of families."""
    named = (measure or "").lower()
    return next((percent for name, percent in FULL_AT.items() if name in named), LUNCH_FULL_AT)


def _settled_by(
    session: Session, schools: Sequence[School], now: datetime
) -> tuple[list[float], list[float], list[int]]:
    """Utility, age in days and place of the school, of each settled request of these schools of one region."""
    position = {school.id: index for index, school in enumerate(schools)}
    settled = [row for row in _settled(session, schools[0].region_id) if row[0] in position] if schools else []
    return (
        [utility for _, utility, _ in settled],
        [(now - at).total_seconds() / 86_400 for _, _, at in settled],
        [position[school_id] for school_id, _, _ in settled],
    )


def _settled(session: Session, region_id: int) -> list[tuple[int, float, datetime]]:
    """(school, utility, when) of each request that somebody came to, or that ended with nobody."""
    utility = case((Introduction.state.in_(CAME), func.coalesce(Proposal.relevance, UNRANKED_UTILITY)), else_=0.0)
    ended = (
        select(LearningRequest.school_id, utility, Introduction.approved_at)
        .join(LearningRequest, LearningRequest.id == Introduction.request_id)
        .outerjoin(Proposal, Proposal.id == Introduction.proposal_id)
        .where(Introduction.region_id == region_id, Introduction.state.in_((*CAME, *ENDED_EMPTY)))
    )
    withdrawn = select(LearningRequest.school_id, literal(0.0), LearningRequest.posted_at).where(
        LearningRequest.region_id == region_id,
        LearningRequest.state == RequestState.WITHDRAWN,
        LearningRequest.posted_at.is_not(None),
    )
    return [(row[0], float(row[1]), row[2]) for row in session.execute(union_all(ended, withdrawn))]
