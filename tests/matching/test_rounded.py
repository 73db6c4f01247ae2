"""Vectors in two bytes a number give the products of the vectors, as near as a ranking can tell."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from matching.rounded import Rounded

PIECES, DIMENSION = 20_000, 384


def unit(rows: int, seed: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).standard_normal((rows, DIMENSION), dtype=np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_products_are_those_of_the_vectors_within_a_hundred_thousandth() -> None:
    vectors, query = unit(PIECES, 1), unit(1, 2)[0]
    held = Rounded.of(vectors)
    assert np.abs(held.products(query) - vectors @ query).max() < 1e-5
    np.testing.assert_allclose(held.floats(), vectors, atol=5e-6)


def test_one_large_number_among_small_ones_does_no_harm() -> None:
    vectors = np.full((2, DIMENSION), 0.001, dtype=np.float32)
    vectors[0, 7] = 1.0
    query = unit(1, 3)[0]
    assert np.abs(Rounded.of(vectors).products(query) - vectors @ query).max() < 3e-5


def test_equal_vectors_tie_exactly_wherever_they_stand() -> None:
    vectors = unit(101, 4)
    vectors[[3, 50, 100]] = vectors[0]
    assert len(set(Rounded.of(vectors).products(unit(1, 5)[0])[[0, 3, 50, 100]].tolist())) == 1


def test_a_vector_that_says_nothing_stays_nothing_and_none_at_all_is_no_error() -> None:
    held = Rounded.of(np.zeros((2, 5), dtype=np.float32))
    assert not held.floats().any() and not held.products(np.ones(5, dtype=np.float32)).any()
    assert Rounded.of(np.zeros((0, 5), dtype=np.float32)).products(np.ones(5, dtype=np.float32)).shape == (0,)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        Rounded.of(np.array([[0.5, value]], dtype=np.float32))
