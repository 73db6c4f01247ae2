from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.reading import Profile, Reader, pieces, title, unstuffed


@given(st.text(max_size=2000), st.integers(1, 80))
def test_pieces_lose_no_word_and_add_none(text: str, words: int) -> None:
    said = [part for part in text.split() if any(map(str.isalnum, part))]
    found = " ".join(pieces(text, words)).split()
    assert [part for part in found if any(map(str.isalnum, part))] == said


@given(st.lists(st.integers(1, 200), max_size=12))
def test_no_piece_is_longer_than_two(lengths: list[int]) -> None:
    text = " ".join("word " * (length - 1) + "end." for length in lengths)
    assert all(len(piece.split()) <= 120 for piece in pieces(text, 60))


def test_pieces_are_whole_sentences() -> None:
    text = "One two three. Four five six! Seven eight."
    assert pieces(text, 6) == ["One two three. Four five six!", "Seven eight."]


def test_a_short_text_is_one_piece_and_an_empty_one_none() -> None:
    assert pieces("I weld.") == ["I weld."]
    assert pieces("") == pieces(" \n ...") == pieces("\U0001f3b8") == []


def test_a_title_is_the_first_line_or_sentence_and_no_longer_than_a_title() -> None:
    assert title("Tube radios\nI restore them.") == "Tube radios"
    assert title("I restore tube radios. Since 1988.") == "I restore tube radios."
    assert len(title("word " * 50).split()) == 12
    assert title("") == ""


def test_sentences_are_read_once_and_heaps_of_words_not_at_all() -> None:
    prose = "My grandmother taught me to mend nets, and I teach it on Saturdays to whoever comes by the boat."
    assert unstuffed(prose) == prose
    assert unstuffed(f"{prose} " * 20) == prose
    assert unstuffed("Radio circuits, radio circuits " * 50) == ""
    assert unstuffed("no no no") == "no no no"


@pytest.mark.parametrize("words", [60, 400, 8000])
def test_prose_of_any_length_is_left_alone(words: int) -> None:
    # Heaps' law with the few distinct words that a plain style has.
    random = np.random.default_rng(3)
    text = " ".join(f"w{int(random.pareto(0.8) * 5)}" for _ in range(words))
    assert unstuffed(text) == text


def test_what_a_partner_says_twice_counts_once() -> None:
    reader = Reader()
    once = reader.read(Profile("", ("I weld gates. I mend fences.",)))
    twice = reader.read(Profile("", ("I weld gates. I mend fences.",) * 10))
    assert twice.pieces == (once.pieces[0], *((),) * 9)
    assert (twice.whole, twice.titles, twice.words) == (once.whole, once.titles, once.words)
    assert list(twice.counts) == list(once.counts)


def test_a_term_keeps_its_number() -> None:
    reader = Reader()
    first = reader.read(Profile("", ("radio comet",)))
    reader.read(Profile("", ("bread yeast arroyo",)))
    again = reader.read(Profile("", ("comet radio",)))
    assert list(again.terms) == list(first.terms) == sorted(first.terms)
    terms, counts, words = reader.ask("comet comet and nothing known")
    assert (list(terms), list(counts), words) == ([reader.number("comet")], [2.0], 2)


def test_a_concept_counts_less_than_a_word() -> None:
    reader = Reader()
    read = reader.read(Profile("", ("welding",)))
    emphasis = reader.emphasis[read.terms]
    assert sorted(set(emphasis.tolist())) == pytest.approx([0.7, 1.0])
    assert read.words == 1
