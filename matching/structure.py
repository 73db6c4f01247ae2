"""Structured fit: subject, grade, format, language, distance and dates as graded evidence.

Hard rules have excluded whom they must before this is read; here a fact only moves a partner up or down. A
fact nobody has told us is `NaN` and scores `NEUTRAL`: it neither helps nor hurts, and it never excludes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEUTRAL = 0.5
"""The fit of an unknown fact, half way between "does not fit at all" (0) and "fits fully" (1)."""

_NO_RADIUS = 1e-6  # miles; less is a radius of 0 with rounding, and would overflow as a divisor

FIT_NAMES = ("subject", "grade", "format", "language", "distance", "dates")


@dataclass(frozen=True, slots=True)
class Structure:
    """What is known of each of P partners beside one request; every array is [P] and may hold NaN for
    unknown.

    Attributes
    ----------
    subject, grade
        Share in [0, 1] of the request's subjects, or grades, that the partner names.
    format, language
        1 where the partner offers the form (visit, online, hosting a class), or speaks the language, that is
        asked for; 0 where not; between where only some of what is asked for fits.
    distance_miles, radius_miles
        How far the school is, and how far the partner said they travel.
    date_overlap
        Share in [0, 1] of the offered dates on which the partner is free.
    """

    subject: Floats
    grade: Floats
    format: Floats
    language: Floats
    distance_miles: Floats
    radius_miles: Floats
    date_overlap: Floats

    def __post_init__(self) -> None:
        shapes = {getattr(self, field.name).shape for field in fields(self)}
        if len(shapes) != 1 or len(shapes.pop()) != 1:
            raise ValueError("every array of a Structure must be one-dimensional and of the same length")

    @classmethod
    def unknown(cls, size: int) -> Structure:
        """P partners of whom nothing is known."""
        return cls(*(np.full(size, np.nan) for _ in fields(cls)))


def structured_fit(structure: Structure) -> dict[str, Floats]:
    """Fit in [0, 1] of each partner, by name of `FIT_NAMES`; NEUTRAL where a fact is unknown."""
    return {
        "subject": _graded(structure.subject),
        "grade": _graded(structure.grade),
        "format": _graded(structure.format),
        "language": _graded(structure.language),
        "distance": _nearness(structure.distance_miles, structure.radius_miles),
        "dates": _graded(structure.date_overlap),
    }


def _graded(share: Floats) -> Floats:
    found = np.minimum(np.maximum(share, 0.0), 1.0)
    found[np.isnan(found)] = NEUTRAL
    return found


def _nearness(distance: Floats, radius: Floats) -> Floats:
    """1 at the school's door, 0 at the end of the partner's radius; neutral where either is unknown.

    A radius of 0 says that the partner does not travel, not that every school is too far: the format says the
    rest.
    """
    known = ~np.isnan(distance) & (np.nan_to_num(radius) > _NO_RADIUS)
    share = np.divide(distance, radius, out=np.full_like(distance, NEUTRAL, dtype=np.float64), where=known)
    return _graded(np.where(known, 1.0 - share, np.nan))
