"""Groups of partners: who belongs where, and the boost of those that are shown less than their merit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.equity import Policy
from matching.groups import KNOWLEDGE, exposure_boost, of, shares

SHARE = st.floats(0, 1)


def test_a_group_is_how_they_know_it_and_whether_they_are_new() -> None:
    found = of([True, False, True, False], [False, True, True, False], [False, True, True, False])
    told = [(KNOWLEDGE[each // 2], each % 2 == 1) for each in found]
    assert told == [("credentialed", False), ("practice", True), ("both", True), ("practice", False)]


@given(st.lists(st.tuples(SHARE, SHARE), min_size=3, max_size=3), st.floats(0, 0.5))
def test_a_boost_lies_between_0_and_beta(groups: list[tuple[float, float]], beta: float) -> None:
    exposure, merit = zip(*groups, strict=True)
    members = [[True, False, False], [False, True, True], [False, False, False]]
    boost = exposure_boost(exposure, merit, members, Policy(beta=beta))
    assert ((boost >= 0) & (boost <= beta)).all()
    assert boost[2] == 0.0


def test_a_group_shown_as_its_merit_gets_no_boost_and_a_hidden_one_all() -> None:
    boost = exposure_boost([0.6, 0.0, 0.1], [0.5, 0.3, 0.2], np.eye(3, dtype=bool), Policy(beta=0.1))
    assert boost == pytest.approx([0.0, 0.1, 0.05])


def test_nobody_is_boosted_before_anybody_was_shown() -> None:
    assert not exposure_boost([0, 0, 0], [0.5, 0.3, 0.2], np.eye(3, dtype=bool), Policy()).any()


def test_shares_may_overlap() -> None:
    assert shares([2, 1, 1], [[1, 0], [1, 1], [0, 1]]) == pytest.approx([0.75, 0.5])
    assert list(shares([0, 0], [[1, 0], [1, 1]])) == [0, 0]


def test_where_the_policy_boosts_nobody_nobody_is() -> None:
    assert not exposure_boost([0.0, 1.0], [0.5, 0.5], [[True, False]], Policy.none()).any()
