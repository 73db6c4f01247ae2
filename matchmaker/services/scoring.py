"""One request beside every eligible partner: hard rules, relevance, the equity re-rank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching import equity, groups, online
from matching.features import Signals, signals
from matching.matrices import Asked, Matrices, bits, structure
from matching.score import Relevance, Weights, relevance
from matching.structure import Structure
from matchmaker.queries import capacity as ledger
from matchmaker.queries import eligibility, plans
from matchmaker.queries.plans import InEffect
from matchmaker.queries.roll import Roll
from matchmaker.services import capacity
from matchmaker.services.recall import Recall, Standing
from models import EquityPolicy, LearningRequest, Region

PROPOSED = 6
"""How many candidates are put before a coordinator."""


@dataclass(frozen=True)
class Scored:
    """One request beside its n eligible candidates: positions in the region's matrices, evidence, and the new order."""

    positions: NDArray[np.int64]
    signals: Signals
    structure: Structure
    relevance: Relevance
    reranked: equity.Reranked
    distance: NDArray[np.float64]


def score(
    session: Session,
    request: LearningRequest,
    region: Region,
    stored: EquityPolicy,
    weights: Weights,
    found: eligibility.Eligibility,
    recall: Recall,
    matrices: Matrices,
    request_vector: NDArray[np.float32],
    request_text: str,
    now: datetime,
) -> Scored:
    stands = recall.once(region.id, _stands, found.roll, matrices)
    # The matrices may be older than the roll by a moment: whoever came since is a candidate next time.
    there = np.flatnonzero(stands[found.places] >= 0)
    positions = stands[found.places[there]]
    distance = np.full(len(matrices.partner_ids), np.nan)
    distance[positions] = found.miles[there]
    facts = structure(matrices.facts, _asked(request, region, matrices), distance)
    near = signals(matrices.corpus, request_vector, request_text)
    rho = relevance(matrices.corpus, near, facts, weights)
    reranked = rerank(session, request, region, stored, found, recall, matrices, rho, stands, now)
    return Scored(positions, near, facts, rho, reranked, distance)


def _stands(roll: Roll, matrices: Matrices) -> NDArray[np.int64]:
    """[n] where everybody on a roll stands in the matrices; -1 for whoever is not there."""
    return matrices.positions(roll.partner_ids)


def _asked(request: LearningRequest, region: Region, matrices: Matrices) -> Asked:
    zone = ZoneInfo(region.time_zone)
    return Asked(
        subjects=matrices.codes["subjects"].mask([request.subject] if request.subject else []),
        grades=bits([request.grade]) if request.grade is not None else 0,
        formats=matrices.codes["formats"].mask(request.formats),
        languages=matrices.codes["languages"].mask(request.languages),
        weekdays=tuple(window.starts_at.astimezone(zone).weekday() for window in request.windows),
    )


def rerank(
    session: Session,
    request: LearningRequest,
    region: Region,
    stored: EquityPolicy,
    found: eligibility.Eligibility,
    recall: Recall,
    matrices: Matrices,
    rho: Relevance,
    stands: NDArray[np.int64],
    now: datetime,
) -> equity.Reranked:
    """The equity re-rank, online form: need and deficit of the request, boost and price of each candidate.

    ``stands``: [n] where everybody on the roll stands in the matrices.
    """
    roll, places = found.roll, found.places[stands[found.places] >= 0]
    positions, full = stands[places], stands[found.full]
    free, taken = rho.rho[positions], rho.rho[full[full >= 0]]
    period = capacity.period_of_request(request, region, now)
    units = found.units if period == found.period else roll.units(ledger.held(session, region.id, period))
    held, limit = units[places], roll.monthly_capacity[places]
    plan = recall.plan(session, region, stored)
    if plan is not None:
        group = recall.once(region.id, _groups, plan, matrices)[positions]
        partner_ids = matrices.partner_ids[positions]
        return _by_plan(session, request, plan, period, free, taken, group, partner_ids, limit - held)
    standing = recall.standing(session, region, stored, request.school_id, PROPOSED, now)
    best = free.max(initial=0.0)
    deficit = equity.request_deficit(best, taken.max(initial=best), standing.policy)
    price = equity.busy_price(held, limit, standing.policy)
    boost = recall.once(region.id, _boosts, standing, matrices)[positions]
    return equity.rerank(free, standing.schools[request.school_id].weight, deficit, boost, price)


def _by_plan(
    session: Session,
    request: LearningRequest,
    plan: InEffect,
    period: date,
    rho: NDArray[np.float64],
    taken: NDArray[np.float64],
    group: NDArray[np.int64],
    partner_ids: NDArray[np.int64],
    free: NDArray[np.int64],
) -> equity.Reranked:
    """The re-rank by the plan in effect, with the prices of this moment.

    ``rho``, ``group``, ``partner_ids``, ``free``: [n] of the candidates; ``taken``: relevance of those who are full.
    """
    boost = online.group_boost(plan.terms, group)
    price = np.zeros(len(rho))
    others = (plan.months == np.datetime64(period)) & (plan.request_ids != request.id)
    if others.any() and len(rho):
        others &= np.isin(plan.request_ids, plans.settled(session, request.region_id, plan.id), invert=True)
        at = np.searchsorted(partner_ids, plan.partner_ids[others])
        here = partner_ids[np.minimum(at, len(rho) - 1)] == plan.partner_ids[others]
        price = online.prices(at[here], plan.bid[others][here], free)
    school = plan.school_at.get(request.school_id)
    everybody = np.concatenate([rho, taken])
    need, deficit = online.weights(plan.terms, school, everybody, rho, boost, price, plans.SLOTS)
    return equity.rerank(rho, need, deficit, boost, price)


def _groups(plan: InEffect, matrices: Matrices) -> NDArray[np.int64]:
    """[P] group of everybody in the matrices, as plans count them."""
    new = matrices.joined > plan.on.toordinal() - groups.NEW_DAYS
    return groups.of(matrices.credentialed, matrices.practice, new)


def _boosts(standing: Standing, matrices: Matrices) -> NDArray[np.float64]:
    """[P] exposure boost of every partner of the region, by knowledge type and newness alone."""
    new = matrices.joined > standing.at.date().toordinal() - groups.NEW_DAYS
    members = np.column_stack([matrices.credentialed, matrices.practice, new])
    positions = matrices.positions(standing.shown.partner_ids)
    there = positions >= 0
    theirs = members[positions[there]]
    exposure = groups.shares(standing.shown.exposure[there], theirs)
    merit = groups.shares(standing.shown.merit[there], theirs)
    return groups.exposure_boost(exposure, merit, members, standing.policy)
