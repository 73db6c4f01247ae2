"""Which partners use the words of a request: TF-IDF over stemmed words and concepts, by cosine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.reading import Reader, Reading

Floats = NDArray[np.float32]

_SHORTEST = 0.75
"""A text shorter than this share of the typical length gains nothing by being shorter still."""


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Term weights of one region's P partners, stored by term.

    A request touches only the postings of its own words, so its cost follows how common they are and not how much the
    region has written.

    Attributes
    ----------
    starts
        [V + 1] where each term's postings begin; terms numbered later than this index was built have none.
    partners, weights
        [n] the partner of each posting, and the term's weight there.
    rarities
        [V] inverse document frequency of each term times its emphasis: how telling it is.
    size
        P.
    """

    reader: Reader
    starts: NDArray[np.int64]
    partners: NDArray[np.int32]
    weights: Floats
    rarities: Floats
    size: int

    def scores(self, terms: NDArray[np.int32], counts: Floats) -> Floats:
        """[P] cosine of a request's terms (`Reader.ask`) with each partner's; 0 where they share none."""
        found = np.zeros(self.size, dtype=np.float32)
        inside = terms < len(self.rarities)
        terms = terms[inside]
        asked = (1.0 + np.log(counts[inside])) * self.rarities[terms]
        length = np.linalg.norm(asked)
        for term, weight in zip(terms.tolist(), (asked / length if length > 0 else asked).tolist(), strict=True):
            postings = slice(self.starts[term], self.starts[term + 1])
            found[self.partners[postings]] += np.float32(weight) * self.weights[postings]
        return found

    def rarity(self, key: str) -> float:
        """How telling a term is in this region; 0 if unknown."""
        number = self.reader.number(key)
        return 0.0 if number is None or number >= len(self.rarities) else float(self.rarities[number])


def build_lexical_index(reader: Reader, readings: Sequence[Reading]) -> LexicalIndex:
    """Weigh the terms of a region's partners, and of nothing else: requests never shape the weights.

    Parameters
    ----------
    reader
        Whoever made the readings.
    readings
        One a partner, in the region's order; empty ones are fine.

    Notes
    -----
    A term counts 1 + ln(occurrences) times its inverse document frequency ln((1 + P) / (1 + d)) + 1 times its emphasis,
    over the length of the partner's vector. Nothing here loops over words in Python: building anew after one profile
    has changed costs a sort of the region's postings.

    References
    ----------
    Salton and Buckley, "Term-weighting approaches in automatic text retrieval" (1988); the bound on the length is that
    of Singhal, Buckley and Mitra, "Pivoted document length normalization" (1996), applied to short texts alone.
    """
    size = len(readings)
    terms = _joined([reading.terms for reading in readings], np.int32)
    counts = _joined([reading.counts for reading in readings], np.float32)
    owner = np.repeat(np.arange(size, dtype=np.int32), [len(reading.terms) for reading in readings])
    held = np.bincount(terms, minlength=reader.size)
    rarities = reader.emphasis * (np.log((1.0 + size) / (1.0 + held)) + 1.0).astype(np.float32)
    weights = (1.0 + np.log(counts)) * rarities[terms]
    lengths = np.sqrt(np.bincount(owner, weights=weights**2, minlength=size))
    if lengths.any():
        lengths = np.maximum(lengths, _SHORTEST * np.median(lengths[lengths > 0]))
    order = np.argsort(terms, kind="stable")
    return LexicalIndex(
        reader=reader,
        starts=np.concatenate([[0], np.cumsum(held)]),
        partners=owner[order],
        weights=(weights / lengths[owner])[order].astype(np.float32),
        rarities=rarities,
        size=size,
    )


def _joined(parts: Sequence[NDArray[np.generic]], kind: type[np.generic]) -> NDArray[np.generic]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
