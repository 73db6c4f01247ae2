"""How good rankings are, and how sure of it one can be.

Definitions: a relevant partner at place i (from 1) gains 2^relevance - 1, discounted by log2(i + 1). Every
figure is a mean over requests; compare two systems request by request, and treat less than two standard
errors as no difference.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Judgements = Mapping[str, int]
"""Relevance (0, 1, 2, ...) of the partners judged for one request; a partner not listed has 0."""


def ndcg(ranked: Sequence[str], judged: Judgements, k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first k, in [0, 1]; 0 for a request without relevant
    partners.

    References
    ----------
    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002); exponential gains as
    in Burges et al., "Learning to rank using gradient descent" (2005).
    """
    gained = _discounted([judged.get(partner, 0) for partner in ranked[:k]])
    best = _discounted(sorted(judged.values(), reverse=True)[:k])
    return gained / best if best > 0 else 0.0


def _discounted(relevances: Sequence[int]) -> float:
    gains = np.exp2(np.asarray(relevances, dtype=np.float64)) - 1.0
    return float(np.sum(gains / np.log2(np.arange(2, len(gains) + 2))))


def hit(ranked: Sequence[str], judged: Judgements, k: int = 10) -> float:
    """1 when a relevant partner is among the first k, else 0."""
    return float(any(judged.get(partner, 0) > 0 for partner in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], judged: Judgements) -> float:
    """1 / place of the first relevant partner in the whole ranking; 0 when there is none."""
    for place, partner in enumerate(ranked, start=1):
        if judged.get(partner, 0) > 0:
            return 1.0 / place
    return 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over requests, its standard error (NaN for fewer than two requests), and how many there were."""

    mean: float
    error: float
    size: int


def estimate(values: ArrayLike, clusters: Sequence[Hashable] | None = None) -> Estimate:
    """Mean of one value a request, with its standard error.

    Parameters
    ----------
    values
        [R] one value a request; for a comparison, the differences between two systems (see
        `paired_difference`).
    clusters
        [R] what requests that are no independent trials share, such as their relevant partner. Deviations are
        then summed within each cluster first. None treats the requests as independent.

    Notes
    -----
    Independent: standard deviation (n - 1) / sqrt(n). Clustered: sqrt(G / (G - 1) * sum_g (sum_i in g d_i)^2)
    / n with deviations d from the mean and G clusters; with clusters of one request each, the two are the
    same.
    """
    array = np.asarray(values, dtype=np.float64)
    size = len(array)
    if size == 0:
        return Estimate(float("nan"), float("nan"), 0)
    deviations = array - array.mean()
    if clusters is not None:
        if len(clusters) != size:
            raise ValueError(f"expected {size} cluster labels, got {len(clusters)}")
        deviations = _sums(deviations, clusters)
    groups = len(deviations)
    if groups < 2:
        return Estimate(float(array.mean()), float("nan"), size)
    error = np.sqrt(groups / (groups - 1) * np.sum(deviations**2)) / size
    return Estimate(float(array.mean()), float(error), size)


def paired_difference(values: ArrayLike, baseline: ArrayLike, clusters: Sequence[Hashable] | None = None) -> Estimate:
    """Mean of values - baseline, request by request, with the standard error of that difference."""
    first, second = np.asarray(values, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError("two systems can only be compared on the same requests")
    return estimate(first - second, clusters)


def _sums(values: Floats, clusters: Sequence[Hashable]) -> Floats:
    places: dict[Hashable, int] = {}
    labels = [places.setdefault(cluster, len(places)) for cluster in clusters]
    return np.bincount(labels, weights=values).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Bin:
    """Probabilities in [low, high): their weight in all, their mean, and how often it came true (NaN when empty)."""

    low: float
    high: float
    share: float
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A reliability diagram as numbers, and its expected calibration error in [0, 1] (NaN without any outcome)."""

    bins: tuple[Bin, ...]
    ece: float


def calibration(
    probability: ArrayLike, outcome: ArrayLike, weights: ArrayLike | None = None, bins: int = 10
) -> Calibration:
    """How far stated probabilities are from what happened.

    Parameters
    ----------
    probability
        [n] in [0, 1].
    outcome
        [n] 1 where it came true, else 0.
    weights
        [n] not negative: what each counts; None for equally.
    bins
        Number of bins of equal width; the last one includes 1.

    Notes
    -----
    ece = sum_b share_b |observed_b - predicted_b|. With n outcomes a perfect model still shows about
    sqrt(p (1 - p) / n_b) in each bin, so small samples look worse than they are.

    Raises
    ------
    ValueError
        For arrays of different lengths, or a probability outside [0, 1].

    References
    ----------
    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning" (2015); Guo et
    al., "On calibration of modern neural networks" (2017).
    """
    stated, happened = np.asarray(probability, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    counts = np.ones_like(stated) if weights is None else np.asarray(weights, dtype=np.float64)
    if not stated.shape == happened.shape == counts.shape:
        raise ValueError("probabilities, outcomes and weights must be of the same length")
    if not ((stated >= 0) & (stated <= 1)).all():
        raise ValueError("probabilities must lie in [0, 1]")
    which = np.minimum((stated * bins).astype(np.int64), bins - 1)
    size, said, came = (np.bincount(which, each, bins) for each in (counts, counts * stated, counts * happened))
    empty = np.full(bins, np.nan)
    predicted = np.divide(said, size, out=empty.copy(), where=size > 0)
    observed = np.divide(came, size, out=empty.copy(), where=size > 0)
    shares = size / size.sum() if size.sum() > 0 else np.zeros(bins)
    edges = np.arange(bins + 1) / bins
    found = tuple(
        Bin(*(float(each) for each in row))
        for row in zip(edges[:-1], edges[1:], shares, predicted, observed, strict=True)
    )
    error = float(np.nansum(shares * np.abs(observed - predicted))) if size.sum() > 0 else float("nan")
    return Calibration(found, error)
