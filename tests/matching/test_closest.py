"""The closest pieces, against a plain loop over partners."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.closest import Deal, closest

# Few values, so that there are ties.
SCORES = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0])


@given(st.lists(st.lists(SCORES, max_size=6), min_size=1, max_size=8).filter(any))
def test_the_best_three_of_everybody_are_those_of_a_loop(theirs: list[list[float]]) -> None:
    owned = np.array([len(each) for each in theirs])
    starts = np.cumsum(owned) - owned
    scores = np.array([score for each in theirs for score in each], dtype=np.float32)
    deal = Deal.of(owned, np.arange(len(scores)))
    found = closest(deal, scores)
    assert sorted(deal.holders.tolist()) == [place for place, each in enumerate(theirs) if each]
    for at, holder in enumerate(deal.holders.tolist()):
        each = theirs[holder]
        assert found.best[at] == max(each)
        assert found.top[at] == pytest.approx(np.mean(sorted(each)[-3:]))
        assert found.which[at] == starts[holder] + each.index(max(each))
    within = [score - np.mean(each) for each in theirs for score in each]
    assert found.spread == pytest.approx(np.sqrt(np.mean(np.square(within))), abs=1e-7)


def test_the_score_of_the_first_counts_for_a_copy() -> None:
    deal = Deal.of(np.array([1, 0, 2]), np.array([0, 0, 2]))
    found = closest(deal, np.array([0.5, 0.500001, 0.25], dtype=np.float32))
    assert dict(zip(deal.holders.tolist(), found.best.tolist(), strict=True)) == {0: 0.5, 2: 0.5}
    assert dict(zip(deal.holders.tolist(), found.which.tolist(), strict=True)) == {0: 0, 2: 1}
