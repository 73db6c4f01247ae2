"""Small groups are withheld so that subtraction does not tell them either; shares of few have wide intervals."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.disclosure import LEAST, wilson, withheld, withheld_in_both

SETS = st.lists(st.frozensets(st.integers(0, 30), max_size=12), max_size=7)


def test_an_interval_by_hand() -> None:
    # (.5 + z²/40) / (1 + z²/20) ± ...: the textbook's 10 of 20.
    assert wilson(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_interval_holds_the_share_and_narrows_with_more(met: int, more: int) -> None:
    asked = met + more
    low, high = wilson(met, asked)
    assert 0 <= low <= high <= 1
    if asked:
        assert low <= met / asked <= high
        wider = wilson(10 * met, 10 * asked)
        assert wider[1] - wider[0] < high - low


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((6, 6, 6, 6), (False, False, False, False)),
        ((6, 6, 6, 3), (False, False, True, True)),  # 3 alone would follow from the whole
        ((9, 2, 3, 8), (False, True, True, False)),  # 5 together
        ((9, 2, 2, 8), (False, True, True, True)),  # 4 together are too few
        ((9, 0, 8), (False, False, False)),
        ((3,), (True,)),
        ((), ()),
    ],
)
def test_groups_withheld_by_hand(sizes: tuple[int, ...], hidden: tuple[bool, ...]) -> None:
    groups = [{(at, member) for member in range(size)} for at, size in enumerate(sizes)]
    assert tuple(withheld(groups)) == hidden


@given(SETS)
def test_nobody_is_told_of_in_a_small_group_nor_by_subtraction(groups: list[frozenset[int]]) -> None:
    hidden = withheld(groups)
    for group, away in zip(groups, hidden, strict=True):
        assert away or not group or len(group) >= LEAST
        assert group or not away
    together = frozenset().union(*(group for group, away in zip(groups, hidden, strict=True) if away))
    told = [group for group, away in zip(groups, hidden, strict=True) if group and not away]
    assert not any(hidden) or not told or (sum(hidden) >= 2 and len(together) >= LEAST)


def test_groups_that_overlap_count_each_member_once() -> None:
    """Two subjects asked for by the same three schools are three schools."""
    assert withheld([{1, 2, 3}, {1, 2, 3}, set(range(10, 20))]) == [True, True, True]


def test_two_tables_do_not_tell_by_their_difference() -> None:
    # Six of the seven of the first quarter are rural: the seventh would follow.
    quarters = [set(range(7)), set(range(7, 14)), set(range(14, 21))]
    locales = [set(range(6)), {6, *range(7, 21)}]
    assert withheld_in_both(quarters, locales) == ([False] * 3, [True, True])
    apart = [set(range(0, 21, 2)), set(range(1, 21, 2))]
    assert withheld_in_both(quarters[:2], [set(range(14))]) == ([False] * 2, [False])
    assert withheld_in_both([set(range(21))], apart) == ([False], [False] * 2)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=9))
def test_no_combination_of_two_tables_singles_out_few(placed: list[tuple[int, int]]) -> None:
    """By brute force: no combination of what is told vanishes everywhere but on one or two members."""
    least = 3
    tables = [[{at for at, of in enumerate(placed) if of[table] == group} for group in range(3)] for table in (0, 1)]
    hidden = withheld_in_both(tables[0], tables[1], least)
    told = [np.ones(len(placed))]
    for groups, away in zip(tables, hidden, strict=True):
        told += [np.isin(range(len(placed)), list(group)) for group, gone in zip(groups, away, strict=True) if not gone]
    known = np.array(told, dtype=np.float64)
    for size in range(1, least):
        for few in combinations(range(len(placed)), size):
            others = np.delete(known, few, axis=1)
            assert np.linalg.matrix_rank(others) == np.linalg.matrix_rank(known)
