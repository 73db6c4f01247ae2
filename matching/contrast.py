"""What parts two candidates of one ranking: the answer to "why not the other one?", from what the ranking stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matching.structure import FIT_NAMES

WORTH_SAYING = 0.005
"""A difference in V below this is not worth a word: the desk shows scores with two decimals."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one feature gives two candidates of one request, in units of the score V.

    `name` is "meaning" or "words" (all signals of that family), one of FIT_NAMES, "boost" or "price".
    """

    name: str
    ours: float
    theirs: float

    @property
    def gap(self) -> float:
        """Above 0, it speaks for the first of the two."""
        return self.ours - self.theirs


def family(name: str) -> str:
    """The name a feature is told by: "words" for lexical signals, "meaning" for cosines, its own for a fact."""
    if name in FIT_NAMES:
        return name
    return "words" if "lexical" in name or "words" in name else "meaning"


def compare(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What parts two candidates of one ranking, the largest difference first; those below WORTH_SAYING left out.

    Parameters
    ----------
    ours, theirs
        Entries of one ranking's stored candidates: relevance, need, deficit, boost, price and contributions by feature.

    Notes
    -----
    rho is a curve over the sum of contributions. A contribution is counted at the slope of the straight line between
    the two candidates, so that all gaps add up to the gap in V.
    """
    slope = float(ours["need"]) * float(ours["deficit"]) * _slope(ours, theirs)
    found = {"boost": (ours["boost"], theirs["boost"]), "price": (-ours["price"], -theirs["price"])}
    for name in ours["contributions"]:
        so_far = found.get(family(name), (0.0, 0.0))
        given = (ours["contributions"][name], theirs["contributions"].get(name, 0.0))
        found[family(name)] = (so_far[0] + slope * given[0], so_far[1] + slope * given[1])
    differences = [Difference(name, *both) for name, both in found.items()]
    differences.sort(key=lambda difference: -abs(difference.gap))
    return tuple(each for each in differences if abs(each.gap) >= WORTH_SAYING)


def _slope(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    """How much rho a unit of the combined score is worth between two candidates."""
    apart = sum(ours["contributions"].values()) - sum(theirs["contributions"].values())
    if abs(apart) < 1e-4:
        # Stored with a few digits only, such a difference is rounding: the curve's own slope, for a steepness of 1.
        return float(ours["relevance"]) * (1.0 - float(ours["relevance"]))
    return float((ours["relevance"] - theirs["relevance"]) / apart)
