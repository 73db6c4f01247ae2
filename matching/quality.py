"""How well weights did on decided lists they had not seen, beside other weights."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.metrics import Calibration, Estimate, calibration, estimate, ndcg, paired_difference

Floats = NDArray[np.float64]

MEASURES = ("ndcg", "pairs", "likelihood", "log_loss")
"""What is measured on each list; of the last one, less is better."""
CLEARLY, NOTICEABLY = 2.0, 1.0
"""Standard errors: so many ahead is better, so many behind is worse."""
_DECIDES = ("ndcg", "likelihood", "log_loss")
_NEVER = 1e-6  # log loss of a certainty that was wrong stays finite


@dataclass(frozen=True, eq=False)
class Judged:
    """One list of n with its decisions, and what some weights made of it without having seen them.

    ``likelihood`` is the mean logarithm of the chance that the weights gave to what was chosen, out of what it was
    chosen over; ``weights`` [n] what each row counts, and ``count`` what the choices of the list count together.
    """

    gains: Floats
    weights: Floats
    partners: Sequence[Hashable]
    scores: Floats
    rho: Floats
    likelihood: float
    count: float


@dataclass(frozen=True, eq=False)
class Quality:
    """Means over lists, with standard errors clustered by the partners chosen, and the calibration over all rows."""

    measures: Mapping[str, Estimate]
    calibration: Calibration


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Two sets of weights on the same held-out lists. ``leads`` are paired, above 0 where ``after`` is better."""

    before: Quality
    after: Quality
    leads: Mapping[str, Estimate]

    @property
    def better(self) -> bool:
        """Whether the new ones order or predict clearly better, and do nothing noticeably worse."""
        leads = [self.leads[name] for name in _DECIDES if self.leads[name].error > 0]
        ahead = any(lead.mean > CLEARLY * lead.error for lead in leads)
        return ahead and all(lead.mean > -NOTICEABLY * lead.error for lead in leads)

    def as_dict(self) -> dict[str, Any]:
        """The figures as JSON holds them, rounded to what they can be trusted for."""
        return {
            "before": _quality_dict(self.before),
            "after": _quality_dict(self.after),
            "leads": {name: _estimate_dict(lead) for name, lead in self.leads.items()},
            "better": self.better,
        }


def compare(before: Sequence[Judged], after: Sequence[Judged]) -> HeldOut:
    """Measure two sets of weights on the same lists, in the same order.

    Notes
    -----
    ndcg: of the first 10, gains below 0 counting as 0; lists without a gain above 0 are left out. pairs: share of
    pairs with different gains that the scores put in order, ties as half. log_loss: mean of -log rho where the gain
    is above 0 and -log(1 - rho) elsewhere, over a list's rows. Lists count as their choices do (for log_loss: as their
    rows do), relative to the mean: unweighted, choices among lists that the old weights ordered would flatter the old
    weights (Joachims, Swaminathan and Schnabel, 2017).
    """
    clusters = [_cluster(each, at) for at, each in enumerate(before)]
    first, second = ({name: _values(name, judged) for name in MEASURES} for judged in (before, after))
    leads = {}
    for name in MEASURES:
        known = ~np.isnan(first[name])
        old, new = first[name][known], second[name][known]
        better, worse = (old, new) if name == "log_loss" else (new, old)
        leads[name] = paired_difference(better, worse, _known(clusters, known))
    return HeldOut(_quality(before, first, clusters), _quality(after, second, clusters), leads)


def _quality(judged: Sequence[Judged], values: Mapping[str, Floats], clusters: Sequence[Hashable]) -> Quality:
    measures = {}
    for name, found in values.items():
        known = ~np.isnan(found)
        measures[name] = estimate(found[known], _known(clusters, known))
    rho, came, weights = (
        np.concatenate(each) for each in zip(*((one.rho, one.gains > 0, one.weights) for one in judged), strict=True)
    )
    return Quality(measures, calibration(rho, came, weights))


def _values(name: str, judged: Sequence[Judged]) -> Floats:
    """[G] what each list adds to the mean of a measure; NaN where the measure says nothing of it."""
    found = np.array([_MEASURE[name](each) for each in judged])
    counts = np.array([each.weights.sum() if name == "log_loss" else each.count for each in judged])
    known = ~np.isnan(found)
    return found * counts / counts[known].mean() if known.any() else found


def _cluster(judged: Judged, at: int) -> Hashable:
    """The partners taken: lists that share them are no independent trials. A list without any stands alone."""
    return frozenset(np.array(judged.partners, dtype=object)[judged.gains > 0]) or at


def _known(clusters: Sequence[Hashable], known: NDArray[np.bool_]) -> list[Hashable]:
    return [cluster for cluster, keep in zip(clusters, known, strict=True) if keep]


def _ndcg(judged: Judged) -> float:
    if not (judged.gains > 0).any():
        return float("nan")
    gains = {str(row): round(float(gain)) for row, gain in enumerate(judged.gains) if gain > 0}
    return ndcg([str(row) for row in np.argsort(-judged.scores, kind="stable")], gains)


def _pairs(judged: Judged) -> float:
    """Share of the pairs with different gains in the right order."""
    right, total = 0.0, 0
    for gain in np.unique(judged.gains)[1:]:
        chosen, others = judged.scores[judged.gains == gain], judged.scores[judged.gains < gain]
        ahead = np.sign(chosen[:, None] - others[None, :])
        right, total = right + float(np.sum(ahead + 1.0) / 2.0), total + ahead.size
    return right / total if total else float("nan")


def _log_loss(judged: Judged) -> float:
    said = np.clip(np.where(judged.gains > 0, judged.rho, 1.0 - judged.rho), _NEVER, None)
    return float(-(judged.weights @ np.log(said)) / judged.weights.sum()) if judged.weights.sum() > 0 else float("nan")


_MEASURE = {"ndcg": _ndcg, "pairs": _pairs, "likelihood": lambda judged: judged.likelihood, "log_loss": _log_loss}


def _quality_dict(quality: Quality) -> dict[str, Any]:
    return {
        **{name: _estimate_dict(found) for name, found in quality.measures.items()},
        "ece": _short(quality.calibration.ece),
        "bins": [
            {"low": each.low, "share": _short(each.share), "rho": _short(each.predicted), "came": _short(each.observed)}
            for each in quality.calibration.bins
            if each.share > 0
        ],
    }


def _estimate_dict(found: Estimate) -> dict[str, Any]:
    return {"mean": _short(found.mean), "error": _short(found.error), "size": found.size}


def _short(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
