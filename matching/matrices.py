"""One region's partners as the ranker holds them: who they are by id, their texts' matrices, and their facts.

Facts with a few possible values (subjects, grades, languages, …) are kept as bit masks, so that one request is compared
with every partner in a handful of array operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.features import Corpus
from matching.structure import Structure

Floats = NDArray[np.float64]
Masks = NDArray[np.int64]
MOST_CODES = 62
"""How many different codes one mask can hold; further ones are left out, which scores as unknown."""


@dataclass(frozen=True)
class Codes:
    """The bit of each code of one kind."""

    bits: dict[str, int]

    @classmethod
    def of(cls, codes: Iterable[str]) -> Codes:
        """Number the distinct codes in sorted order, so that the same region always gets the same masks."""
        return cls({code: bit for bit, code in enumerate(sorted(set(codes))[:MOST_CODES])})

    def mask(self, codes: Iterable[str]) -> int:
        """The mask of some codes; those never seen have no bit."""
        return sum(1 << self.bits[code] for code in set(codes) if code in self.bits)


@dataclass(frozen=True, slots=True)
class Facts:
    """What P partners have said beside their texts. A mask of 0 means *not said*; ``radius_miles`` NaN likewise."""

    subjects: Masks
    grades: Masks
    formats: Masks
    languages: Masks
    weekdays: Masks
    radius_miles: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks for, in the masks of the region's codes; 0 where it does not say."""

    subjects: int = 0
    grades: int = 0
    formats: int = 0
    languages: int = 0
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Matrices:
    """A region's P partners with F funds, in the order of ``partner_ids``.

    Attributes
    ----------
    model
        Name of the embedding model the vectors are of.
    partner_ids
        [P] ascending.
    fund_ids
        [F] ids of the corpus' funds, in its order.
    joined
        [P] day each partner joined, as a proleptic ordinal.
    credentialed, practice
        [P] whether any fund came to be known that way.
    codes
        The bits of ``facts``, by kind: subjects, formats, languages.
    """

    model: str
    partner_ids: NDArray[np.int64]
    fund_ids: NDArray[np.int64]
    corpus: Corpus
    facts: Facts
    joined: NDArray[np.int64]
    credentialed: NDArray[np.bool_]
    practice: NDArray[np.bool_]
    codes: dict[str, Codes]

    def positions(self, partner_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """[n] where each of these partners stands; -1 for whoever is not in the matrices."""
        found = np.searchsorted(self.partner_ids, partner_ids)
        inside = np.flatnonzero(found < len(self.partner_ids))
        there = inside[self.partner_ids[found[inside]] == partner_ids[inside]]
        positions = np.full(len(found), -1, dtype=np.int64)
        positions[there] = found[there]
        return positions


def bits(numbers: Iterable[int]) -> int:
    """The mask of small numbers: grades from 0 to 12, weekdays from 0 to 6."""
    return sum(1 << number for number in set(numbers))


def structure(facts: Facts, asked: Asked, distance_miles: Floats) -> Structure:
    """The structured facts of P partners beside one request; NaN wherever either side has not said.

    Parameters
    ----------
    distance_miles
        [P] from the school to each partner, NaN where unknown.
    """
    return Structure(
        subject=_any_shared(facts.subjects, asked.subjects),
        grade=_any_shared(facts.grades, asked.grades),
        format=_share(facts.formats, asked.formats),
        language=_any_shared(facts.languages, asked.languages),
        distance_miles=distance_miles,
        radius_miles=facts.radius_miles,
        date_overlap=_days_free(facts.weekdays, asked.weekdays),
    )


def _share(said: Masks, wanted: int) -> Floats:
    """Which share of the wanted codes each partner names."""
    if wanted == 0:
        return np.full(len(said), np.nan)
    share = np.bitwise_count(said & wanted) / wanted.bit_count()
    return np.where(said == 0, np.nan, share)


def _any_shared(said: Masks, wanted: int) -> Floats:
    """1 where a partner names any of the wanted codes: one common language, or subject, is enough for a lesson."""
    return np.ceil(_share(said, wanted))


def _days_free(said: Masks, days: tuple[int, ...]) -> Floats:
    """Share of the offered days (0 = Monday) on which each partner is free, a weekday offered twice counting twice."""
    if not days:
        return np.full(len(said), np.nan)
    free = sum((said >> day & 1) for day in days)
    return np.where(said == 0, np.nan, np.asarray(free, dtype=np.float64) / len(days))
