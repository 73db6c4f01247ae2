"""Coordinators with tastes of their own, simulated: what they are shown, and what they take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.features import SIGNAL_NAMES
from matching.score import Weights
from matching.structure import FIT_NAMES

Floats = NDArray[np.float64]

PRIOR = Weights()
USUAL = PRIOR.formula.coefficients
NAMES = sorted(USUAL)
TEXT = sum(USUAL[name] for name in SIGNAL_NAMES)
"""The sum of the signals' coefficients, which sets the scale of a mix."""
PLANTED = dict.fromkeys(NAMES, 0.0) | {"lexical": 0.7 * TEXT, "whole": 0.3 * TEXT, "subject": 0.6, "language": 0.3}
DECIDED = 2.5
"""How sharply the simulated coordinators tell candidates apart: the temperature of their choices."""
SHOWN = 6
LOOKED_AT = 1.0 / np.arange(1, SHOWN + 1)
"""The truth of the simulation: the sixth place is looked at by one in six, much less than 1 / log2(7) says."""


def drawn(random: np.random.Generator, size: int) -> dict[str, Floats]:
    """Evidence of some candidates: signals that partly agree, as those of texts do, and facts in three grades."""
    common = random.normal(size=size)
    signals = {name: 0.6 * common + 0.8 * random.normal(size=size) for name in SIGNAL_NAMES}
    return signals | {name: random.choice([-1.0, 0.0, 1.0], size=size) for name in FIT_NAMES}


def worth(evidence: dict[str, Floats], coefficients: dict[str, float]) -> Floats:
    return np.sum([coefficients[name] * evidence[name] for name in NAMES], axis=0)


def shown_and_taken(lists: int, seed: int) -> list[tuple[dict[str, Floats], Floats, Floats]]:
    """Per request: the six candidates that the usual weights put first, what was taken, and their rho.

    The coordinator has other weights than the ranker, and reads on with the chances of LOOKED_AT.
    """
    random = np.random.default_rng(seed)
    made = []
    for _ in range(lists):
        evidence = drawn(random, 40)
        combined = worth(evidence, dict(USUAL))
        first = np.argsort(-combined)[:SHOWN]
        shown = {name: values[first] for name, values in evidence.items()}
        liking = DECIDED * worth(shown, PLANTED) + random.gumbel(size=SHOWN)
        looked = random.random(SHOWN) < LOOKED_AT
        liking[~looked] = -np.inf
        made.append((shown, (np.arange(SHOWN) == liking.argmax()).astype(float), PRIOR.formula.rho(combined[first])))
    return made
