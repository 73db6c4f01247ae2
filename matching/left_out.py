"""Whether weights travel: what was learnt on some sets, measured on one that it has never seen.

A region that starts has no decisions to learn from. What it starts with must therefore hold on networks nobody has
looked at, and learning on public sets earns its place only where it beats the plain sum on every set left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.choices import Group
from matching.evaluate import (
    BM25,
    EMBEDDING,
    PRODUCTION,
    TFIDF,
    Encode,
    Figures,
    JudgedSet,
    baselines,
    evidence_of,
    figures,
    ranked,
    relevant,
)
from matching.features import SIGNAL_NAMES
from matching.fit import fit_map, fit_mix
from matching.metrics import Calibration, calibration
from matching.score import Formula, Weights

Floats = NDArray[np.float64]

LEARNT = "learnt on the others"
SINGLE = "single signal: "
MOST_REQUESTS = 200
"""Requests of one set that a fit reads, so that a large set does not drown a small one."""
SHOWN = 10
"""First places of each request by which rho is calibrated: a coordinator sees no others."""
_FOLDS = 5
_LITTLE = 1.0  # request that the present map counts for when the map is fitted anew


@dataclass(frozen=True, eq=False)
class Evidence:
    """A judged set as all systems see it: one group a judged request, with the evidence of all P partners."""

    judged: JudgedSet
    groups: tuple[Group, ...]


@dataclass(frozen=True, eq=False)
class LeftOut:
    """What came of one set.

    Attributes
    ----------
    figures
        Of the baselines, of each signal alone, of what was learnt on the other sets, and of production.
    mix
        The coefficients that were learnt on the others.
    calibration
        Of production's order with a map fitted on the other sets alone.
    """

    figures: Mapping[str, Figures]
    mix: Mapping[str, float]
    calibration: Calibration


@dataclass(frozen=True, eq=False)
class Crossed:
    """All sets, each left out once; and rho calibrated on folds of requests over all sets, with the map of them all."""

    sets: Mapping[str, LeftOut]
    calibration: Calibration
    slope: float
    midpoint: float

    @property
    def learning_travels(self) -> bool:
        """Whether learning beats the plain sum by two paired standard errors on every set left out."""
        leads = [found.figures[LEARNT].lead for found in self.sets.values()]
        return all(-lead.mean > 2.0 * lead.error for lead in leads)


def leave_one_out(sets: Mapping[str, JudgedSet], encode: Encode, weights: Weights | None = None) -> Crossed:
    """Measure the plain sum, and weights learnt on all other sets, on each set.

    Parameters
    ----------
    sets
        Judged sets by name, two at least.
    encode
        Texts to vectors [n, d] of length 1.
    weights
        The plain sum, and what a fit is shrunk towards.
    """
    if len(sets) < 2:
        raise ValueError("leaving one set out needs two sets at least")
    weights = weights or Weights()
    read = {name: _evidence(judged, encode, weights) for name, judged in sets.items()}
    shown = {name: _shown(each, weights.formula) for name, each in read.items()}
    left = {}
    for name, each in read.items():
        others = [group for other, found in read.items() if other != name for group in _some(found.groups)]
        mix = fit_mix(others, weights.signals).coefficients
        slope, midpoint = _map([rows for other, rows in shown.items() if other != name], weights)
        rho = Formula({}, slope, midpoint).rho(shown[name].scores)
        left[name] = LeftOut(_figures(each, encode, weights, mix), mix, calibration(rho, shown[name].came))
    return Crossed(left, _across_folds(list(shown.values()), weights), *_map(list(shown.values()), weights))


def _evidence(judged: JudgedSet, encode: Encode, weights: Weights) -> Evidence:
    groups = [
        Group(found, _gains(judged, request), judged.partner_ids, request)
        for request, found in zip(judged.request_ids, evidence_of(judged, encode, weights), strict=True)
        if relevant(judged.judgements.get(request, {}))
    ]
    return Evidence(judged, tuple(groups))


def _gains(judged: JudgedSet, request: str) -> Floats:
    held = judged.judgements[request]
    return np.array([float(held.get(partner, 0)) for partner in judged.partner_ids])


def _some(groups: Sequence[Group]) -> Sequence[Group]:
    return groups[:: -(-len(groups) // MOST_REQUESTS)]


def _figures(read: Evidence, encode: Encode, weights: Weights, mix: Mapping[str, float]) -> dict[str, Figures]:
    asked = {str(group.request): place for place, group in enumerate(read.groups)}
    kept = [place for place, request in enumerate(read.judged.request_ids) if request in asked]
    judged = JudgedSet(
        tuple(read.judged.request_ids[place] for place in kept),
        tuple(read.judged.request_texts[place] for place in kept),
        read.judged.partner_ids,
        read.judged.profiles,
        read.judged.judgements,
    )
    found = [group.evidence for group in read.groups]
    plain = weights.formula
    runs = baselines(judged, encode)
    runs |= {f"{SINGLE}{name}": ranked(found, _only(plain, {name: 1.0})) for name in SIGNAL_NAMES}
    runs[LEARNT] = ranked(found, _only(plain, mix))
    runs[PRODUCTION] = ranked(found, plain)
    return figures(judged, runs)


def _only(formula: Formula, coefficients: Mapping[str, float]) -> Formula:
    return Formula({name: coefficients.get(name, 0.0) for name in SIGNAL_NAMES}, formula.slope, formula.midpoint)


def best_single(found: Mapping[str, Figures]) -> str:
    """The name of the best system that is no mix."""
    alone = [name for name in found if name.startswith(SINGLE) or name in (TFIDF, BM25, EMBEDDING)]
    return max(alone, key=lambda name: found[name].measures["ndcg@10"].mean)


@dataclass(frozen=True, eq=False)
class Shown:
    """The first places of a set's requests: [n] combined score, whether it came true, what it counts, its fold."""

    scores: Floats
    came: NDArray[np.bool_]
    counts: Floats
    fold: NDArray[np.int64]


def _shown(read: Evidence, formula: Formula) -> Shown:
    scores, came, fold = [], [], []
    for place, group in enumerate(read.groups):
        combined = formula.combined(formula.contributions(group.evidence))
        first = np.argsort(-combined, kind="stable")[:SHOWN]
        scores.append(combined[first])
        came.append(group.gains[first] > 0)
        fold.append(np.full(len(first), place % _FOLDS))
    joined = np.concatenate(scores)
    return Shown(joined, np.concatenate(came), np.full(len(joined), 1.0 / len(joined)), np.concatenate(fold))


def _map(parts: Sequence[Shown], weights: Weights, but: int | None = None) -> tuple[float, float]:
    """Slope and midpoint from all parts, each set counting the same; without one fold where that is said."""
    kept = [np.ones(len(part.fold), dtype=bool) if but is None else part.fold != but for part in parts]
    pick = list(zip(parts, kept, strict=True))
    return fit_map(
        np.concatenate([part.scores[rows] for part, rows in pick]),
        np.concatenate([part.came[rows] for part, rows in pick]),
        np.concatenate([part.counts[rows] for part, rows in pick]),
        (weights.slope, weights.midpoint),
        strength=_LITTLE,
        lists=sum(int(rows.sum()) for rows in kept) // SHOWN,
    )


def _across_folds(parts: Sequence[Shown], weights: Weights) -> Calibration:
    said, came, counts = [], [], []
    for fold in range(_FOLDS):
        slope, midpoint = _map(parts, weights, but=fold)
        for part in parts:
            held = part.fold == fold
            said.append(Formula({}, slope, midpoint).rho(part.scores[held]))
            came.append(part.came[held])
            counts.append(part.counts[held])
    return calibration(np.concatenate(said), np.concatenate(came), np.concatenate(counts))
