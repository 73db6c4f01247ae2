"""Who comes first is what a stable sort says, for few and for many, however many are equal."""

from __future__ import annotations

import numpy as np
import pytest

from matching.places import highest_first, places


@pytest.mark.parametrize("size", [0, 1, 200, 1_000, 1_001, 5_000])
@pytest.mark.parametrize("levels", [1, 3, 500, 10**6])
def test_the_highest_come_first_and_equal_ones_as_given(size: int, levels: int) -> None:
    values = np.random.default_rng(size + levels).integers(-levels, levels, size) / levels
    order = highest_first(values)
    np.testing.assert_array_equal(order, np.argsort(-values, kind="stable"))
    np.testing.assert_array_equal(places(order)[order], np.arange(1, size + 1))
