"""Weights learnt from decisions: a ranking objective, shrunk towards weights that are known to travel, and calibrated.

Every list is one request's candidates with what was decided on them, and choices are compared within a list only: a
request that suits many partners says no more about the features than one that suits few.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.model_selection import GroupKFold

from matching.choices import Choices, Group, choices_of
from matching.quality import HeldOut, Judged, compare
from matching.score import Formula, Weights

Floats = NDArray[np.float64]
T = TypeVar("T")

STRENGTH = 40.0
"""How many requests the prior weights count for."""
FOLDS = 5
_ANCHOR = 1e-3  # of the prior's strength: holds a coefficient of which no list tells anything
_FLATTEST, _STEEPEST = 0.02, 50.0


@dataclass(frozen=True, eq=False)
class Fit:
    """New weights, and how they and the old ones did on requests that neither the mix nor the map had seen."""

    weights: Weights
    held_out: HeldOut


@dataclass(frozen=True, slots=True)
class Mix:
    """Coefficients of the features, and the temperature at which their sum is the utility that choices follow."""

    coefficients: Mapping[str, float]
    temperature: float


def fit(
    groups: Sequence[Group],
    prior: Weights,
    *,
    version: str,
    against: Weights | None = None,
    strength: float = STRENGTH,
    folds: int = FOLDS,
) -> Fit:
    """Fit a mix of the features and its map to rho, and measure both on held-out requests.

    Parameters
    ----------
    groups
        Lists; those in which all gained the same say nothing of the mix, but count for the map.
    prior
        Weights to shrink towards; they also say what evidence was made with.
    version
        Name of the new weights.
    against
        Weights to compare with; the prior by default.
    strength
        Requests that the prior counts for, in the mix as in the map.
    folds
        Requests are parted into so many folds, or as many as there are requests.

    Notes
    -----
    The mix comes from `fit_mix` on all lists. The map comes from `fit_map` on combined scores that each list got from
    a mix fitted on the *other* folds, so that the optimism of a fit does not reach rho; a held-out rho comes from a
    map that was fitted without its fold as well.

    Raises
    ------
    ValueError
        For fewer than two requests with a choice.
    """
    used = [group for group in groups if len(group.gains)]
    if len({group.request for group in used if np.ptp(group.gains) > 0}) < 2:
        raise ValueError("a fit needs choices on at least two requests")
    old, default = (against or prior).formula, prior.formula
    parts = _folds(used, folds)
    mixes = [fit_mix(_but(used, part), default.coefficients, strength=strength, keep=prior.signals) for part in parts]
    scores = _across(parts, lambda at, row: _combined(used[row], mixes[at].coefficients))
    maps = [_map(_but(used, part), _but(scores, part), default, strength) for part in parts]
    mapped = [Formula(mix.coefficients, slope, midpoint) for mix, (slope, midpoint) in zip(mixes, maps, strict=True)]
    heat = [_temperature(_but(used, part), old.coefficients, old.slope, strength) for part in parts]
    after = _judged(used, _across(parts, lambda at, row: (mapped[at], mixes[at].temperature)))
    before = _judged(used, _across(parts, lambda at, row: (old, heat[at])))
    mix = fit_mix(used, default.coefficients, strength=strength, keep=prior.signals)
    found = Formula(mix.coefficients, *_map(used, scores, default, strength))
    return Fit(prior.with_formula(found, version), compare(before, after))


def fit_mix(
    groups: Sequence[Group],
    prior: Mapping[str, float],
    *,
    strength: float = STRENGTH,
    temperature: float = 1.0,
    keep: Collection[str] | None = None,
) -> Mix:
    """Coefficients under which the choices made are likely, shrunk towards the prior's; none is below 0.

    Parameters
    ----------
    groups
        Lists with evidence of any of the prior's features; one that is missing is 0 for all.
    prior
        Coefficient of each feature.
    strength
        Lists that the prior counts for.
    temperature
        Of the prior, before there are choices.
    keep
        Features whose coefficients keep the sum they have in the prior; all by default. It only sets the scale.

    Notes
    -----
    Minimises over v >= 0, with utilities u = X v and the weights of `matching.choices`,

        sum_choices c_i * log(1 + sum_{j lower than i} w_j exp(u_j - u_i))
        + strength * mean_lists KL(softmax(t X p) || softmax(X v)) + a small ridge on v - t p.

    The first part is a conditional logit (McFadden, "Conditional logit analysis of qualitative choice behavior",
    1974), which for two candidates is the pairwise logistic loss, and bounds nDCG as a listwise loss (Bruch et al.,
    "An analysis of the softmax cost function for learning to rank", 2019). The second part is what `strength` lists
    would say that chose as the prior p does: a catalytic prior (Huang, Stein, Rubin and Kou, "Catalytic prior
    distributions with application to generalized linear models", 2020), which needs no unit of its features. The
    prior's temperature t is fitted first, alone, since the scale of the utilities says how decided people are and
    nothing about the mix.
    """
    names = list(prior)
    rows, start = _rows(groups, names), np.array([prior[name] for name in names])
    choices = choices_of(groups)
    heat = _scale(rows @ start, choices, temperature, strength)
    expected = choices.softmax(heat * (rows @ start))
    found = _descend(_objective(rows, choices, expected, heat * start, strength), heat * start, (0.0, None))
    kept = np.array([keep is None or name in keep for name in names])
    length = found[kept].sum() / start[kept].sum()
    if length < 1e-9:
        raise ValueError("no feature that sets the scale is left in the mix")
    return Mix({name: float(each) for name, each in zip(names, found / length, strict=True)}, float(length))


def fit_map(
    scores: Floats,
    relevant: NDArray[np.bool_],
    weights: Floats,
    prior: tuple[float, float],
    *,
    strength: float = STRENGTH,
    lists: int = 1,
) -> tuple[float, float]:
    """Slope and midpoint of the logistic map from combined scores to the chance of being relevant.

    Parameters
    ----------
    scores, relevant, weights
        [n] combined score of each row, whether it turned out relevant, and what it counts.
    prior
        Slope and midpoint to shrink towards.
    strength, lists
        The prior counts for `strength` lists of the mean size; there are `lists` here.

    Notes
    -----
    Platt scaling: weighted logistic loss of 1 / (1 + exp(-slope (c - midpoint))), plus the same loss with the prior's
    own chances as outcomes, counting strength / lists.

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines" (1999).
    """
    slope, midpoint = prior
    guess = expit(slope * (scores - midpoint))
    share = strength / max(lists, 1)
    size = max(float(weights.sum()), 1e-12)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        logit = parameters[0] * scores + parameters[1]
        target = weights * (relevant + share * guess)
        value = weights * (1.0 + share) @ np.logaddexp(0.0, logit) - target @ logit
        pull = weights * (1.0 + share) * expit(logit) - target
        return float(value) / size, np.array([pull @ scores, pull.sum()]) / size

    steepness, offset = _descend(loss, np.array([slope, -slope * midpoint]), (_FLATTEST, _STEEPEST), (None, None))
    return float(steepness), float(-offset / steepness)


def _objective(
    rows: Floats, choices: Choices, expected: Floats, prior: Floats, strength: float
) -> Callable[[Floats], tuple[float, Floats]]:
    def loss(mix: Floats) -> tuple[float, Floats]:
        utility = rows @ mix
        surprise, pull = choices.surprise(utility)
        distance, back = choices.cross_entropy(utility, expected)
        offset = mix - prior
        value = surprise + strength * (distance + _ANCHOR * float(offset @ offset))
        return value, (pull + strength * back) @ rows + 2.0 * strength * _ANCHOR * offset

    return loss


def _scale(combined: Floats, choices: Choices, usual: float, strength: float) -> float:
    """The temperature of one fixed mix, shrunk towards the usual one."""
    column = combined[:, None]
    expected = choices.softmax(usual * combined)
    start = np.array([usual])
    return float(_descend(_objective(column, choices, expected, start, strength), start, (_FLATTEST, _STEEPEST))[0])


def _temperature(groups: Sequence[Group], coefficients: Mapping[str, float], usual: float, strength: float) -> float:
    combined = np.concatenate([_combined(group, coefficients) for group in groups])
    return _scale(combined, choices_of(groups), usual, strength)


def _descend(
    loss: Callable[[Floats], tuple[float, Floats]], start: Floats, *bounds: tuple[float | None, float | None]
) -> Floats:
    limits = bounds if len(bounds) == len(start) else bounds * len(start)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits, options={"gtol": 1e-6}).x)


def _rows(groups: Sequence[Group], names: Sequence[str]) -> Floats:
    """[N, k] evidence of all lists."""
    for group in groups:
        if unknown := set(group.evidence) - set(names):
            raise ValueError(f"the prior has no coefficient for {', '.join(sorted(unknown))}")
    columns = [
        np.concatenate([group.evidence.get(name, np.zeros(len(group.gains))) for group in groups]) for name in names
    ]
    return np.ascontiguousarray(np.column_stack(columns), dtype=np.float64)


def _combined(group: Group, coefficients: Mapping[str, float]) -> Floats:
    formula = Formula(coefficients, 1.0, 0.0)
    return formula.combined(formula.contributions(group.evidence))


def _map(groups: Sequence[Group], scores: Sequence[Floats], prior: Formula, strength: float) -> tuple[float, float]:
    return fit_map(
        np.concatenate(scores),
        np.concatenate([group.gains > 0 for group in groups]),
        np.concatenate([group.counts for group in groups]),
        (prior.slope, prior.midpoint),
        strength=strength,
        lists=len(groups),
    )


def _judged(groups: Sequence[Group], told: Sequence[tuple[Formula, float]]) -> list[Judged]:
    """Each list beside what a formula and a temperature make of it that were found without it."""
    scores = [_combined(group, formula.coefficients) for group, (formula, _) in zip(groups, told, strict=True)]
    utility = np.concatenate([heat * score for score, (_, heat) in zip(scores, told, strict=True)])
    choices = choices_of(groups)
    likelihood, counts = choices.likelihood(utility), choices.totals
    return [
        Judged(
            group.gains, group.counts, group.partners, scores[at], told[at][0].rho(scores[at]), likelihood[at], count
        )
        for at, (group, count) in enumerate(zip(groups, counts, strict=True))
    ]


def _folds(groups: Sequence[Group], folds: int) -> list[list[int]]:
    """Rows of each fold; the lists of one request stay together."""
    requests = [str(group.request) for group in groups]
    splits = GroupKFold(min(folds, len(set(requests)))).split(requests, groups=requests)
    return [test.tolist() for _, test in splits]


def _but(items: Sequence[T], held: Sequence[int]) -> list[T]:
    out = set(held)
    return [item for at, item in enumerate(items) if at not in out]


def _across(parts: Sequence[Sequence[int]], make: Callable[[int, int], T]) -> list[T]:
    """What ``make(fold, row)`` gives for every row, in the order of rows."""
    found = {row: make(at, row) for at, part in enumerate(parts) for row in part}
    return [found[row] for row in sorted(found)]
