"""The closest pieces, against a plain loop over partners."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.closest import closest

# Few values, so that there are ties.
SCORES = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0])


@given(st.lists(st.lists(SCORES, max_size=6), min_size=1, max_size=8).filter(any))
def test_the_best_three_of_everybody_are_those_of_a_loop(theirs: list[list[float]]) -> None:
    owned = np.array([len(each) for each in theirs])
    starts = np.cumsum(owned) - owned
    scores = np.array([score for each in theirs for score in each], dtype=np.float32)
    found = closest(np.concatenate([[0], np.cumsum(owned)]), scores)
    for place, each in enumerate(theirs):
        if not each:
            assert (found.best[place], found.top[place], found.which[place]) == (0, 0, -1)
            continue
        assert found.best[place] == max(each)
        assert found.top[place] == pytest.approx(np.mean(sorted(each)[-3:]))
        assert found.which[place] == starts[place] + each.index(max(each))
    within = [score - np.mean(each) for each in theirs for score in each]
    assert found.spread == pytest.approx(np.sqrt(np.mean(np.square(within))), abs=1e-7)
