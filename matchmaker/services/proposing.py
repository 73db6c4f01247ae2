"""Ranking one request: hard rules, relevance, the equity re-rank, and what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching import equity, explain
from matching.features import Signals, signals
from matching.matrices import Asked, Matrices, bits, structure
from matching.score import Relevance, relevance
from matching.structure import Structure
from matching.words import shared_words
from matchmaker import audit, reasons
from matchmaker.clock import Clock
from matchmaker.policies import NOBODY
from matchmaker.queries import eligibility, fairness, rankings
from matchmaker.services import capacity
from models import (
    EquityPolicy,
    Fund,
    LearningRequest,
    Proposal,
    ProposalState,
    Ranking,
    Region,
    RequestState,
)

KEPT = 200
"""How many candidates a ranking keeps for audit and replay."""
PROPOSED = 6
"""How many of them are put before a coordinator."""
NEW_DAYS = 90
"""A partner counts as new for so long."""

_RANKABLE = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)


@dataclass(frozen=True)
class Scored:
    """One request beside its n eligible candidates: positions in the region's matrices, evidence, and the new order."""

    positions: NDArray[np.int64]
    signals: Signals
    structure: Structure
    relevance: Relevance
    reranked: equity.Reranked
    distance: NDArray[np.float64]


def propose(
    session: Session,
    request_id: int,
    *,
    matrices: Matrices,
    request_vector: NDArray[np.float32],
    request_text: str,
    clock: Clock,
) -> Ranking | None:
    """Rank a request and put its first candidates before the desk. None when it no longer waits for proposals.

    Earlier open proposals are superseded: the desk shows one ranking at a time.
    """
    now = clock()
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    if request.state not in _RANKABLE:
        return None
    region = session.get_one(Region, request.region_id)
    stored = rankings.policy_in_effect(session, region.id)
    found = eligibility.for_request(session, request, now)
    scored = _score(session, request, region, stored, found, matrices, request_vector, request_text, now)
    ranking = _keep(session, request, stored, found, scored, matrices, now)
    _supersede(session, request, now)
    _put_forward(session, request, region, ranking, scored, matrices, request_text)
    outcome = RequestState.PROPOSED if len(scored.positions) else RequestState.NONE_YET
    if request.state is not outcome:
        request.become(outcome, at=now)
    audit.record(session, NOBODY, audit.Tag.RANKING_MADE, ranking, at=now, eligible=ranking.eligible)
    session.flush()
    return ranking


def _score(
    session: Session,
    request: LearningRequest,
    region: Region,
    stored: EquityPolicy,
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
    rho = relevance(near, facts)
    reranked = _rerank(session, request, region, stored, found, matrices, rho, positions, now)
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


def _rerank(
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


def _keep(
    session: Session,
    request: LearningRequest,
    stored: EquityPolicy,
    found: eligibility.Eligibility,
    scored: Scored,
    matrices: Matrices,
    now: datetime,
) -> Ranking:
    ranking = Ranking(
        region_id=request.region_id,
        request_id=request.id,
        request_version=request.version,
        policy_id=stored.id,
        ranked_at=now,
        eligible=len(scored.positions),
        excluded=found.excluded,
        candidates=[_candidate(scored, matrices, int(at)) for at in scored.reranked.order[:KEPT]],
        versions={"relevance": scored.relevance.version, "policy": stored.version, "model": matrices.model},
    )
    session.add(ranking)
    session.flush()
    return ranking


def _candidate(scored: Scored, matrices: Matrices, at: int) -> dict[str, Any]:
    """All parts of one candidate's score, as JSON. ``at`` is the place among the candidates."""
    position, new = int(scored.positions[at]), scored.reranked
    return {
        "partner_id": int(matrices.partner_ids[position]),
        "rank_before": int(new.rank_before[at]),
        "relevance": _short(new.rho[at]),
        "need": _short(new.need),
        "deficit": _short(new.deficit),
        "boost": _short(new.boost[at]),
        "price": _short(new.price[at]),
        "score": _short(new.score[at]),
        "signals": {name: _short(values[position]) for name, values in scored.signals.named().items()},
        "contributions": {name: _short(each[position]) for name, each in scored.relevance.contributions.items()},
        "distance_miles": _short(scored.distance[position]),
    }


def _supersede(session: Session, request: LearningRequest, now: datetime) -> None:
    for proposal in session.scalars(
        select(Proposal).where(Proposal.request_id == request.id, Proposal.state == ProposalState.OPEN)
    ):
        proposal.become(ProposalState.SUPERSEDED, at=now)


def _put_forward(
    session: Session,
    request: LearningRequest,
    region: Region,
    ranking: Ranking,
    scored: Scored,
    matrices: Matrices,
    request_text: str,
) -> None:
    moves = explain.moves(scored.reranked)
    first = scored.reranked.order[:PROPOSED]
    funds = _best_funds(session, scored, matrices, first)
    for rank, at in enumerate(first, start=1):
        parts = ranking.candidates[rank - 1]
        fund = funds[int(at)]
        told = _reasons(scored, matrices, int(at), fund, request_text, moves[at])
        session.add(
            Proposal(
                region_id=request.region_id,
                ranking_id=ranking.id,
                request_id=request.id,
                partner_id=parts["partner_id"],
                fund_id=fund.id if fund else None,
                rank=rank,
                rank_before=parts["rank_before"],
                relevance=parts["relevance"],
                need=parts["need"],
                deficit=parts["deficit"],
                boost=parts["boost"],
                price=parts["price"],
                score=parts["score"],
                features={**parts["signals"], "distance_miles": parts["distance_miles"]},
                reasons=told,
                why=reasons.why(region.languages, told),
            )
        )


def _best_funds(
    session: Session, scored: Scored, matrices: Matrices, places: Sequence[int] | NDArray[np.int64]
) -> dict[int, Fund | None]:
    """The fund of each candidate that is closest to the request."""
    which = {int(at): int(scored.signals.which_fund[scored.positions[at]]) for at in places}
    ids = {at: int(matrices.fund_ids[fund]) for at, fund in which.items() if fund >= 0}
    stored = {fund.id: fund for fund in session.scalars(select(Fund).where(Fund.id.in_(ids.values())))}
    return {at: stored.get(ids.get(at, 0)) for at in which}


def _reasons(
    scored: Scored,
    matrices: Matrices,
    at: int,
    fund: Fund | None,
    request_text: str,
    move: explain.Reason | None,
) -> list[dict[str, Any]]:
    position = int(scored.positions[at])
    theirs = f"{fund.title}\n{fund.text}\n{fund.story}" if fund else ""
    words = shared_words(request_text, theirs, matrices.corpus.lexical.rarity)
    chosen = explain.reasons(position, scored.signals, scored.relevance, scored.structure, words, move)
    return [{"code": reason.code, "params": _params(reason, fund)} for reason in chosen]


def _params(reason: explain.Reason, fund: Fund | None) -> dict[str, Any]:
    params = {name: list(value) if isinstance(value, tuple) else value for name, value in reason.params.items()}
    if "fund" in params:
        params["fund"] = fund.title if fund else ""
    return params


def _short(value: float) -> float | None:
    """Six digits are more than any reader needs; NaN (not known) becomes null."""
    return None if np.isnan(value) else round(float(value), 6)
