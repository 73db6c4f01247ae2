"""Ranking one request: what is kept of it, and who is put before the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.selectable import ForUpdateArg

from matching import explain
from matching.matrices import Matrices
from matching.score import Weights
from matchmaker import audit, reasons
from matchmaker.clock import Clock
from matchmaker.policies import NOBODY
from matchmaker.queries import eligibility, plans
from matchmaker.queries import weights as relevance_weights
from matchmaker.queries.plans import InEffect
from matchmaker.services import circumstances, explaining
from matchmaker.services.recall import Recall
from matchmaker.services.scoring import PROPOSED, Scored, score
from matchmaker.services.standing import wants_more
from models import (
    EquityPolicy,
    LearningRequest,
    Proposal,
    ProposalState,
    Ranking,
    Region,
    RequestState,
)
from models.columns import rows_of

_OF_REQUEST = (joinedload(LearningRequest.school), joinedload(LearningRequest.windows))
"""What the hard rules read of a request, in the same query."""
_COLUMNS = (
    *("region_id", "ranking_id", "request_id", "partner_id", "fund_id", "steer_id", "state"),
    *("rank", "rank_before", "rank_after", "relevance", "need", "deficit", "boost", "price", "score"),
    *("features", "reasons", "why"),
)
# Rows rather than objects, for nobody here reads them again; and all in one statement.
_PUT = text(
    f"INSERT INTO proposal ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)}"
    " FROM jsonb_populate_recordset(NULL::proposal, :rows)"
).bindparams(bindparam("rows", type_=JSONB))
_PARTS = ("partner_id", "rank_before", "relevance", "need", "deficit", "boost", "price", "score")
"""What a proposal has in common with a ranking's candidate."""
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
    recall: Recall | None = None,
) -> Ranking | None:
    """Rank a request and put its first candidates before the desk. None when it no longer waits for proposals.

    ``recall`` is what this process remembers of regions; without it, everything is read.
    Earlier open proposals are superseded: the desk shows one ranking at a time.
    """
    now = clock()
    request = session.get_one(
        LearningRequest,
        request_id,
        options=_OF_REQUEST,
        with_for_update=ForUpdateArg(of=LearningRequest),
        populate_existing=True,
    )
    if not _wants_proposals(session, request):
        return None
    region = session.get_one(Region, request.region_id)
    stored, weights = relevance_weights.ranked_by(session, region.id)
    recall = recall or Recall()
    found = eligibility.for_request(session, request, recall.roll(session, region), now)
    scored = score(
        session, request, region, stored, weights, found, recall, matrices, request_vector, request_text, now
    )
    pinned = _pinned(found, scored, matrices)
    plan = recall.plan(session, region, stored)
    ranking = _keep(session, request, stored, plan, weights, found, scored, matrices, pinned, now)
    _supersede(session, found.open, now)
    planned = _planned(session, request, region, scored, matrices)
    first = _first(scored, [*pinned, *planned])
    standing = recall.standing(session, region, stored, request.school_id, PROPOSED, now)
    moves = explain.moves(scored.reranked, first, circumstances.groups(scored, matrices, first, standing))
    around = circumstances.around(session, request, found, scored, matrices, standing, first, planned, now)
    _put_forward(session, request, region, ranking, scored, matrices, pinned, first, moves, around)
    outcome = RequestState.PROPOSED if len(scored.positions) else RequestState.NONE_YET
    if request.state in _RANKABLE and request.state is not outcome:
        request.become(outcome, at=now)
    audit.record(session, NOBODY, audit.Tag.RANKING_MADE, ranking, at=now, eligible=ranking.eligible)
    session.flush()
    return ranking


def _wants_proposals(session: Session, request: LearningRequest) -> bool:
    """Whether somebody is still looked for: nobody is asked yet, or fewer than the request is for."""
    if request.state in (RequestState.PLACED, RequestState.SCHEDULED):
        return wants_more(session, request)
    return request.state in _RANKABLE


def _pinned(found: eligibility.Eligibility, scored: Scored, matrices: Matrices) -> dict[int, int]:
    """Places among the candidates of those put forward by hand, each with its steer, in the order they were.

    Whom a hard rule excludes is no candidate, and is left out however they came here.
    """
    ids = matrices.partner_ids[scored.positions]
    return {int(at): steer_id for partner_id, steer_id in found.pinned for at in np.flatnonzero(ids == partner_id)}


def _keep(
    session: Session,
    request: LearningRequest,
    stored: EquityPolicy,
    plan: InEffect | None,
    weights: Weights,
    found: eligibility.Eligibility,
    scored: Scored,
    matrices: Matrices,
    pinned: dict[int, int],
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
        candidates=_columns(scored, matrices, scored.reranked.order[:KEPT]),
        pinned=[
            {**parts, "place": int(scored.reranked.rank_after[at]), "steer_id": steer_id}
            for parts, (at, steer_id) in zip(
                rows_of(_columns(scored, matrices, list(pinned))), pinned.items(), strict=True
            )
        ],
        versions={
            "relevance": weights.version,
            "formula": asdict(weights.formula),
            "policy": stored.version,
            "plan": plan.id if plan else None,
            "model": matrices.model,
        },
    )
    session.add(ranking)
    session.flush()
    # Given as columns, read as rows.
    session.expire(ranking, ["candidates"])
    return ranking


def _columns(scored: Scored, matrices: Matrices, places: Sequence[int] | NDArray[np.int64]) -> dict[str, Any]:
    """All parts of the scores of candidates at some places, as JSON, column by column."""
    at, new = np.array(places, dtype=np.int64), scored.reranked
    positions = scored.positions[at]
    return {
        "partner_id": matrices.partner_ids[positions].tolist(),
        "rank_before": new.rank_before[at].tolist(),
        "relevance": _shortened(new.rho[at]),
        "need": [_short(new.need)] * len(at),
        "deficit": [_short(new.deficit)] * len(at),
        "boost": _shortened(new.boost[at]),
        "price": _shortened(new.price[at]),
        "score": _shortened(new.score[at]),
        "evidence": {name: _shortened(each[positions]) for name, each in scored.relevance.evidence.items()},
        "distance_miles": _shortened(scored.distance[positions]),
    }


def _features(scored: Scored, at: int) -> dict[str, float | None]:
    """What was measured of one candidate, before it was put on one scale."""
    position = int(scored.positions[at])
    measured = {name: values[position] for name, values in scored.signals.direct().items()}
    return {name: _short(value) for name, value in {**measured, "distance_miles": scored.distance[position]}.items()}


def _supersede(session: Session, proposal_ids: Sequence[int], now: datetime) -> None:
    # Usually none: a request is ranked again when something about it has changed.
    if proposal_ids:
        for proposal in session.scalars(select(Proposal).where(Proposal.id.in_(proposal_ids))):
            proposal.become(ProposalState.SUPERSEDED, at=now)


def _put_forward(
    session: Session,
    request: LearningRequest,
    region: Region,
    ranking: Ranking,
    scored: Scored,
    matrices: Matrices,
    pinned: dict[int, int],
    first: list[int],
    moves: list[explain.Reason | None],
    around: dict[int, list[explain.Reason]],
) -> None:
    voices = explaining.voices(session, scored, matrices, first)
    asked = explaining.asked(request, matrices)
    rows: list[dict[str, Any]] = []
    for rank, (at, parts, move) in enumerate(
        zip(first, rows_of(_columns(scored, matrices, first)), moves, strict=True), 1
    ):
        voice = voices[at]
        told = explaining.reasons(scored, at, voice, asked, move, around[at])
        rows.append(
            {
                "region_id": request.region_id,
                "ranking_id": ranking.id,
                "request_id": request.id,
                "state": ProposalState.OPEN,
                "fund_id": voice.fund.id if voice.fund else None,
                "steer_id": pinned.get(at),
                "rank": rank,
                "rank_after": int(scored.reranked.rank_after[at]),
                **{name: parts[name] for name in _PARTS},
                "features": _features(scored, at),
                "reasons": told,
                "why": reasons.why(region.languages, told),
            }
        )
    if rows:
        session.execute(_PUT, {"rows": rows})


def _planned(
    session: Session, request: LearningRequest, region: Region, scored: Scored, matrices: Matrices
) -> list[int]:
    """Places among the candidates of those whom the region's plan gives the request, in the plan's order.

    Whom a hard rule excludes by now, a full month among them, is no candidate and is passed over.
    """
    if region.plan_id is None:
        return []
    ids = matrices.partner_ids[scored.positions]
    planned = plans.planned(session, region.plan_id, request.id)
    return [int(at) for partner_id in planned for at in np.flatnonzero(ids == partner_id)]


def _first(scored: Scored, leading: Sequence[int]) -> list[int]:
    """Who is put before the desk: whom people put forward by hand, then the plan, then the ranker's own first ones."""
    ahead = list(dict.fromkeys(leading))
    others = [int(at) for at in scored.reranked.order[: PROPOSED + len(ahead)] if int(at) not in ahead]
    return [*ahead, *others[: max(PROPOSED - len(ahead), 0)]]


def _short(value: float) -> float | None:
    """Six digits are more than any reader needs; NaN (not known) becomes null."""
    return None if np.isnan(value) else round(float(value), 6)


def _shortened(values: NDArray[np.float64]) -> list[float | None]:
    rounded: list[float | None] = np.round(values, 6).tolist()
    # Only NaN is not equal to itself.
    return [value if value == value else None for value in rounded] if np.isnan(values).any() else rounded
