"""Ranking one request: what is kept of it, and who is put before the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching import explain
from matching.matrices import Matrices
from matchmaker import audit, reasons
from matchmaker.clock import Clock
from matchmaker.policies import NOBODY
from matchmaker.queries import eligibility, rankings
from matchmaker.services import explaining
from matchmaker.services.scoring import PROPOSED, Scored, score
from models import (
    EquityPolicy,
    LearningRequest,
    Proposal,
    ProposalState,
    Ranking,
    Region,
    RequestState,
)

KEPT = 200
"""How many candidates a ranking keeps for audit and replay."""

_RANKABLE = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)


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
    scored = score(session, request, region, stored, found, matrices, request_vector, request_text, now)
    ranking = _keep(session, request, stored, found, scored, matrices, now)
    _supersede(session, request, now)
    _put_forward(session, request, region, ranking, scored, matrices, request_text)
    outcome = RequestState.PROPOSED if len(scored.positions) else RequestState.NONE_YET
    if request.state is not outcome:
        request.become(outcome, at=now)
    audit.record(session, NOBODY, audit.Tag.RANKING_MADE, ranking, at=now, eligible=ranking.eligible)
    session.flush()
    return ranking


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
    funds = explaining.best_funds(session, scored, matrices, first)
    for rank, at in enumerate(first, start=1):
        parts = ranking.candidates[rank - 1]
        fund = funds[int(at)]
        told = explaining.reasons(scored, matrices, int(at), fund, request_text, moves[at])
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


def _short(value: float) -> float | None:
    """Six digits are more than any reader needs; NaN (not known) becomes null."""
    return None if np.isnan(value) else round(float(value), 6)
