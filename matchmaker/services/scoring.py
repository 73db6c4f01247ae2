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
from matchmaker.queries import eligibility, fairness
from matchmaker.services import capacity
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
    matrices: Matrices,
    request_vector: NDArray[np.float32],
    request_text: str,
    now: datetime,
) -> Scored:
    distance = np.full(len(matrices.partner_ids), np.nan)
    miles = {candidate.partner_id: candidate.distance for candidate in found.eligible}
    positions = matrices.positions(miles)
    distance[positions] = [
        np.nan if (mile := miles[int(matrices.partner_ids[at])]) is None else mile for at in positions
    ]
    facts = structure(matrices.facts, _asked(request, region, matrices), distance)
    near = signals(matrices.corpus, request_vector, request_text)
    rho = relevance(near, facts, weights)
    reranked = rerank(session, request, region, stored, found, matrices, rho, positions, now)
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
    matrices: Matrices,
    rho: Relevance,
    positions: NDArray[np.int64],
    now: datetime,
) -> equity.Reranked:
    """The equity re-rank, online form: need and deficit of the request, boost and price of each candidate."""
    policy = fairness.policy_of(stored)
    standing = fairness.standings(session, region.id, policy, now)[request.school_id]
    free = rho.rho[positions]
    wanted = np.concatenate([free, rho.rho[matrices.positions(found.full)]])
    deficit = equity.request_deficit(free.max(initial=0.0), wanted.max(initial=0.0), policy)
    ids = [int(partner_id) for partner_id in matrices.partner_ids[positions]]
    period = capacity.period_of_request(request, region, now)
    held, most = fairness.load(session, ids, period)
    price = equity.busy_price(held, most, policy)
    boost = _boosts(session, region, matrices, policy, now)[positions]
    return equity.rerank(free, standing.weight, deficit, boost, price)


def _boosts(
    session: Session, region: Region, matrices: Matrices, policy: equity.Policy, now: datetime
) -> NDArray[np.float64]:
    """[P] exposure boost of every partner of the region, by knowledge type and newness alone."""
    shown, due = fairness.exposure_and_merit(session, region.id, PROPOSED, now)
    ids = matrices.partner_ids.tolist()
    members = np.column_stack(
        [matrices.credentialed, matrices.practice, matrices.joined > now.date().toordinal() - NEW_DAYS]
    )
    exposure = equity.group_shares([shown.get(partner_id, 0.0) for partner_id in ids], members)
    merit = equity.group_shares([due.get(partner_id, 0.0) for partner_id in ids], members)
    return equity.exposure_boost(exposure, merit, members, policy)
