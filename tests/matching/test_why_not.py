"""Two stored candidates side by side: the gaps add up, and what says less is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.why_not import PARTS, less, parts


def candidate(relevance: float, boost: float = 0.0, price: float = 0.0, **contributions: float) -> dict[str, Any]:
    """As a ranking stores it, in a request of need 1.2 and deficit 1.1."""
    stored = {"need": 1.2, "deficit": 1.1, "relevance": relevance, "boost": boost, "price": price}
    return stored | {"contributions": contributions}


shares = st.floats(0, 1)


@given(own=st.tuples(shares, shares, shares), other=st.tuples(shares, shares, shares))
def test_the_gaps_add_up_to_that_of_the_scores(own: tuple[float, ...], other: tuple[float, ...]) -> None:
    told = parts(candidate(*own), candidate(*other))
    score = [relevance * 1.2 * 1.1 + boost - price for relevance, boost, price in (own, other)]
    assert sum(part.gap for part in told) == pytest.approx(score[1] - score[0])
    assert [part.gap for part in told] == sorted((part.gap for part in told), reverse=True)
    assert {part.code for part in told} == set(PARTS)


def test_a_busy_price_holds_back() -> None:
    first = parts(candidate(0.5, price=0.2), candidate(0.5))[0]
    assert (first.code, first.own, first.other, first.gap) == ("price", -0.2, 0.0, 0.2)


def test_signals_of_a_kind_are_taken_together_and_small_differences_left_out() -> None:
    own = candidate(0.3, whole=0.5, best_fund=0.1, lexical=0.2, dates=-0.1, grade=0.1)
    other = candidate(0.5, whole=0.2, best_fund=0.8, lexical=0.9, dates=0.1, grade=0.12)
    assert less(own, other) == ("words", "meaning", "dates")
    assert less(other, own) == ()


def test_a_ranking_without_contributions_says_nothing_more() -> None:
    bare = {name: value for name, value in candidate(0.3).items() if name != "contributions"}
    assert less(bare, candidate(0.9, whole=1.0)) == ("meaning",)
    assert less(bare, bare) == ()
    assert less(candidate(0.3, whole=0.0) | {"contributions": {"subject": None}}, bare) == ()
