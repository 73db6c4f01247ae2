"""One request beside every eligible partner: hard rules, relevance, the equity re-rank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching import equity
from matching.features import Signals, signals
from matching.matrices import Asked, Matrices, bits, structure
from matching.score import Relevance, Weights, relevance
from matching.structure import Structure
from matchmaker.queries import capacity as ledger
from matchmaker.queries import eligibility, fairness
from matchmaker.queries.roll import Roll
from matchmaker.services import capacity
from matchmaker.services.recall import Recall
from models import EquityPolicy, LearningRequest, Region

PROPOSED = 6
"""How many candidates are put before a coordinator."""
NEW_DAYS = 90
"""A partner counts as new for so long."""


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
    positions = matrices.positions(found.partner_ids)
    distance = np.full(len(matrices.partner_ids), np.nan)
    distance[positions] = found.miles[np.searchsorted(found.partner_ids, matrices.partner_ids[positions])]
    facts = structure(matrices.facts, _asked(request, region, matrices), distance)
    near = signals(matrices.corpus, request_vector, request_text)
    rho = relevance(matrices.corpus, near, facts, weights)
    reranked = rerank(session, request, region, stored, found, recall, matrices, rho, positions, now)
    return Scored(positions, near, facts, rho, reranked, distance)


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
    positions: NDArray[np.int64],
    now: datetime,
) -> equity.Reranked:
    """The equity re-rank, online form: need and deficit of the request, boost and price of each candidate."""
    policy = fairness.policy_of(stored)
    standing = recall.standing(session, region, stored, request.school_id, PROPOSED, now)
    free = rho.rho[positions]
    wanted = np.concatenate([free, rho.rho[matrices.positions(found.full)]])
    deficit = equity.request_deficit(free.max(initial=0.0), wanted.max(initial=0.0), policy)
    period = capacity.period_of_request(request, region, now)
    held = found.held if period == found.period else ledger.held(session, region.id, period)
    price = _prices(recall.roll(session, region), held, matrices.partner_ids[positions], policy)
    boost = _boosts(standing.shown, matrices, policy, now)[positions]
    return equity.rerank(free, standing.schools[request.school_id].weight, deficit, boost, price)


def _prices(roll: Roll, held: NDArray[np.int64], ids: NDArray[np.int64], policy: equity.Policy) -> NDArray[np.float64]:
    """[n] busy price of candidates, by the units of a month they have given away and those they set."""
    units, at = roll.units(held), roll.places(ids)
    return equity.busy_price(units[at], roll.monthly_capacity[at], policy)


def _boosts(shown: fairness.Shown, matrices: Matrices, policy: equity.Policy, now: datetime) -> NDArray[np.float64]:
    """[P] exposure boost of every partner of the region, by knowledge type and newness alone."""
    members = np.column_stack(
        [matrices.credentialed, matrices.practice, matrices.joined > now.date().toordinal() - NEW_DAYS]
    )
    there = np.isin(shown.partner_ids, matrices.partner_ids)
    theirs = members[matrices.positions(shown.partner_ids)]
    exposure = equity.group_shares(shown.exposure[there], theirs)
    merit = equity.group_shares(shown.merit[there], theirs)
    return equity.exposure_boost(exposure, merit, members, policy)
