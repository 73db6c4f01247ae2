"""The dial as a picture: what each position keeps and gives, up to where the promise holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Any

import numpy as np

from matching.equity import MOST_DIAL
from matching.plans import KEPT


@dataclass(frozen=True)
class Dial:
    """The positions that were looked at, in order; between two of them figures are read off a straight line."""

    points: Sequence[Mapping[str, Any]]
    now: float | None

    @property
    def limit(self) -> int:
        """The last position at which the promise still holds; the whole dial where none was looked at."""
        for below, above in pairwise(self.points):
            if above["kept"] < KEPT:
                if below["kept"] < KEPT:
                    return floor(below["dial"])
                part = (below["kept"] - KEPT) / (below["kept"] - above["kept"])
                return floor(below["dial"] + part * (above["dial"] - below["dial"]))
        return int(MOST_DIAL)

    @property
    def least(self) -> float:
        """Where the picture's scale begins: a whole tenth below everything that is drawn."""
        lowest = min(min(point["kept"], point["first_quarter"]) for point in self.points)
        return max(0.0, min(floor(10 * lowest) / 10, 0.9))

    def at(self, position: float) -> tuple[float, float]:
        """(kept, first quarter) at a position."""
        dials = [point["dial"] for point in self.points]
        kept, quarter = (
            float(np.interp(position, dials, [point[name] for point in self.points]))
            for name in ("kept", "first_quarter")
        )
        return kept, quarter

    @property
    def drawn(self) -> bool:
        """Whether there is enough for a line."""
        return len(self.points) > 1
