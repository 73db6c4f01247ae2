"""Relevance: one number in (0, 1) for each partner, and what every feature gave to it.

The signals of a request are brought to one scale by their mean and spread over all partners of the region,
bounded, and added with fixed weights. Plain sums of such z-scores travel between networks far better than
weights fitted on one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.features import SIGNAL_NAMES, Corpus, Signals, echo
from matching.structure import FIT_NAMES, NEUTRAL, Structure, structured_fit

Floats = NDArray[np.float64]

_LARGEST = 30.0  # keeps rho strictly inside (0, 1) in float64
_FLAT = 50.0  # from here on tanh is 1 in float64, and exp need not overflow
DIGITS = 6
"""Decimals of evidence that count, and that a ranking is stored with: what is replayed is what was ranked."""


@dataclass(frozen=True, slots=True)
class Formula:
    """All that makes rho of evidence, and no more: what a stored ranking is replayed with, whatever `Weights` becomes.

    Attributes
    ----------
    coefficients
        What each feature's evidence is multiplied with.
    slope, midpoint
        See `Weights`.
    """

    coefficients: Mapping[str, float]
    slope: float
    midpoint: float

    def contributions(self, evidence: Mapping[str, Floats]) -> dict[str, Floats]:
        """[P] of each feature: coefficient times evidence."""
        return {name: self.coefficients[name] * values for name, values in evidence.items()}

    def combined(self, contributions: Mapping[str, Floats]) -> Floats:
        """[P] their sum. Taken in the order of names and rounded, so that it is the same for any number of partners."""
        names = sorted(contributions)
        total = np.zeros(len(contributions[names[0]]) if names else 0)
        for name in names:
            total += contributions[name]
        return np.round(total, 9)

    def rho(self, combined: Floats) -> Floats:
        """[P] the chance that belongs to each combined score."""
        logit = np.clip(self.slope * (combined - self.midpoint), -_LARGEST, _LARGEST)
        return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def _frozen(values: dict[str, float]) -> Mapping[str, float]:
    return MappingProxyType(values)


@dataclass(frozen=True)
class Weights:
    """How signals become relevance: a named version, stored with every ranking.

    Attributes
    ----------
    version
        Name of this set of numbers. "z-sum-2" is a plain sum: the five signals of the embedding model count the same,
        shared words and the echo at most some four times as much as one of them (see `evidence`).
    signals
        What each signal's evidence is multiplied with.
    structure
        The most that each structured fit can add (a full fit) or take (none at all), in units of the summed
        z-score.
    typical_spread, spread_weight
        The spread a signal usually has within a request, and how many partners that expectation counts for.
        In a region of a hundred it hardly matters; with two or three partners it keeps a hair's difference
        from counting as a standard deviation.
    bound
        A z-score z counts as bound * tanh(z / bound): nearly z where most partners stand, never more than the
        bound. A word that one of a hundred thousand partners uses would otherwise outweigh everything else.
    slope, midpoint
        Logistic map from the combined score c to rho = 1 / (1 + exp(-slope (c - midpoint))). Fitted on the first ten
        partners of every request of the public sets, each set counting the same (`scripts/evaluate --leave-one-out`).
    """

    version: str = "z-sum-2"
    signals: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {
                "best_piece": 0.2,
                "top_pieces": 0.2,
                "whole": 0.2,
                "centred_whole": 0.2,
                "titles": 0.2,
                "lexical": 0.75,
                "echo": 0.8,
            }
        )
    )
    structure: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {"subject": 0.25, "grade": 0.15, "format": 0.1, "language": 0.2, "distance": 0.15, "dates": 0.15}
        )
    )
    typical_spread: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            {
                "best_piece": 0.09,
                "top_pieces": 0.08,
                "whole": 0.09,
                "centred_whole": 0.1,
                "titles": 0.11,
                "lexical": 0.033,
                "echo": 0.16,
            }
        )
    )
    spread_weight: float = 4.0
    bound: float = 6.0
    slope: float = 0.78
    midpoint: float = 6.56

    def __post_init__(self) -> None:
        if set(self.signals) != set(SIGNAL_NAMES) or set(self.typical_spread) != set(SIGNAL_NAMES):
            raise ValueError(f"weights must name each of the signals {', '.join(SIGNAL_NAMES)}")
        if set(self.structure) != set(FIT_NAMES):
            raise ValueError(f"weights must name each of the fits {', '.join(FIT_NAMES)}")
        given = [*self.signals.values(), *self.structure.values(), self.spread_weight]
        if not np.isfinite(given).all() or min(given) < 0 or sum(self.signals.values()) <= 0:
            raise ValueError("weights must be finite and not negative, and those of the signals not all 0")
        if min(self.typical_spread.values()) <= 0 or min(self.slope, self.bound) <= 0:
            raise ValueError("typical spreads, bound and slope must be positive, or rho would not follow the score")

    @property
    def formula(self) -> Formula:
        """The weights as `combine` applies them."""
        return Formula(dict(self.signals) | dict(self.structure), self.slope, self.midpoint)

    def with_formula(self, formula: Formula, version: str) -> Weights:
        """These weights with other coefficients and another logistic map; what evidence is made with stays."""
        given = formula.coefficients
        return replace(
            self,
            version=version,
            signals=_frozen({name: given[name] for name in self.signals}),
            structure=_frozen({name: given[name] for name in self.structure}),
            slope=formula.slope,
            midpoint=formula.midpoint,
        )

    def as_dict(self) -> dict[str, Any]:
        """The weights as JSON holds them."""
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in vars(self).items()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Weights:
        """Weights as `as_dict` wrote them. Raises ValueError for what this version of the code cannot use."""
        unknown = set(stored) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"weights hold nothing called {', '.join(sorted(unknown))}")
        given: dict[str, Any] = {
            name: _frozen(value) if isinstance(value, dict) else value for name, value in stored.items()
        }
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Relevance:
    """Relevance of P partners to one request.

    Attributes
    ----------
    rho
        [P] in (0, 1), ordered as `combined` is.
    combined
        [P] the sum of all contributions, rounded to 9 decimals so that equal partners stay equal whatever the
        order in which a sum was taken.
    evidence
        [P] for each feature, before any weight: see `evidence`.
    contributions
        [P] for each feature: what it gave to `combined`; 0 is neither for nor against.
    version
        Of the weights.
    """

    rho: Floats
    combined: Floats
    evidence: Mapping[str, Floats]
    contributions: Mapping[str, Floats]
    version: str


def relevance(
    corpus: Corpus, signals: Signals, structure: Structure | None = None, weights: Weights | None = None
) -> Relevance:
    """Combine what is known of each partner of a region into relevance.

    Parameters
    ----------
    corpus, signals
        Of all P partners of the region, before any hard filter: standing is measured against the whole
        network, so that a short list of candidates does not stretch small differences.
    structure
        Structured facts of the same P partners; None where nothing is known.
    weights
        The default is `Weights()`.

    Notes
    -----
    A signal that is the same for all partners contributes 0; with one partner, or an empty request, rho is
    therefore that of a random pair, moved only by structured facts. Signals are compared within one request:
    rho of different requests is comparable only as far as the logistic map is calibrated.
    """
    weights = weights or Weights()
    return combine(evidence(corpus, signals, structure, weights), weights)


def evidence(corpus: Corpus, signals: Signals, structure: Structure | None, weights: Weights) -> dict[str, Floats]:
    """Every feature on one scale, before any weight, by name; rounded to `DIGITS` decimals.

    A signal becomes its bounded standing among all P partners (0 at the mean), a structured fact its fit from -1 (not
    at all) over 0 (unknown) to 1 (fully). Words count as far as the request is long, the echo as far as it is short.
    What speaks for a profile counts as far as the profile has any substance.
    """
    found = {name: _standing(name, values, weights) for name, values in signals.direct().items()}
    found["lexical"] *= signals.words_tell
    thin = np.flatnonzero(corpus.substance < 1.0)
    for values in found.values():
        values[thin] *= np.where(values[thin] > 0, corpus.substance[thin], 1.0)
    share = weights.formula.coefficients
    strength = np.sum([share[name] * values for name, values in found.items()], axis=0)
    found["echo"] = signals.shortness * _standing("echo", echo(corpus, strength), weights)
    if structure is not None:
        for name, fit in structured_fit(structure).items():
            found[name] = (fit - NEUTRAL) / (1.0 - NEUTRAL)
    return {name: np.round(values, DIGITS) for name, values in found.items()}


def combine(evidence: Mapping[str, Floats], weights: Weights) -> Relevance:
    """Relevance from evidence alone, for any number of partners: what a stored ranking is replayed with."""
    formula = weights.formula
    contributions = formula.contributions(evidence)
    combined = formula.combined(contributions)
    return Relevance(formula.rho(combined), combined, evidence, contributions, weights.version)


def _standing(name: str, values: NDArray[np.float32], weights: Weights) -> Floats:
    """How many spreads each value lies above the mean of all, the spread shrunk towards the typical one; bounded."""
    size = len(values)
    exact = values.astype(np.float64)
    # A mean of equal floats can differ from them in the last bit; that must not be blown up into a standing.
    if size == 0 or np.ptp(exact) == 0.0:
        return np.zeros(size)
    offset = exact - exact.mean()
    expected = weights.spread_weight * weights.typical_spread[name] ** 2
    variance = (np.sum(offset**2) + expected) / (size + weights.spread_weight)
    return weights.bound * _tanh(offset / (weights.bound * np.sqrt(variance)))


def _tanh(values: Floats) -> Floats:
    """The hyperbolic tangent to 15 decimals, by way of exp, of which numpy makes four where it makes one tanh."""
    return 1.0 - 2.0 / (np.exp(np.minimum(2.0 * values, _FLAT)) + 1.0)
