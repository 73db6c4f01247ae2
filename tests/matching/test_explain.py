from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.equity import Reranked, rerank
from matching.explain import FIT_CODES, MOVE_CODES, TEXT_CODES, Reason, confidence, moves, reasons
from matching.features import Profile
from matching.score import relevance
from matching.structure import Structure
from matching.words import shared_words
from tests.matching.regions import compare, regions, sentences

REGION = [
    Profile("", ("bread yeast", "radio circuit gear")),
    Profile("", ("mural quilt",)),
    Profile("nurse", ()),
    Profile("", ("arroyo flood",)),
]


def test_the_fund_that_answers_is_named_with_its_words() -> None:
    found = compare(REGION, "a circuit with gears")
    words = shared_words("a circuit with gears", REGION[0].funds[1])
    first = reasons(0, found, relevance(found), words=words)[0]
    assert first.code in ("fund_answers", "words_shared")
    assert first.params == {"fund": 1, "words": ("circuit", "gear")}


def test_a_partner_with_nothing_in_common_is_said_to_be_one() -> None:
    found = compare(REGION, "radio circuit")
    worst = int(np.argmin(relevance(found).combined))
    assert reasons(worst, found, relevance(found))[0].code == "little_in_common"


def test_structured_facts_speak_for_and_against_with_their_figures() -> None:
    found = compare(REGION, "radio")
    facts = replace(
        Structure.unknown(4),
        distance_miles=np.array([1.04, 9.6, np.nan, np.nan]),
        radius_miles=np.array([10.0, 10.0, np.nan, np.nan]),
        date_overlap=np.array([np.nan, 0.25, np.nan, np.nan]),
    )
    scored = relevance(found, facts)
    assert reasons(0, found, scored, facts)[1:] == (Reason("near", {"miles": 1.0}),)
    assert reasons(1, found, scored, facts)[1:] == (Reason("far", {"miles": 9.6}), Reason("date_few", {"share": 0.25}))
    assert len(reasons(2, found, scored, facts)) == 1


def test_a_move_is_put_down_to_what_made_it() -> None:
    boosted = moves(rerank([0.50, 0.48], boost=[0.0, 0.05]))
    assert boosted == [
        Reason("moved_down_boost", {"before": 1, "after": 2}),
        Reason("moved_up_boost", {"before": 2, "after": 1}),
    ]
    busy = moves(rerank([0.50, 0.48], price=[0.05, 0.0]))
    assert [move.code for move in busy if move] == ["moved_down_busy", "moved_up_free"]


def test_who_keeps_a_place_through_need_is_told_apart_from_who_moved() -> None:
    found = moves(rerank([0.6, 0.5], need=1.6, price=[0.15, 0.0]))
    assert found == [Reason("kept_by_need", {"after": 1, "otherwise": 2}), None]


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.floats(0, 0.1), st.floats(0, 0.2)), max_size=8))
def test_whoever_moved_has_a_reason_in_the_right_direction(rows: list[tuple[float, float, float]]) -> None:
    rho, boost, price = np.array(rows).reshape(-1, 3).T
    found = rerank(rho, 1.2, 1.0, boost, price)
    for move, before, after in zip(moves(found), found.rank_before, found.rank_after, strict=True):
        code = move.code if move else ""
        assert code.startswith("moved_up") == (after < before)
        assert code.startswith("moved_down") == (after > before)


@given(regions, sentences, st.integers(1, 3))
def test_reasons_are_few_known_and_can_be_stored(profiles: list[Profile], request: str, limit: int) -> None:
    found = compare(profiles, request)
    facts = replace(Structure.unknown(len(profiles)), language=np.ones(len(profiles)), grade=np.zeros(len(profiles)))
    scored = relevance(found, facts)
    made = reasons(0, found, scored, facts, move=Reason("moved_up_free", {"before": 2, "after": 1}), limit=limit)
    assert 1 <= len(made) <= limit
    assert made[0].code in TEXT_CODES
    assert all(reason.code in (*TEXT_CODES, *MOVE_CODES, *FIT_CODES) for reason in made)
    assert json.loads(json.dumps([asdict(reason) for reason in made]))


def standing(*score: float) -> Reranked:
    return rerank(score)


def test_confidence_follows_the_lead() -> None:
    assert confidence(standing(0.50, 0.53)) == "clear_lead"
    assert confidence(standing(0.50, 0.529)) == "close_call"
    assert confidence(standing(0.5)) == "only_one"
    with pytest.raises(ValueError, match="no candidates"):
        confidence(standing())
