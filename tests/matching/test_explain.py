from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.equity import rerank
from matching.explain import (
    CODES,
    LIKELY,
    MOVE_CODES,
    POSSIBLE,
    QUOTE_CODES,
    TEXT_CODES,
    THIN_CODES,
    Reason,
    Texts,
    confidence,
    moves,
    reasons,
)
from matching.quotes import Asked, Evidence, evidence
from matching.reading import Profile, whole_text
from matching.structure import FIT_NAMES, Structure
from tests.matching.regions import regions, scored, sentences

REGION = [
    Profile("", ("bread yeast", "radio circuit gear")),
    Profile("", ("mural quilt",)),
    Profile("nurse", ()),
    Profile("", ("arroyo flood",)),
]
SPOKEN = Evidence("I mend radios with a gear", "a circuit with gears", topic=True, words=("gear", "circuit"), firm=True)


def told(found: Evidence = SPOKEN, **changed: object) -> Texts:
    return replace(Texts(found, "Mending", "en", "en"), **changed)  # type: ignore[arg-type]


def facts(size: int = 4, **known: list[float]) -> Structure:
    return replace(Structure.unknown(size), **{name: np.array(values) for name, values in known.items()})


def codes(partner: int, structure: Structure | None = None, texts: Texts | None = None, **given: object) -> list[str]:
    found = scored(REGION, "radio circuit", structure)
    return [each.code for each in reasons(partner, found, texts or told(), structure, **given)]  # type: ignore[arg-type]


def test_own_words_come_first_then_what_they_answer() -> None:
    found = reasons(0, scored(REGION, "radio circuit"), told())
    assert found == (
        Reason("own_words", {"fund": "Mending", "quote": SPOKEN.quote, "language": "en"}),
        Reason("answers_topic", {"part": SPOKEN.part, "language": "en", "words": SPOKEN.words, "words_language": "en"}),
    )


def test_who_has_no_fund_is_quoted_on_themselves() -> None:
    [first, *_] = reasons(0, scored(REGION, "radio circuit"), told(fund="", language="es"))
    assert first == Reason("about_words", {"quote": SPOKEN.quote, "language": "es"})


def test_a_part_is_told_from_the_topic_and_meaning_from_words() -> None:
    assert codes(0, texts=told(replace(SPOKEN, topic=False)))[1] == "answers_part"
    assert codes(0, texts=told(replace(SPOKEN, firm=False)))[1] == "touches"
    silent = replace(SPOKEN, words=())
    assert codes(0, texts=told(silent))[1] == "meaning_only"
    assert codes(0, texts=told(silent, language="es"))[1] == "meaning_across"


def test_a_partner_with_nothing_in_common_is_said_to_be_one() -> None:
    worst = int(np.argmin(scored(REGION, "radio circuit").combined))
    assert codes(worst)[:2] == ["own_words", "little_in_common"]


def test_the_weightiest_of_what_counts_against_is_said_and_nothing_else() -> None:
    structure = facts(
        distance_miles=[9.6, 1.0, np.nan, np.nan],
        radius_miles=[10.0, 10.0, np.nan, np.nan],
        date_overlap=[0.5, 1.0, np.nan, np.nan],
        format=[0.5, 1.0, 1.0, np.nan],
        subject=[1.0, 0.0, 1.0, np.nan],
    )
    found = scored(REGION, "radio circuit", structure)
    assert reasons(0, found, told(), structure)[2:] == (Reason("far", {"miles": 9.6}),)
    assert codes(1, structure)[2:] == ["subject_other"]


def test_only_part_of_the_form_asked_for_is_said_to_count_against() -> None:
    assert codes(0, facts(format=[0.5, 1.0, 1.0, 1.0]))[2:] == ["format_other"]


def test_what_is_so_for_everybody_is_not_held_against_one() -> None:
    assert codes(0, facts(format=[0.5] * 4, grade=[0.0] * 4))[2:] == []


def test_where_nothing_counts_against_a_fact_that_fits_is_said() -> None:
    structure = facts(subject=[1.0, 0.0, 0.0, 0.0], grade=[1.0, 1.0, 1.0, 1.0])
    assert codes(0, structure)[2:] == ["subject_fit"]


def test_a_busy_month_counts_against_unless_the_move_has_said_it() -> None:
    assert codes(0, price=0.08)[2:] == ["busy"]
    assert codes(0, price=0.001)[2:] == []
    down = Reason("moved_down_busy", {"before": 1, "after": 2})
    assert codes(0, price=0.08, move=down)[2:] == ["moved_down_busy"]


@pytest.mark.parametrize("code", THIN_CODES)
def test_too_little_to_go_on_outweighs_all_else(code: str) -> None:
    structure = facts(language=[0.0, 1.0, 1.0, 1.0])
    assert codes(0, structure, told(**{code: True}))[2:] == [code]


def test_a_move_is_put_down_to_what_made_it() -> None:
    boosted = moves(rerank([0.50, 0.48], boost=[0.0, 0.05]))
    assert boosted == [
        Reason("moved_down_boost", {"before": 1, "after": 2}),
        Reason("moved_up_boost", {"before": 2, "after": 1}),
    ]
    busy = moves(rerank([0.50, 0.48], price=[0.05, 0.0]))
    assert [move.code for move in busy if move] == ["moved_down_busy", "moved_up_free"]


def test_a_boost_of_one_group_is_named_and_no_other_move() -> None:
    found = moves(rerank([0.50, 0.48], boost=[0.0, 0.05]), groups={0: "new", 1: "practice"})
    assert found[1] == Reason("moved_up_boost", {"before": 2, "after": 1, "group": "practice"})
    assert found[0] == Reason("moved_down_boost", {"before": 1, "after": 2})


def test_what_is_around_the_request_follows_the_move() -> None:
    around = (Reason("waited", {"weeks": 3}), Reason("closer_full", {"name": "Rosa", "visits": 2}))
    up = Reason("moved_up_free", {"before": 2, "after": 1})
    assert codes(0, move=up, around=around)[2:5] == ["moved_up_free", "waited", "closer_full"]


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


@given(
    st.lists(st.tuples(st.sampled_from([0.3, 0.5, 0.7]), st.floats(0, 0.1), st.floats(0, 0.2)), min_size=1, max_size=8)
)
def test_the_reason_for_a_move_can_be_asked_for_some_alone(rows: list[tuple[float, float, float]]) -> None:
    rho, boost, price = np.array(rows).reshape(-1, 3).T
    found = rerank(rho, 1.2, 1.0, boost, price)
    first = found.order[:3].tolist()
    everybody = moves(found)
    assert moves(found, first) == [everybody[at] for at in first]
    for at, move in enumerate(everybody):
        if move is not None and move.code == "kept_by_need":
            assert move.params["otherwise"] == rerank(rho, 1.0, 1.0, boost, price).rank_after[at]


@given(regions, sentences, st.floats(0, 0.3), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_reasons_are_few_known_different_and_can_be_stored(
    profiles: list[Profile], request: str, price: float, fits: list[float]
) -> None:
    size = len(profiles)
    structure = facts(size, language=[1.0] * size, grade=[0.0] * size, format=[*fits, *[np.nan] * size][:size])
    found = scored(profiles, request, structure)
    texts = Texts(evidence(Asked.of(request, ""), whole_text(profiles[0])), "A fund", "en", "en", price > 0.2)
    made = reasons(0, found, texts, structure, Reason("moved_up_free", {"before": 2, "after": 1}), price)
    said = [each.code for each in made]
    assert set(said) <= set(CODES) and len(set(said)) == len(said)
    assert 1 <= sum(code not in MOVE_CODES for code in said) <= 3
    assert said[0] in (*QUOTE_CODES, *TEXT_CODES)
    assert sum(code in TEXT_CODES for code in said) == 1
    assert json.loads(json.dumps([asdict(each) for each in made]))


@given(st.floats(0, 1))
def test_the_word_follows_the_number(rho: float) -> None:
    words = ["long_shot", "possible", "likely"]
    assert confidence(rho) == words[(rho >= POSSIBLE) + (rho >= LIKELY)]
    for code in THIN_CODES:
        assert confidence(rho, ["own_words", code]) == "little_to_go_on"
    assert confidence(rho, FIT_NAMES) == confidence(rho)
