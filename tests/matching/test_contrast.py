"""What parts two candidates adds up to what parts their scores."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.contrast import WORTH_SAYING, compare, family
from matching.score import Weights

NAMES = ("best_fund", "whole", "lexical", "subject", "distance")
FORMULA = Weights().formula


def candidate(given: dict[str, float], boost: float = 0.0, price: float = 0.0) -> dict[str, Any]:
    import numpy as np

    rho = float(FORMULA.rho(np.array([sum(given.values())]))[0])
    parts = {"relevance": rho, "need": 1.2, "deficit": 1.1, "boost": boost, "price": price}
    return {**parts, "score": 1.32 * rho + boost - price, "contributions": given}


candidates = st.builds(
    candidate,
    st.fixed_dictionaries({name: st.floats(-1, 1) for name in NAMES}),
    st.floats(0, 0.1),
    st.floats(0, 0.2),
)


@given(candidates, candidates)
def test_the_differences_add_up_to_the_difference_in_score(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    found = compare(ours, theirs)
    apart = ours["score"] - theirs["score"]
    left_out = 6 * WORTH_SAYING
    assert sum(each.gap for each in found) == pytest.approx(apart, abs=left_out + 0.01)
    assert [abs(each.gap) for each in found] == sorted((abs(each.gap) for each in found), reverse=True)


@given(candidates, candidates)
def test_what_speaks_for_one_speaks_against_the_other(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    back = {each.name: -each.gap for each in compare(theirs, ours)}
    assert {each.name: each.gap for each in compare(ours, theirs)} == pytest.approx(back)


def test_cosines_are_told_together_and_words_apart() -> None:
    ours = candidate({"best_fund": 4.0, "whole": 3.5, "lexical": 0.2, "subject": 0.25, "distance": 0.0}, price=0.1)
    theirs = candidate({"best_fund": 3.2, "whole": 3.1, "lexical": 0.8, "subject": 0.25, "distance": 0.0})
    found = {each.name: each.gap for each in compare(ours, theirs)}
    assert list(found)[:2] == ["meaning", "words"]
    assert found["meaning"] > 0 > found["words"] and found["price"] == pytest.approx(-0.1)
    assert set(found) == {"meaning", "words", "price"}


def test_nobody_differs_from_themselves() -> None:
    same = candidate(dict.fromkeys(NAMES, 0.3), boost=0.05)
    assert compare(same, same) == ()


def test_signals_yet_to_be_named_have_a_family() -> None:
    assert [family(name) for name in ("lexical_es", "shared_words", "best_part", "dates")] == [
        "words",
        "words",
        "meaning",
        "dates",
    ]
