"""Whose words are shown, where they are cut, and what is never shown."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.quotes import (
    PART_CHARACTERS,
    QUOTE_CHARACTERS,
    Asked,
    Evidence,
    few_words,
    nearest,
    passages,
    shortened,
)
from matching.quotes import evidence as found_for

TITLE = "Why does our arroyo flood so fast?"
TEXT = "We build models of the watershed. I would love somebody to walk the wash with us. They ask why every day."
FUND = "I was born in June. After each storm I walk the wash, and love to. My dog comes along."


def evidence(title: str, text: str, own_words: str, heading: str = "") -> Evidence:
    return found_for(Asked.of(title, text), own_words, heading)


def test_the_nearest_passage_is_quoted_with_the_part_it_answers() -> None:
    found = evidence(TITLE, TEXT, FUND)
    assert found.quote == "After each storm I walk the wash, and love to"
    assert found.part == "I would love somebody to walk the wash with us"
    assert found.firm and not found.topic
    assert set(found.words) == {"love", "wash", "walk"}


def test_the_topic_is_the_title_and_its_words_count_most() -> None:
    found = evidence(TITLE, TEXT, "We walk. An arroyo can flood in minutes.")
    assert (found.quote, found.part, found.topic) == ("An arroyo can flood in minutes", TITLE, True)
    assert found.words[:2] in (("arroyo", "flood"), ("flood", "arroyo"))


def test_one_word_in_common_is_no_firm_answer() -> None:
    assert not evidence("A real night under our own sky", "", "I bring the real sheet, and a map.").firm
    assert not evidence("Hats", TEXT, "I love my dog.").firm
    assert evidence("A night under our own sky", "", "After dark, every night, I name the sky.").firm


def test_a_fund_s_title_counts_but_is_not_quoted() -> None:
    found = evidence(TITLE, TEXT, "I drew the culverts. They hold.", heading="Flood control on the arroyo")
    assert (found.quote, found.topic, found.firm) == ("I drew the culverts", True, True)
    assert set(found.words) == {"arroyo", "flood"}


def test_without_a_word_in_common_the_first_sentence_stands_beside_the_topic() -> None:
    found = evidence(TITLE, TEXT, "De mi papá aprendí a ver el agua. Llevo treinta años.")
    assert (found.quote, found.part, found.topic) == ("De mi papá aprendí a ver el agua", TITLE, True)
    assert found.words == ()


def test_a_vector_may_choose_instead_of_words() -> None:
    assert nearest(np.array([[0.1, 0.2], [0.4, 0.3]])) == (1, 0)
    assert nearest(np.zeros((3, 2))) == nearest(np.zeros((3, 0))) == (0, 0)


@pytest.mark.parametrize(
    "contact",
    ["Write to chayo@correo.example", "Call 520-555-0163", "Tel. (520) 555 0163", "See www.wash.example"],
)
def test_contacts_are_never_quoted(contact: str) -> None:
    assert evidence(TITLE, TEXT, f"{contact} about the arroyo flood. I mend roofs.").quote == "I mend roofs"
    assert evidence(TITLE, TEXT, f"{contact} about the arroyo").quote == ""


def test_sentences_are_not_parted_at_a_title_or_an_initial() -> None:
    assert passages('We met Mr. Lee and J. Ortiz at St. Ann. "Go on." He did.', 90) == [
        "We met Mr. Lee and J. Ortiz at St. Ann.",
        '"Go on."',
        "He did.",
    ]


def test_a_long_sentence_is_cut_between_clauses_and_says_so() -> None:
    long = "First we look at the ground for an hour, then we dig a basin under the tree; at last the rain comes to us."
    assert passages(long, 60) == [
        "First we look at the ground for an hour\u2026",
        "\u2026then we dig a basin under the tree\u2026",
        "\u2026at last the rain comes to us.",
    ]
    assert passages("I draw, and you draw, and skill has nothing to do with whose is funniest.", 70) == [
        "I draw, and you draw\u2026",
        "\u2026and you draw, and skill has nothing to do with whose is funniest.",
    ]


def test_a_word_is_said_once_in_whatever_form() -> None:
    assert len(evidence("Photos", "We teach photos.", "Photos, a photo. I teach photos, she teaches.").words) == 2


@pytest.mark.parametrize(
    ("passage", "shown"),
    [
        ("Short and whole.", "Short and whole"),
        ("Is it so?", "Is it so?"),
        ("And then...", "And then..."),
        ("one two three four five six", "one two three four\u2026"),
        ("x" * 30, "x" * 20 + "\u2026"),
    ],
)
def test_what_is_too_long_ends_after_a_word(passage: str, shown: str) -> None:
    assert shortened(passage, 20) == shown


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=1500))
def test_whatever_people_write_what_is_shown_is_theirs_and_short(title: str, text: str, own: str) -> None:
    found = evidence(title, text, own)
    assert len(found.quote) <= QUOTE_CHARACTERS + 2 and len(found.part) <= PART_CHARACTERS + 2
    theirs = " ".join(own.split())
    assert found.quote.strip("\u2026") in theirs
    assert all(word in own.lower() for word in found.words)
    assert found.words or not found.firm


def test_a_very_long_text_is_looked_at_in_bounded_time() -> None:
    long = "The arroyo floods, and we walk it; nobody knows why. " * 1000
    began = time.perf_counter()
    assert evidence(TITLE, long, long).quote
    assert few_words("y " * 25_000, 4)
    assert evidence(TITLE, "x" * 50_000, "y " * 25_000).quote.startswith("y y")
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("text", ["", "\U0001f3b8 \U0001f3b8", "weld weld weld", "of the and with", "I weld."])
def test_few_words_are_few_however_often_they_are_said(text: str) -> None:
    assert few_words(text, 4)
    assert not few_words(f"{text} I mend radios, clocks and bells", 4)
