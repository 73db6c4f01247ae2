"""All that a plan of a region is made of, read at one moment: open requests with whom they could have, and free units.

A plan needs no model: relevance comes from each request's newest ranking. Who may come is decided anew by the hard
rules of now. Somebody put forward by hand is asked first whatever a plan says, so their unit is set aside for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matching import groups
from matching.equity import Policy
from matching.plans import Instance
from matchmaker.queries import eligibility, fairness, plans, rankings, roll
from matchmaker.queries.eligibility import Eligibility
from matchmaker.queries.roll import Roll
from models import (
    Fund,
    Introduction,
    IntroductionState,
    KnowledgeKind,
    LearningRequest,
    Partner,
    Proposal,
    Ranking,
    Region,
    RequestState,
)

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_Ranked = Row[tuple[int, list[int], list[float]]]

MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Gathered:
    """An instance, and what its numbers stand for.

    Attributes
    ----------
    instance
        R requests, P nodes (a partner in a month), S schools.
    request_ids
        [R] ascending.
    versions
        What each asked when it was read, by its id.
    partner_ids, months
        [P] of each node.
    school_ids
        [S]
    """

    instance: Instance
    request_ids: list[int]
    versions: dict[int, int]
    partner_ids: list[int]
    months: list[date]
    school_ids: list[int]

    @property
    def people(self) -> int:
        """How many partners could come to any request."""
        return len(set(self.partner_ids))


@dataclass(frozen=True)
class _Asking:
    """One request with the n candidates it may have, best first, and those put forward by hand: places on the roll."""

    request: LearningRequest
    found: Eligibility
    places: Integers
    relevance: NDArray[np.float32]
    by_hand: Integers


def gather(session: Session, region: Region, policy: Policy, now: datetime) -> Gathered:
    """Read what a plan of a region is made of now; a dozen queries, however many requests are open."""
    requests = _open(session, region.id)
    everybody = roll.read(session, region.id)
    asking = list(_asking(session, region, requests, everybody, now))
    nodes = _Nodes.of(asking, everybody)
    standings = fairness.standings(session, region.id, policy, now)
    school_ids = list(standings)
    position = {school_id: at for at, school_id in enumerate(school_ids)}
    past, past_weight = _past(session, region.id, standings, position)
    candidates, relevance = _padded([(nodes.at(one), one.relevance) for one in asking])
    instance = Instance(
        candidates=candidates,
        relevance=relevance,
        capacity=nodes.free,
        school=np.array([position[one.request.school_id] for one in asking], dtype=np.int64),
        need=np.array([standing.need.value for standing in standings.values()], dtype=np.float64),
        group=_groups(session, region, everybody, now)[nodes.places],
        slots=plans.SLOTS,
        waiting_days=np.array([_days(now - (one.request.posted_at or now)) for one in asking], dtype=np.float64),
        past=past,
        past_weight=past_weight,
    )
    return Gathered(
        instance,
        [one.request.id for one in asking],
        {one.request.id: one.request.version for one in asking},
        everybody.partner_ids[nodes.places].tolist(),
        nodes.months,
        school_ids,
    )


def last_month(session: Session, region: Region, policy: Policy, now: datetime) -> Gathered:
    """The requests of the last `MONTH`, whatever has become of them, as if all were still open and everybody free.

    Candidates are those of each request's newest ranking as it was stored, and everybody has one month's units. What
    schools have had and how long they waited is left out: it would count the same requests twice.
    """
    posted = session.execute(
        select(LearningRequest.id, LearningRequest.school_id)
        .where(
            LearningRequest.region_id == region.id,
            LearningRequest.state.not_in((RequestState.DRAFT, RequestState.WITHDRAWN)),
            LearningRequest.posted_at > now - MONTH,
            LearningRequest.posted_at <= now,
        )
        .order_by(LearningRequest.id)
    ).all()
    everybody = roll.read(session, region.id)
    ranked = {row.request_id: row for row in _newest(session, [request_id for request_id, _ in posted])}
    rows = [_closest(ranked.get(request_id), everybody) for request_id, _ in posted]
    candidates, relevance = _padded(rows)
    standings = fairness.standings(session, region.id, policy, now)
    position = {school_id: at for at, school_id in enumerate(standings)}
    instance = Instance(
        candidates=candidates,
        relevance=relevance,
        capacity=np.asarray(everybody.monthly_capacity, dtype=np.int64),
        school=np.array([position[school_id] for _, school_id in posted], dtype=np.int64),
        need=np.array([standing.need.value for standing in standings.values()], dtype=np.float64),
        group=_groups(session, region, everybody, now),
        slots=plans.SLOTS,
    )
    months = [now.date().replace(day=1)] * len(everybody.partner_ids)
    return Gathered(
        instance, [request_id for request_id, _ in posted], {}, everybody.partner_ids.tolist(), months, list(standings)
    )


def _open(session: Session, region_id: int) -> Sequence[LearningRequest]:
    return session.scalars(
        select(LearningRequest)
        .where(LearningRequest.region_id == region_id, LearningRequest.state.in_(plans.OPEN))
        .options(selectinload(LearningRequest.windows), joinedload(LearningRequest.school))
        .order_by(LearningRequest.id)
    ).all()


def _asking(
    session: Session, region: Region, requests: Sequence[LearningRequest], everybody: Roll, now: datetime
) -> Iterator[_Asking]:
    """Every open request, with those of its newest ranking whom no hard rule excludes now."""
    ranked = {row.request_id: row for row in _newest(session, [request.id for request in requests])}
    eligible = np.zeros(len(everybody.partner_ids), dtype=bool)
    judged = eligibility.for_each(session, region, requests, everybody, now)
    for request, found in zip(requests, judged, strict=True):
        eligible[:] = False
        eligible[found.places] = True
        by_hand = everybody.places(np.array([who for who, _ in found.pinned], dtype=np.int64))
        by_hand = by_hand[eligible[by_hand]]
        eligible[by_hand] = False
        at, rho = _closest(ranked.get(request.id), everybody)
        yield _Asking(request, found, at[eligible[at]], rho[eligible[at]], by_hand)


def changed(session: Session, gathered: Gathered) -> set[int]:
    """Ids of the requests that ask something else by now: what was planned for them was found by other words."""
    now = select(LearningRequest.id, LearningRequest.version).where(LearningRequest.id.in_(gathered.request_ids))
    return {each.id for each in session.execute(now) if each.version != gathered.versions[each.id]}


def _newest(session: Session, request_ids: Sequence[int]) -> Sequence[_Ranked]:
    """The newest ranking of each of some requests, unless it was made for something else than is asked now."""
    newest = select(func.max(Ranking.id)).where(Ranking.request_id.in_(request_ids)).group_by(Ranking.request_id)
    return session.execute(
        select(
            Ranking.request_id,
            rankings.COLUMNS["partner_id"].label("partner_id"),
            rankings.COLUMNS["relevance"].label("relevance"),
        )
        .join(LearningRequest, LearningRequest.id == Ranking.request_id)
        .where(Ranking.id.in_(newest), Ranking.request_version == LearningRequest.version)
    ).all()


def _closest(row: _Ranked | None, everybody: Roll) -> tuple[Integers, NDArray[np.float32]]:
    """[n] places on the roll of a ranking's candidates and their relevance, best first."""
    if row is None or not row.partner_id:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    ids = np.array(row.partner_id, dtype=np.int64)
    known = np.isin(ids, everybody.partner_ids)
    rho = np.clip(np.array(row.relevance, dtype=np.float64)[known], 0.0, 1.0).astype(np.float32)
    # Those of equal relevance in the ranker's own order.
    best = np.argsort(-rho, kind="stable")
    return everybody.places(ids[known])[best], rho[best]


def _padded(rows: Sequence[tuple[Integers, NDArray[np.float32]]]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """[R, C] positions and relevances of rows of different lengths."""
    width = max((len(at) for at, _ in rows), default=0)
    candidates = np.full((len(rows), width), -1, dtype=np.int32)
    relevance = np.zeros((len(rows), width), dtype=np.float32)
    for row, (at, rho) in enumerate(rows):
        candidates[row, : len(at)], relevance[row, : len(at)] = at, rho
    return candidates, relevance


@dataclass(frozen=True)
class _Nodes:
    """The P partners in their months: places on the roll, months, free units; ``first`` is where each month begins."""

    places: Integers
    months: list[date]
    free: Integers
    first: dict[date, tuple[int, Integers]]

    @classmethod
    def of(cls, asking: Sequence[_Asking], everybody: Roll) -> _Nodes:
        of_month: dict[date, list[_Asking]] = {}
        for one in asking:
            of_month.setdefault(one.found.period, []).append(one)
        places, free = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        months: list[date] = []
        first: dict[date, tuple[int, Integers]] = {}
        for month in sorted(of_month):
            there = np.unique(np.concatenate([one.places for one in of_month[month]]))
            by_hand = np.concatenate([one.by_hand for one in of_month[month]])
            taken = of_month[month][0].found.units + np.bincount(by_hand, minlength=len(everybody.partner_ids))
            first[month] = len(months), there
            places.append(there)
            months += [month] * len(there)
            free.append(everybody.monthly_capacity[there] - taken[there])
        return cls(np.concatenate(places), months, np.maximum(np.concatenate(free), 0), first)

    def at(self, one: _Asking) -> Integers:
        """[n] nodes of a request's candidates."""
        start, there = self.first[one.found.period]
        return start + np.searchsorted(there, one.places)


def _past(
    session: Session, region_id: int, standings: dict[int, fairness.SchoolStanding], position: dict[int, int]
) -> tuple[Floats, Floats]:
    """[S] mean utility of what each school had, and how many requests that was: what is approved or invited counts
    as had, because no plan touches it."""
    weight = np.array([standing.requests for standing in standings.values()])
    total = weight * np.array([standing.service for standing in standings.values()])
    fixed = session.execute(
        select(LearningRequest.school_id, func.coalesce(Proposal.relevance, fairness.UNRANKED_UTILITY))
        .join(Introduction, Introduction.request_id == LearningRequest.id)
        .outerjoin(Proposal, Proposal.id == Introduction.proposal_id)
        .where(
            Introduction.region_id == region_id,
            Introduction.state.in_(
                (IntroductionState.APPROVED, IntroductionState.INVITED, IntroductionState.OTHER_TIMES)
            ),
        )
    )
    for school_id, utility in fixed:
        total[position[school_id]] += utility
        weight[position[school_id]] += 1.0
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0), weight


def _groups(session: Session, region: Region, everybody: Roll, now: datetime) -> Integers:
    """[n] group of everybody on the roll: how they know what they know, and newness. Not said counts as practice."""
    rows = session.execute(
        select(
            Partner.id,
            func.coalesce(func.bool_or(Fund.kind == KnowledgeKind.CREDENTIALED), False),
            func.coalesce(func.bool_or(Fund.kind == KnowledgeKind.PRACTICE), False),
            func.coalesce(Partner.joined_on > now.date() - timedelta(days=groups.NEW_DAYS), False),
        )
        .outerjoin(Fund, Fund.partner_id == Partner.id)
        .where(Partner.region_id == region.id)
        .group_by(Partner.id)
    )
    said = {who: facts for who, *facts in rows}
    facts = np.array([said.get(who, [False] * 3) for who in everybody.partner_ids.tolist()], dtype=bool).reshape(-1, 3)
    return groups.of(*facts.T)


def _days(wait: timedelta) -> float:
    return wait.total_seconds() / 86_400
