"""Vectors of many texts as they are held to be compared with one: column by column, and apart from their mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

NO_LENGTH = 1e-4
"""Shorter than this, a centred vector is rounding noise: the text says nothing but what all have in common."""
_BLOCK = 8_192
_ROWS = 64
"""Rows turned at once: as many as stay in the processor's cache."""


def columns_first(vectors: Floats) -> Floats:
    """The vectors [n, d] as float32 in Fortran order, in which a product with one vector takes half the time.

    What is so already is handed back; numpy's own copy of a large matrix takes ten times as long.
    """
    if vectors.dtype == np.float32 and vectors.flags.f_contiguous:
        return vectors
    turned = np.empty(vectors.shape, dtype=np.float32, order="F")
    for start in range(0, len(vectors), _ROWS):
        turned[start : start + _ROWS] = vectors[start : start + _ROWS]
    return turned


def products(vectors: Floats, query: Floats) -> Floats:
    """[n] product of each vector with one, in blocks of rows small enough that their sums stay in the cache.

    Column by column over all rows, the sums would travel to memory and back for every few columns.
    """
    found = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        np.matmul(vectors[start : start + _BLOCK], query, out=found[start : start + _BLOCK])
    return found


@dataclass(frozen=True, slots=True)
class Centred:
    """Vectors of P texts to be compared by what sets each apart from all: the mean is taken off both sides.

    Attributes
    ----------
    vectors
        [P, d] float32, length 1, as the model made them; zero for a text that says nothing. In Fortran order.
    mean, on_mean, lengths
        [d] their mean, [P] each one's product with it, and its length without it (0 where nothing is said): what
        spares a second matrix of centred vectors.
    """

    vectors: Floats
    mean: Floats
    on_mean: Floats
    lengths: Floats

    @classmethod
    def of(cls, vectors: Floats) -> Centred:
        """The vectors [P, d] with what is taken off them; the mean is over those that say something."""
        vectors = columns_first(vectors)
        said = vectors.any(axis=1)
        mean = vectors[said].mean(axis=0) if said.any() else np.zeros(vectors.shape[1], dtype=np.float32)
        lengths = np.where(said, np.linalg.norm(vectors - mean, axis=1), 0.0).astype(np.float32)
        return cls(vectors, mean, vectors @ mean, lengths)

    def cosine(self, query: Floats, products: Floats) -> Floats:
        """[P] cosine of (vector - mean) with (query - mean), from the plain products of vectors and query."""
        if not query.any():
            return np.zeros_like(products)
        product = products - self.on_mean - query @ self.mean + self.mean @ self.mean
        length = self.lengths * np.linalg.norm(query - self.mean)
        return np.divide(product, length, out=np.zeros_like(products), where=length > NO_LENGTH)

    def centroid(self, rows: Indices, weights: Floats) -> Floats:
        """[d] weighted sum of the directions in which some of the texts stand apart from all."""
        apart = self.vectors[rows] - self.mean
        lengths = self.lengths[rows]
        share = np.divide(weights, lengths, out=np.zeros_like(weights), where=lengths > NO_LENGTH)
        return np.asarray(share @ apart, dtype=np.float32)
