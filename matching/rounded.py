"""Vectors of many texts held in two bytes a number, for a product with one that takes as long as reading them.

Comparing a request with every piece of a region does next to nothing but fetch memory: half the bytes, half the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LARGEST = np.iinfo(np.int16).max
_BLOCK = 8_192


@dataclass(frozen=True, slots=True)
class Rounded:
    """n vectors, each in whole steps of a size of its own.

    A number is off by half a step at most. A vector of length 1 and 384 numbers has steps of some 0.000006, which moves
    a cosine by some 0.000002 and hardly ever by 0.00001.

    Attributes
    ----------
    numbers
        [n, d] int16, in rows.
    steps
        [n] float32: what a row's numbers count in; its largest is 32767 of them.
    """

    numbers: NDArray[np.int16]
    steps: Floats

    @classmethod
    def of(cls, vectors: Floats) -> Rounded:
        """From vectors [n, d]. Raises ValueError where one holds NaN or infinity, of which there are no steps."""
        numbers = np.empty(vectors.shape, dtype=np.int16)
        steps = np.empty(len(vectors), dtype=np.float32)
        for start in range(0, len(vectors), _BLOCK):
            some = np.ascontiguousarray(vectors[start : start + _BLOCK], dtype=np.float32)
            if not np.isfinite(some).all():
                raise ValueError("a vector holds NaN or infinity")
            largest = np.abs(some).max(axis=1, initial=0.0)
            steps[start : start + _BLOCK] = largest / _LARGEST
            scale = np.divide(_LARGEST, largest, out=np.zeros_like(largest), where=largest > 0)
            numbers[start : start + _BLOCK] = np.rint(some * scale[:, None])
        return cls(numbers, steps)

    def floats(self) -> Floats:
        """[n, d] the vectors, as near as they are known."""
        return self.numbers * self.steps[:, None]

    def products(self, query: Floats) -> Floats:
        """[n] product of each vector with one [d]; equal vectors get the same, wherever they stand."""
        found = np.empty(len(self.numbers), dtype=np.float32)
        _products(self.numbers, self.steps, np.ascontiguousarray(query, dtype=np.float32), found)
        return found


@njit(cache=True, fastmath=True, nogil=True)
def _products(numbers: NDArray[np.int16], steps: Floats, query: Floats, found: Floats) -> None:
    for row in range(len(numbers)):
        total = np.float32(0.0)
        for place in range(len(query)):
            total += np.float32(numbers[row, place]) * query[place]
        found[row] = total * steps[row]
