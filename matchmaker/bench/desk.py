"""The desk with 500 open requests beside the desk with 20, in two regions that differ in nothing else.

Both are asked for in turn, of one web process; each request has been ranked three times, as a few nights would do.
The page is the whole of it: queue, the first request with its people, and the decision.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, func, select, update
from sqlalchemy.orm import Session

from matchmaker.bench import served, synthetic
from matchmaker.clock import utc_now
from models import (
    Account,
    EquityPolicy,
    LearningRequest,
    Membership,
    Partner,
    Proposal,
    ProposalState,
    Ranking,
    RequestState,
)

MANY, FEW = 500, 20
PEOPLE = 200
"""Partners of each region."""
PUT_FORWARD = 8
"""People proposed for each request."""
NIGHTS = 3
"""Rankings of each request; the last one counts."""
ROUNDS = 60
WARM = 10
STAFF = {MANY: "marisol@palofierro.example", FEW: "ben@palofierro.example"}


def measure() -> dict[str, Any]:
    """Median milliseconds of both pages, and the ratio of the medians."""
    with served.demo() as site:
        engine = create_engine(site.database_url)
        with Session(engine) as session:
            for seed, (count, person) in enumerate(STAFF.items(), start=1):
                build(session, count, person, seed)
            session.connection().exec_driver_sql("ANALYZE")
            session.commit()
        engine.dispose()
        port, _server = site.serve("ours")
        return figures(port)


def figures(port: int) -> dict[str, Any]:
    """Ask for both desks in turn."""
    cookies = {count: served.sign_in(port, person) for count, person in STAFF.items()}
    taken: Mapping[int, list[float]] = {count: [] for count in STAFF}
    size = {}
    for turn in range(WARM + ROUNDS):
        for count, cookie in cookies.items():
            started = time.perf_counter()
            size[count] = len(served.ask(port, "/desk", cookie))
            if turn >= WARM:
                taken[count].append(1000 * (time.perf_counter() - started))
    many, few = (statistics.median(taken[count]) for count in (MANY, FEW))
    return {
        "ratio": round(many / few, 2),
        f"ms_with_{MANY}": round(many, 1),
        f"ms_with_{FEW}": round(few, 1),
        f"kb_with_{MANY}": round(size[MANY] / 1024, 1),
        f"kb_with_{FEW}": round(size[FEW] / 1024, 1),
        "rounds": ROUNDS,
    }


def build(session: Session, count: int, person: str, seed: int) -> None:
    """A region in which so many requests wait, and whose coordinator is a person of the demo."""
    now = utc_now()
    made = synthetic.build(session, PEOPLE * synthetic.FUNDS_A_PARTNER, count, now, seed, of_all_schools=True)
    here = {"region_id": made.region_id}
    policy = session.scalar(select(EquityPolicy.id).where(EquityPolicy.region_id == made.region_id))
    partners = list(session.scalars(select(Partner.id).where(Partner.region_id == made.region_id).order_by(Partner.id)))
    for night in range(NIGHTS):
        ranked = {"policy_id": policy, "ranked_at": now - timedelta(days=NIGHTS - night), "eligible": PUT_FORWARD}
        empty: dict[str, Any] = {"excluded": {"distance": 3}, "candidates": [], "pinned": [], "versions": {}}
        rankings = synthetic.store(
            session,
            Ranking,
            [{**here, **ranked, **empty, "request_id": each, "request_version": 1} for each in made.request_ids],
        )
        state = ProposalState.OPEN if night == NIGHTS - 1 else ProposalState.SUPERSEDED
        synthetic.store(
            session,
            Proposal,
            [
                {**here, **_score(rank), "ranking_id": ranking, "request_id": request, "state": state}
                | {"partner_id": partners[(7 * at + rank) % len(partners)], "fund_id": None}
                for at, (ranking, request) in enumerate(zip(rankings, made.request_ids, strict=True))
                for rank in range(1, PUT_FORWARD + 1)
            ],
        )
    _wait(session, made.request_ids, now)
    account = session.scalars(select(Account.id).where(Account.email == person)).one()
    session.execute(update(Membership).where(Membership.account_id == account).values(here))
    session.commit()


def _wait(session: Session, request_ids: list[int], now: datetime) -> None:
    """All of them have been proposed, one posted each hour before now."""
    first = min(request_ids)
    hours = func.make_interval(0, 0, 0, 0, LearningRequest.id - first)
    waiting = update(LearningRequest).where(LearningRequest.id.in_(request_ids))
    session.execute(waiting.values(state=RequestState.PROPOSED, posted_at=now - hours))


def _score(rank: int) -> dict[str, Any]:
    relevance = 0.8 - 0.04 * rank
    return {
        **dict.fromkeys(("rank", "rank_before", "rank_after"), rank),
        **{"relevance": relevance, "need": 1.2, "deficit": 1.0, "boost": 0.05, "price": 0.02},
        **{"score": 1.2 * relevance + 0.03, "features": {}, "reasons": []},
        "why": {"en": "Their words are close.", "es": "Sus palabras están cerca."},
    }
