"""Why somebody was not put forward: their stored score beside that of whoever was put forward last.

Works on the parts a ranking keeps of each candidate, so that it says what held then; nothing is scored again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matching.explain import TELLING
from matching.structure import FIT_NAMES

PARTS = ("closeness", "boost", "price")
WORD_SIGNALS = frozenset({"lexical"})
"""Signals that compare the words as they are written; all other texts' signals compare what they mean."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score V of two candidates, in units of V. The price is negative, as it enters V."""

    code: str
    own: float
    other: float

    @property
    def gap(self) -> float:
        """How much the other is ahead by this part; negative where they are behind."""
        return self.other - self.own


def parts(own: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Part, ...]:
    """The parts of two candidates' scores, what holds the first one back most first. Their gaps add up to that of V."""
    values = {
        code: (_part(own, code), _part(other, code))
        for code in PARTS
    }  # fmt: skip
    return tuple(sorted((Part(code, *pair) for code, pair in values.items()), key=lambda part: -part.gap))


def less(own: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """What within closeness says less for the first than for the other: ``meaning``, ``words`` or a structured fit.

    The largest difference first; differences too small for a sentence are left out.
    """
    mine, theirs = _evidence(own), _evidence(other)
    gaps = {code: theirs.get(code, 0.0) - mine.get(code, 0.0) for code in {*mine, *theirs}}
    telling = [code for code, gap in gaps.items() if gap >= TELLING]
    return tuple(sorted(telling, key=lambda code: (-gaps[code], code)))


def _part(candidate: Mapping[str, Any], code: str) -> float:
    if code == "closeness":
        return float(candidate["relevance"]) * float(candidate["need"]) * float(candidate["deficit"])
    return float(candidate["boost"]) if code == "boost" else -float(candidate["price"])


def _evidence(candidate: Mapping[str, Any]) -> dict[str, float]:
    """What each kind of evidence gave to the combined score."""
    kinds: dict[str, float] = {}
    for name, value in candidate.get("contributions", {}).items():
        kind = name if name in FIT_NAMES else "words" if name in WORD_SIGNALS else "meaning"
        kinds[kind] = kinds.get(kind, 0.0) + float(value or 0.0)
    return kinds
