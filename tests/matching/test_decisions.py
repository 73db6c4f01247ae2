from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.decisions import LEAST_LOOKED_AT, capped, examination
from matching.score import Weights

FEATURES = {"best_piece", "top_pieces", "whole", "centred_whole", "titles", "lexical", "echo"} | {
    "subject",
    "grade",
    "format",
    "language",
    "distance",
    "dates",
}
"""All that relevance may rest on. Whoever adds a feature adds it here, once it is clear that it counts no approvals."""


def test_no_feature_counts_how_often_somebody_was_approved() -> None:
    assert set(Weights().formula.coefficients) == FEATURES


def test_before_any_choice_the_expectation_stands() -> None:
    assert examination(np.zeros(6), np.zeros(6)) == pytest.approx(1 / np.log2(np.arange(2, 8)))


def test_choices_by_place_are_read_beside_merit() -> None:
    even = np.full(4, 500.0)
    # Equal merit, and the second place is taken half as often: it is looked at half as often.
    assert examination([400, 200, 200, 4], even)[:2] == pytest.approx([1.0, 0.5], abs=0.03)
    # The second is taken half as often and is worth half as much: it is looked at as often.
    assert examination([400, 200, 0, 0], [500, 250, 0.1, 0.1])[1] > 0.85


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=8),
    st.floats(0.0, 500.0),
)
def test_no_place_is_looked_at_more_than_one_above_it_or_hardly_ever(chosen: list[int], merit: float) -> None:
    looked = examination(chosen, np.full(len(chosen), merit))
    assert looked[0] == 1.0 and (np.diff(looked) <= 0).all()
    assert (looked >= LEAST_LOOKED_AT).all()


def test_nobody_teaches_more_than_their_share() -> None:
    partners = ["star"] * 50 + [f"p{at % 20}" for at in range(40)]
    weights = capped(np.ones(90), partners, 0.1)
    assert weights[:50].sum() == pytest.approx(0.1 * weights.sum())
    assert (weights[50:] == 1.0).all()


def test_a_hundred_more_approvals_of_one_person_change_nothing() -> None:
    others = [f"p{at % 20}" for at in range(40)]
    some, more = (capped(np.ones(40 + n), ["star"] * n + others, 0.1)[:n].sum() for n in (20, 120))
    assert some == pytest.approx(more)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.floats(0.1, 50.0)), max_size=40),
    st.floats(0.05, 1.0),
)
def test_shares_hold_wherever_they_can(rows: list[tuple[int, float]], share: float) -> None:
    partners, weights = [row[0] for row in rows], np.array([row[1] for row in rows])
    after = capped(weights, partners, share)
    assert (after <= weights + 1e-12).all() and (after >= 0).all()
    totals = {one: after[[p == one for p in partners]].sum() for one in set(partners)}
    if totals and len(totals) * share >= 1:
        assert max(totals.values()) <= share * after.sum() * (1 + 1e-9)
    elif totals:
        assert max(totals.values()) == pytest.approx(min(totals.values()))
