from __future__ import annotations

from math import log2, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.metrics import estimate, hit, ndcg, paired_difference, reciprocal_rank

RANKED = ["a", "b", "c", "d"]


def test_ndcg_by_hand() -> None:
    judged = {"b": 2, "d": 1, "missing": 1}
    gained = 3 / log2(3) + 1 / log2(5)
    best = 3 / log2(2) + 1 / log2(3) + 1 / log2(4)
    assert ndcg(RANKED, judged) == pytest.approx(gained / best)
    assert ndcg(RANKED, judged, k=3) == pytest.approx(3 / log2(3) / best)


def test_a_perfect_ranking_has_1_and_one_without_relevant_partners_0() -> None:
    assert ndcg(["x", "y", "z"], {"x": 3, "y": 1}) == 1.0
    assert ndcg(RANKED, {}) == ndcg(RANKED, {"a": 0}) == ndcg([], {"a": 1}) == 0.0


def test_places_after_k_do_not_count_for_ndcg_and_hit_but_for_mrr() -> None:
    ranked = [str(place) for place in range(20)]
    assert ndcg(ranked, {"10": 1}) == hit(ranked, {"10": 1}) == 0.0
    assert hit(ranked, {"9": 1}) == 1.0
    assert reciprocal_rank(ranked, {"10": 1, "15": 1}) == pytest.approx(1 / 11)
    assert reciprocal_rank(ranked, {"absent": 1}) == 0.0


def test_standard_error_by_hand() -> None:
    found = estimate([0.0, 1.0, 1.0, 0.0])
    assert (found.mean, found.size) == (0.5, 4)
    assert found.error == pytest.approx(sqrt(1 / 3) / 2)


def test_clustered_error_by_hand() -> None:
    # Deviations -.5 -.5 | .5 | .5: cluster sums -1, .5, .5; 3/2 * (1 + .25 + .25) = 2.25, root 1.5, over 4.
    assert estimate([0, 0, 1, 1], ["p", "p", "q", "r"]).error == pytest.approx(1.5 / 4)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_clusters_of_one_are_no_clusters(values: list[float]) -> None:
    expected = np.std(values, ddof=1) / sqrt(len(values))
    assert estimate(values).error == pytest.approx(expected, abs=1e-12)
    assert estimate(values, list(range(len(values)))).error == pytest.approx(expected, abs=1e-12)


def test_too_few_for_an_error() -> None:
    assert np.isnan(estimate([0.5]).error)
    assert np.isnan(estimate([0.5, 0.7], ["same", "same"]).error)
    assert np.isnan(estimate([]).mean)


def test_a_paired_difference_is_that_of_the_differences() -> None:
    assert paired_difference([0.5, 0.9, 0.4], [0.1, 0.5, 0.0]).mean == pytest.approx(0.4)
    assert paired_difference([0.5, 0.9, 0.4], [0.1, 0.5, 0.0]).error == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ValueError, match="same requests"):
        paired_difference([1, 2], [1])
    with pytest.raises(ValueError, match="2 cluster labels"):
        estimate([1, 2], ["one"])
