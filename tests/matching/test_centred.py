"""Vectors held column by column are the same vectors, and the few first are those a full sort would find."""

from __future__ import annotations

import numpy as np
import pytest

from matching.centred import columns_first
from matching.features import ECHOED, _leading


@pytest.mark.parametrize("rows", [0, 1, 63, 64, 65, 200])
def test_turned_vectors_are_the_same_and_are_not_turned_twice(rows: int) -> None:
    vectors = np.random.default_rng(rows).standard_normal((rows, 5))
    turned = columns_first(vectors)
    assert turned.flags.f_contiguous and turned.dtype == np.float32
    np.testing.assert_array_equal(turned, vectors.astype(np.float32))
    assert columns_first(turned) is turned


@pytest.mark.parametrize("size", [0, 2, ECHOED, 40])
def test_the_first_few_are_those_of_a_full_sort_with_equal_ones_in_their_order(size: int) -> None:
    random = np.random.default_rng(size)
    for _ in range(20):
        strength = random.integers(-2, 3, size).astype(np.float64)
        first = np.argsort(-strength, kind="stable")[:ECHOED]
        np.testing.assert_array_equal(_leading(strength), first[strength[first] > 0])
