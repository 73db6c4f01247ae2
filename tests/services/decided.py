"""A region whose coordinators have decided on many rankings, written straight into the tables."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
from sqlalchemy.orm import Session

from models import Introduction, IntroductionState, LearningRequest, Proposal, ProposalState, Ranking, RequestState
from tests import factories as f
from tests.cast import Cast
from tests.matching.coordinators import PRIOR, SHOWN, shown_and_taken

Row = TypeVar("Row")


def decide(session: Session, cast: Cast, lists: int, seed: int = 1) -> None:
    """So many requests, each with six people shown and, where anybody was looked at, one of them accepted."""
    people = [f.PartnerFactory(region=cast.region).id for _ in range(24)]
    random = np.random.default_rng(seed)
    drawn = shown_and_taken(lists, seed)
    requests = _stored(session, [_request(cast, number) for number in range(lists)])
    rankings = []
    for request, (shown, _, rho) in zip(requests, drawn, strict=True):
        six = sorted(int(one) for one in random.choice(people, SHOWN, replace=False))
        rows = [_row(six[at], at, {name: each[at] for name, each in shown.items()}, rho[at]) for at in range(SHOWN)]
        rankings.append(_ranking(cast, request, rows))
    _stored(session, rankings)
    pairs = list(zip(rankings, drawn, strict=True))
    proposals = _stored(session, [one for ranking, (_, taken, _) in pairs for one in _proposals(cast, ranking, taken)])
    _stored(session, [_accepted(cast, one) for one in proposals if one.state is ProposalState.APPROVED])


def _stored(session: Session, rows: list[Row]) -> list[Row]:
    session.add_all(rows)
    session.flush()
    return rows


def _request(cast: Cast, number: int) -> LearningRequest:
    return LearningRequest(
        region_id=cast.region.id,
        teacher_id=cast.ana.id,
        school_id=cast.school.id,
        title=f"Question {number}",
        text="Come and tell us.",
        state=RequestState.PLACED,
        posted_at=f.NOW,
    )


def _ranking(cast: Cast, request: LearningRequest, rows: list[dict[str, Any]]) -> Ranking:
    return Ranking(
        region_id=cast.region.id,
        request_id=request.id,
        request_version=1,
        policy_id=f._policy_id(cast.region.id),
        ranked_at=f.NOW - timedelta(hours=request.id),
        eligible=SHOWN,
        excluded={},
        candidates=rows,
        versions={"relevance": PRIOR.version, "formula": asdict(PRIOR.formula)},
    )


def _row(partner_id: int, at: int, evidence: dict[str, Any], rho: float) -> dict[str, Any]:
    return {
        "partner_id": partner_id,
        "rank_before": at + 1,
        "relevance": round(float(rho), 6),
        "need": 1.0,
        "deficit": 1.0,
        "boost": 0.0,
        "price": 0.0,
        "score": round(float(rho), 6),
        "evidence": {name: round(float(value), 6) for name, value in evidence.items()},
    }


def _proposals(cast: Cast, ranking: Ranking, taken: Any) -> list[Proposal]:
    return [
        Proposal(
            region_id=cast.region.id,
            ranking_id=ranking.id,
            request_id=ranking.request_id,
            partner_id=row["partner_id"],
            state=ProposalState.APPROVED if taken[at] else ProposalState.SUPERSEDED,
            rank=at + 1,
            rank_after=at + 1,
            features={},
            reasons=[],
            why={},
            **{name: row[name] for name in ("rank_before", "relevance", "need", "deficit", "boost", "price", "score")},
        )
        for at, row in enumerate(ranking.candidates)
    ]


def _accepted(cast: Cast, proposal: Proposal) -> Introduction:
    return Introduction(
        region_id=cast.region.id,
        request_id=proposal.request_id,
        proposal_id=proposal.id,
        partner_id=proposal.partner_id,
        approved_by_id=cast.marisol.id,
        approved_at=f.NOW,
        due_at=f.NOW,
        state=IntroductionState.ACCEPTED,
    )
