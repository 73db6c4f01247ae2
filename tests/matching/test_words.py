from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.words import STOP_WORDS, fold, shared_words, stem, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("circuits", "circuit"),
        ("stories", "story"),
        ("classes", "class"),
        ("boxes", "box"),
        ("motores", "motor"),
        ("canciones", "cancion"),
        ("actividades", "actividad"),
        ("recetas", "receta"),
    ],
)
def test_a_plural_meets_its_singular(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["gas", "glass", "tennis", "cactus", "bus"])
def test_a_word_that_only_looks_plural_is_left_alone(word: str) -> None:
    assert stem(word) == word


def test_accents_and_case_do_not_part_words() -> None:
    assert fold("Mecánica") == fold("MECANICA") == "mecanica"
    assert terms("Años") == terms("anos")


def test_stop_words_of_both_languages_carry_nothing() -> None:
    assert terms("this is what they would have with the") == []
    assert terms("esto es lo que ella tiene para nosotros también") == []


@pytest.mark.parametrize("word", ["well", "mine", "sea", "tales", "bajo", "son"])
def test_a_word_that_names_something_in_the_other_language_stays(word: str) -> None:
    assert word not in STOP_WORDS


def test_terms_are_words_and_then_neighbouring_pairs() -> None:
    assert terms("The tube radios") == ["tube", "radio", "tube radio"]


def test_shared_words_are_shown_as_the_second_text_writes_them() -> None:
    assert shared_words("Why does a circuit hum?", "I restore radios and their Circuits.") == ("circuits",)


def test_shared_words_come_with_the_most_telling_first() -> None:
    rarity = {"radio": 1.0, "harmonic": 5.0}
    found = shared_words("radio harmonics", "radios, harmonics", lambda key: rarity.get(key, 0.0), limit=1)
    assert found == ("harmonics",)


def test_numbers_and_stop_words_are_no_shared_words() -> None:
    assert shared_words("10 of them with you", "10 of them with us") == ()


@given(st.text(max_size=200), st.text(max_size=200))
def test_shared_words_stand_in_the_second_text(first: str, second: str) -> None:
    for word in shared_words(first, second):
        assert word in second.lower()
