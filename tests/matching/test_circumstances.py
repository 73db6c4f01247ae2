"""What is around a request: what the network owes its class, and who would have been closer but had no room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.circumstances import CLEARER, closer, owed
from matching.equity import rerank
from matching.explain import Reason

rho = st.floats(0, 1)
candidates = st.lists(st.tuples(rho, st.floats(0, 0.1), st.floats(0, 0.2)), min_size=1, max_size=8)
NOBODY = np.array([])


@pytest.mark.parametrize(
    ("days", "less", "said"),
    [
        (0, False, None),
        (13.9, False, None),
        (13.9, True, Reason("reached_less")),
        (14, False, Reason("waited", {"weeks": 2})),
        (44, True, Reason("waited_reached_less", {"weeks": 6})),
    ],
)
def test_a_long_wait_a_school_reached_less_or_both_are_owed(days: float, less: bool, said: Reason | None) -> None:
    assert owed(days, less) == said


def test_a_full_partner_who_would_be_closer_is_found() -> None:
    found = rerank([0.6, 0.5])
    assert closer(found, 0, np.array([0.5, 0.9, 0.7])) == (True, 1)
    assert closer(found, 0, np.array([0.6 + CLEARER / 2])) is None
    assert closer(found, 0, NOBODY) is None


def test_a_dearer_candidate_who_would_be_closer_is_found() -> None:
    found = rerank([0.9, 0.8, 0.1], price=[0.15, 0.0, 0.0])
    assert closer(found, 1, NOBODY) == (False, 0)
    assert closer(found, 1, np.array([0.95])) == (True, 0)
    assert closer(found, 1, np.array([0.85])) == (False, 0)


def test_whoever_is_behind_for_another_reason_is_not_said_to_be_busy() -> None:
    found = rerank([0.9, 0.85], boost=[0.0, 0.1])
    assert closer(found, 1, NOBODY) is None


@given(
    st.lists(st.tuples(rho, st.floats(0, 0.1), st.floats(0, 0.2)), min_size=1, max_size=8), st.lists(rho, max_size=4)
)
def test_whoever_is_named_is_closer_and_had_less_room(
    rows: list[tuple[float, float, float]], full: list[float]
) -> None:
    close, boost, price = np.array(rows).T
    reranked = rerank(close, 1.2, 1.0, boost, price)
    first = int(reranked.order[0])
    if (found := closer(reranked, first, np.array(full))) is not None:
        is_full, at = found
        named = full[at] if is_full else close[at]
        assert named >= close[first] + CLEARER
        assert is_full or reranked.price[at] > reranked.price[first]
        assert named >= max([*full, 0.0])
