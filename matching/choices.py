"""Choices within lists, and how likely a mix of features makes them: the conditional logit behind `matching.fit`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Group:
    """One list: n candidates of one request with what is known and what was decided.

    Attributes
    ----------
    evidence
        [n] of each feature, before any weight, as `matching.score.evidence` gives it.
    gains
        [n] 0 for a candidate nobody decided on, above 0 the better the more, below 0 for one judged off the topic.
    partners
        [n] who they are; the error of a figure is clustered by the partners with a gain above 0.
    request
        Folds never part the lists of one request.
    weights
        [n] positive: what each row counts as an example (inverse propensity, caps). None for 1.
    """

    evidence: Mapping[str, Floats]
    gains: Floats
    partners: Sequence[Hashable]
    request: Hashable
    weights: Floats | None = None

    @property
    def counts(self) -> Floats:
        """[n] the weights, 1 where none are given."""
        return np.ones(len(self.gains)) if self.weights is None else np.asarray(self.weights, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Choices:
    """All choices of G lists with N rows in all. A choice is a row together with the rows of its list that gained less.

    Attributes
    ----------
    starts
        [G] first row of each list; ``of`` [N] the list of each row.
    chosen, counts, run
        [C] row of each choice, what it counts, and the run of rows it was chosen over.
    lower, runs, run_of, odds
        [M] rows, one run after the other; [S] where each run begins; [M] its run; [M] log of the row's weight.
    """

    starts: Indices
    of: Indices
    chosen: Indices
    counts: Floats
    run: Indices
    lower: Indices
    runs: Indices
    run_of: Indices
    odds: Floats

    def surprise(self, utility: Floats) -> tuple[float, Floats]:
        """Weighted sum of -log P(chosen | chosen or lower) at utilities [N], and its gradient [N]."""
        if len(self.chosen) == 0:
            return 0.0, np.zeros(len(utility))
        offered, together, gap = self._gap(utility)
        pull = self.counts * expit(gap)
        mass = np.bincount(self.run, pull, minlength=len(self.runs))
        share = np.exp(offered - together[self.run_of]) * mass[self.run_of]
        size = len(utility)
        gradient = np.bincount(self.lower, share, minlength=size) - np.bincount(self.chosen, pull, minlength=size)
        return float(self.counts @ np.logaddexp(0.0, gap)), np.asarray(gradient, dtype=np.float64)

    def likelihood(self, utility: Floats) -> Floats:
        """[G] mean log P(chosen | chosen or lower) over the choices of each list, as they count; NaN without any."""
        made = self.totals
        surprise = self.counts * np.logaddexp(0.0, self._gap(utility)[2])
        said = np.bincount(self.of[self.chosen], surprise, minlength=len(made))
        return -np.divide(said, made, out=np.full(len(made), np.nan), where=made > 0)

    @property
    def totals(self) -> Floats:
        """[G] what the choices of each list count together."""
        return np.bincount(self.of[self.chosen], self.counts, minlength=len(self.starts)).astype(np.float64)

    def _gap(self, utility: Floats) -> tuple[Floats, Floats, Floats]:
        """[M] utilities of what was passed by, [S] the log of each run's sum, [C] how far each choice lies below it."""
        offered = utility[self.lower] + self.odds
        together = log_sums(offered, self.runs, self.run_of)
        return offered, together, together[self.run] - utility[self.chosen]

    def cross_entropy(self, utility: Floats, expected: Floats) -> tuple[float, Floats]:
        """Mean over lists of -sum q log softmax(utility), and its gradient [N], for expected chances q [N]."""
        chances = utility - log_sums(utility, self.starts, self.of)[self.of]
        size = max(len(self.starts), 1)
        return float(-(expected @ chances)) / size, (np.exp(chances) - expected) / size

    def softmax(self, utility: Floats) -> Floats:
        """[N] chance of each row within its list."""
        return np.exp(utility - log_sums(utility, self.starts, self.of)[self.of])


def log_sums(values: Floats, starts: Indices, of: Indices) -> Floats:
    """[G] logarithm of the sum of exponentials over each run of values."""
    if len(starts) == 0:
        return np.zeros(0)
    peak = np.maximum.reduceat(values, starts)
    return peak + np.log(np.add.reduceat(np.exp(values - peak[of]), starts))


def choices_of(groups: Sequence[Group]) -> Choices:
    """Every choice of these lists, one level of gain after the other.

    A choice counts its row's weight times the gain it is ahead of what it was chosen over, divided by the number of
    choices on that level, so that a request with thirty good answers counts like one with a single one. All is scaled
    so that the sum is the effective number of lists, (sum a)^2 / sum a^2 over the lists' totals a (Kish, 1965).
    """
    sizes = [len(group.gains) for group in groups]
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1].astype(np.int64)
    chosen: list[Indices] = []
    counts: list[Floats] = []
    run: list[Indices] = []
    lower: list[Indices] = []
    odds: list[Floats] = []
    for start, group in zip(starts, groups, strict=True):
        weights = group.counts
        for gain in sorted(set(group.gains.tolist()))[1:]:
            above, below = np.flatnonzero(group.gains == gain), np.flatnonzero(group.gains < gain)
            ahead = gain - (weights[below] @ group.gains[below]) / weights[below].sum()
            chosen.append(start + above)
            counts.append(weights[above] * ahead / len(above))
            run.append(np.full(len(above), len(lower)))
            lower.append(start + below)
            odds.append(np.log(weights[below]))
    of = np.repeat(np.arange(len(groups)), sizes)
    lengths = [len(rows) for rows in lower]
    rows = _joined(chosen, np.int64)
    return Choices(
        starts=starts,
        of=of,
        chosen=rows,
        counts=_effective(_joined(counts, np.float64), of[rows], len(groups)),
        run=_joined(run, np.int64),
        lower=_joined(lower, np.int64),
        runs=(np.cumsum(lengths) - lengths).astype(np.int64),
        run_of=np.repeat(np.arange(len(lower)), lengths),
        odds=_joined(odds, np.float64),
    )


def _effective(counts: Floats, of: Indices, lists: int) -> Floats:
    totals = np.bincount(of, counts, minlength=lists)
    square = float(totals @ totals)
    return counts * (float(totals.sum()) / square) if square > 0 else counts


def _joined(parts: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, dtype=kind)
