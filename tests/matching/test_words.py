from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.language import Language, language_of, read
from matching.words import STOP_WORDS, concept_key, fold, is_concept, shared_words, single_terms, stem, terms


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "circuits", "circuit"),
        ("en", "stories", "story"),
        ("en", "measuring", "measured"),
        ("en", "boxes", "box"),
        ("es", "motores", "motor"),
        ("es", "canciones", "cancion"),
        ("es", "actividades", "actividad"),
        ("es", "cocinamos", "cocinando"),
    ],
)
def test_forms_of_one_word_have_one_key(language: Language, one: str, other: str) -> None:
    assert stem(one, language) == stem(other, language)


@pytest.mark.parametrize("word", ["tortillas", "adobe", "acequia", "radio"])
def test_a_word_of_both_languages_keeps_its_key_whatever_the_guess(word: str) -> None:
    assert stem(word, "en") == stem(word, "es")


@pytest.mark.parametrize("word", ["gas", "glass", "cactus", "bus"])
def test_a_word_that_only_looks_plural_is_left_alone(word: str) -> None:
    assert stem(word) == word


def test_accents_and_case_do_not_part_words() -> None:
    assert fold("Mecánica") == fold("MECANICA") == "mecanica"
    assert terms("La Mecánica de mi tío") == terms("la mecanica de mi tio")


def test_an_accent_written_as_a_mark_of_its_own_does_not_cut_a_word() -> None:
    assert terms("la meca\u0301nica") == terms("la mec\u00e1nica")


def test_stop_words_of_both_languages_carry_nothing() -> None:
    assert terms("this is what they would have with the") == []
    assert terms("esto es lo que ella tiene para nosotros también") == []


@pytest.mark.parametrize("word", ["well", "mine", "sea", "tales", "bajo", "son"])
def test_a_word_that_names_something_in_the_other_language_stays(word: str) -> None:
    assert word not in STOP_WORDS


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I weld gates with the kids.", "en"),
        ("Sueldo rejas con los muchachos.", "es"),
        ("Busco quien sepa de esto", "es"),
        ("Canción y danza", "es"),
        ("Tucson", None),
        ("", None),
    ],
)
def test_the_language_of_a_text_is_guessed_by_its_small_words(text: str, language: Language | None) -> None:
    assert language_of(text) == language


def test_each_sentence_of_a_mixed_text_has_its_own_language() -> None:
    assert [piece.language for piece in read("Crecí con mi nana. We had a garden and some goats.")] == ["es", "en"]


def test_a_piece_without_a_sign_takes_the_language_of_its_text() -> None:
    assert [piece.language for piece in read("Oficios: Tucson. Somos de aquí y trabajamos con las manos.")] == [
        "es"
    ] * 3


def test_terms_are_words_and_then_neighbouring_pairs_and_then_concepts() -> None:
    words = [stem("tube"), stem("welded"), stem("gates")]
    assert terms("The tube welded gates") == [
        *words,
        f"{words[0]} {words[1]}",
        f"{words[1]} {words[2]}",
        concept_key("welding"),
        concept_key("gate"),
    ]


def test_single_terms_leave_out_the_pairs() -> None:
    assert single_terms("The tube radios") == [key for key in terms("The tube radios") if " " not in key]


def test_a_concept_key_is_no_key_of_a_word() -> None:
    assert [is_concept(key) for key in ("weld", concept_key("folk dance"))] == [False, True]
    assert " " not in concept_key("folk dance")


def test_shared_words_are_shown_as_the_second_text_writes_them() -> None:
    assert shared_words("Why does a circuit hum?", "I restore radios and their Circuits.") == ("circuits",)


def test_shared_words_come_with_the_most_telling_first() -> None:
    rarity = {stem("radios"): 1.0, stem("harmonics"): 5.0}
    found = shared_words("radio harmonics", "radios, harmonics", lambda key: rarity.get(key, 0.0), limit=1)
    assert found == ("harmonics",)


def test_a_word_of_the_other_language_is_shared_when_it_says_the_same() -> None:
    assert shared_words("Un taller de soldadura", "I have been a welder since I was young") == ("welder",)


def test_numbers_and_stop_words_are_no_shared_words() -> None:
    assert shared_words("10 of them with you", "10 of them with us") == ()


@given(st.text(max_size=200), st.text(max_size=200))
def test_shared_words_stand_in_the_second_text(first: str, second: str) -> None:
    for word in shared_words(first, second):
        assert word in second.lower()


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert all(key for key in terms(text))
