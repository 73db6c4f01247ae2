"""What a region's people decided on the candidates they were shown, as lists to learn relevance from.

Only what was shown counts, and only beside what was shown with it. A reason that does not speak about relevance (busy,
too far, the dates, asked lately) takes the candidate out of its list: it is no vote against them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from matching.choices import Group
from matching.decisions import capped, examination
from matchmaker.queries import rankings
from models import (
    Again,
    Introduction,
    IntroductionState,
    NotNowReason,
    Proposal,
    ProposalState,
    Ranking,
    Reflection,
    StateChange,
    Steer,
)
from models.columns import some_of

Floats = NDArray[np.float64]

OFF_TOPIC, UNDECIDED, APPROVED, ACCEPTED, MET, AGAIN = -1.0, 0.0, 1.0, 2.0, 3.0, 4.0
"""Gains of a candidate, by how far both sides took it."""
NOT_AGAIN = -0.5
"""Two who met, one would rather not do it again and neither gladly would: weaker than a word on the topic itself."""
MOST_SHARE = 0.1
"""No partner carries more than this share of the weight of all decisions."""
WRONG_TOPIC = "not_close"
"""The reason for passing over somebody that speaks about relevance (services.proposals.PassReason)."""

BATCH = 50
"""Rankings whose candidates are held at once."""

_YES = {
    IntroductionState.ACCEPTED: ACCEPTED,
    IntroductionState.INTRODUCED: ACCEPTED,
    IntroductionState.SCHEDULED: ACCEPTED,
    IntroductionState.CANCELLED: ACCEPTED,
    IntroductionState.NOT_HELD: ACCEPTED,
    IntroductionState.MET: MET,
    IntroductionState.REFLECTED: MET,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One candidate on the desk: where it stood there, what was known, and what was decided (None: says nothing)."""

    partner_id: int
    place: int
    by_hand: bool
    relevance: float
    evidence: Mapping[str, float]
    gain: float | None
    chosen: bool


@dataclass(frozen=True)
class Decisions:
    """Lists with at least one decision, ready to fit; ``left_out`` lists were stored before, or with other features."""

    groups: tuple[Group, ...]
    first: datetime | None
    last: datetime | None
    decided: int
    left_out: int
    examination: tuple[float, ...]

    @property
    def requests(self) -> int:
        """How many requests hold a choice: candidates that gained more than another of their list."""
        return len({group.request for group in self.groups if np.ptp(group.gains) > 0})

    def as_dict(self) -> dict[str, Any]:
        """The data range, as it is stored with a fit."""
        return {
            "from": self.first.isoformat() if self.first else None,
            "to": self.last.isoformat() if self.last else None,
            "rankings": len(self.groups),
            "requests": self.requests,
            "decisions": self.decided,
            "left_out": self.left_out,
            "examination": [round(each, 4) for each in self.examination],
        }


def of_region(session: Session, region_id: int, features: Collection[str]) -> Decisions:
    """A region's decisions on rankings whose evidence has exactly these features."""
    shown, asked, when = _shown(session, region_id)
    decided = {key: rows for key, rows in shown.items() if any(row.gain not in (None, UNDECIDED) for row in rows)}
    usable = {key: rows for key, rows in decided.items() if all(set(row.evidence) == set(features) for row in rows)}
    looked = _examination(usable.values())
    weights = _capped({key: _weights(rows, looked) for key, rows in usable.items()}, usable)
    groups = tuple(_group(asked[key], rows, weights[key]) for key, rows in usable.items())
    times = [when[key] for key in usable]
    return Decisions(
        groups=groups,
        first=min(times, default=None),
        last=max(times, default=None),
        decided=sum(int(np.count_nonzero(group.gains)) for group in groups),
        left_out=len(decided) - len(usable),
        examination=tuple(float(each) for each in looked),
    )


def _shown(session: Session, region_id: int) -> tuple[dict[int, list[Shown]], dict[int, int], dict[int, datetime]]:
    """Candidates shown by ranking, with the ranking's request and time."""
    rows = session.execute(
        select(Proposal, Ranking.ranked_at, Steer.id.label("pin"))
        .join(Ranking, Ranking.id == Proposal.ranking_id)
        .outerjoin(Steer, (Steer.id == Proposal.steer_id) & Steer.released_at.is_(None))
        .where(Proposal.region_id == region_id)
        .order_by(Proposal.ranking_id, Proposal.rank)
    ).all()
    evidence = _evidence(session, region_id, {(proposal.ranking_id, proposal.partner_id) for proposal, _, _ in rows})
    came, passed = _introductions(session, region_id), _passed(session, region_id)
    told = _reflections(session, region_id)
    found: dict[int, dict[int, Shown]] = defaultdict(dict)
    asked, when = {}, {}
    for proposal, ranked_at, pin in rows:
        # Nobody is shown whom a ranking does not keep; what it kept is the evidence, where there was any yet.
        if (kept := evidence.get((proposal.ranking_id, proposal.partner_id))) is None:
            continue
        asked[proposal.ranking_id], when[proposal.ranking_id] = proposal.request_id, ranked_at
        introduction = came.get(proposal.id)
        found[proposal.ranking_id][proposal.partner_id] = Shown(
            partner_id=proposal.partner_id,
            place=proposal.rank,
            by_hand=proposal.steer_id is not None,
            relevance=proposal.relevance,
            evidence=kept,
            gain=_gain(proposal, introduction, passed.get(proposal.id), told, pinned=pin is not None),
            chosen=introduction is not None,
        )
    return {key: list(each.values()) for key, each in found.items()}, asked, when


def _evidence(
    session: Session, region_id: int, shown: Collection[tuple[int, int]]
) -> dict[tuple[int, int], dict[str, float]]:
    """The evidence kept of those who were shown, by ranking and partner; empty in rankings from before there was."""
    found: dict[tuple[int, int], dict[str, float]] = {}
    query = select(Ranking.id, rankings.COLUMNS, Ranking.pinned).where(Ranking.region_id == region_id)
    for ranking_id, columns, pinned in session.execute(query.execution_options(yield_per=BATCH)):
        places = [at for at, who in enumerate(columns.get("partner_id", ())) if (ranking_id, who) in shown]
        for parts in (*pinned, *some_of(columns, places)):
            found[ranking_id, parts["partner_id"]] = parts.get("evidence", {})
    return found


def _introductions(session: Session, region_id: int) -> dict[int, Introduction]:
    """The newest introduction of each proposal."""
    rows = session.scalars(
        select(Introduction)
        .where(Introduction.region_id == region_id, Introduction.proposal_id.is_not(None))
        .order_by(Introduction.id)
    )
    return {row.proposal_id: row for row in rows if row.proposal_id is not None}


def _passed(session: Session, region_id: int) -> dict[int, str]:
    """Why each proposal was passed over: the reason, without what was written beside it."""
    rows = session.execute(
        select(StateChange.proposal_id, StateChange.reason).where(
            StateChange.region_id == region_id, StateChange.after == ProposalState.PASSED.value
        )
    )
    return {row[0]: (row[1] or "").partition(":")[0] for row in rows if row[0] is not None}


def _reflections(session: Session, region_id: int) -> dict[int, list[Reflection]]:
    """What both sides said afterwards, by introduction. Their own words are not read."""
    told: dict[int, list[Reflection]] = defaultdict(list)
    columns = load_only(Reflection.introduction_id, Reflection.took_place, Reflection.again)
    for each in session.scalars(select(Reflection).where(Reflection.region_id == region_id).options(columns)):
        told[each.introduction_id].append(each)
    return told


def _gain(
    proposal: Proposal,
    introduction: Introduction | None,
    passed: str | None,
    told: Mapping[int, Sequence[Reflection]],
    *,
    pinned: bool,
) -> float | None:
    """What was decided on one candidate. None where it says nothing about relevance."""
    if introduction is not None:
        if introduction.state is IntroductionState.UNDONE:
            return None
        if introduction.state is IntroductionState.NOT_NOW and introduction.not_now_reason is NotNowReason.NOT_MINE:
            return OFF_TOPIC
        gain = _YES.get(introduction.state, APPROVED)
        return _afterwards(told.get(introduction.id, ())) if gain == MET else gain
    if proposal.state is ProposalState.PASSED:
        return OFF_TOPIC if passed == WRONG_TOPIC else None
    # Put forward by hand is a choice too, as long as nobody took it back.
    return APPROVED if pinned else UNDECIDED


def _afterwards(told: Sequence[Reflection]) -> float:
    """What those who met said. One who would and one who would not say together no more than that both had agreed."""
    if told and not any(each.took_place for each in told):
        return ACCEPTED
    again = {each.again for each in told if each.took_place}
    if Again.NO in again:
        return ACCEPTED if Again.YES in again else NOT_AGAIN
    return AGAIN if Again.YES in again else MET


def _examination(lists: Collection[Sequence[Shown]]) -> Floats:
    """How often each place of the desk was looked at. Whom a hand put there was found by other means."""
    ranked = [row for rows in lists for row in rows if not row.by_hand]
    places = np.array([row.place - 1 for row in ranked], dtype=np.int64)
    size = int(places.max(initial=-1)) + 1
    chosen = np.bincount(places, [row.chosen for row in ranked], minlength=size)
    return examination(chosen, np.bincount(places, [row.relevance for row in ranked], minlength=size))


def _weights(rows: Sequence[Shown], looked: Floats) -> Floats:
    """Inverse propensities: a decision far down stands for those that would have been made, had all been looked at."""
    return np.array(
        [1.0 if row.by_hand or not row.gain else 1.0 / float(looked[row.place - 1]) for row in rows], dtype=np.float64
    )


def _capped(weights: Mapping[int, Floats], lists: Mapping[int, Sequence[Shown]]) -> dict[int, Floats]:
    """The same weights, those of every partner scaled so that their decisions stay below the share."""
    decided = [
        (row.partner_id, weight * abs(row.gain))
        for key, rows in lists.items()
        for row, weight in zip(rows, weights[key], strict=True)
        if row.gain
    ]
    before = np.array([weight for _, weight in decided])
    after = capped(before, [partner_id for partner_id, _ in decided], MOST_SHARE)
    scale = {partner_id: float(ratio) for (partner_id, _), ratio in zip(decided, after / before, strict=True)}
    return {key: weights[key] * [scale.get(row.partner_id, 1.0) for row in rows] for key, rows in lists.items()}


def _group(request_id: int, rows: Sequence[Shown], weights: Floats) -> Group:
    kept = [at for at, row in enumerate(rows) if row.gain is not None]
    names = sorted(rows[0].evidence)
    return Group(
        evidence={name: np.array([rows[at].evidence[name] for at in kept], dtype=np.float64) for name in names},
        gains=np.array([rows[at].gain for at in kept], dtype=np.float64),
        partners=[rows[at].partner_id for at in kept],
        request=request_id,
        weights=weights[kept],
    )
