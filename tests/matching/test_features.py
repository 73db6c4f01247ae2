from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.features import SIGNAL_NAMES, Profile, build_corpus, piece_texts, pieces, signals
from tests.matching.regions import DIMENSION, compare, corpus_of, encode, regions, sentences

HOSTILE = [
    "",
    "   ",
    "\x00\x00",
    "🎸🎸🎸",
    "word " * 10_000,
    "x" * 50_000,
    "!?.,;",
    "اللغة",
    "<script>alert(1)</script>",
]


@given(st.text(max_size=2000), st.integers(1, 80))
def test_pieces_lose_no_word_and_add_none(text: str, words: int) -> None:
    assert " ".join(pieces(text, words)).split() == text.split()


@given(st.lists(st.integers(1, 200), max_size=12))
def test_no_piece_is_longer_than_two(lengths: list[int]) -> None:
    text = " ".join("word " * (length - 1) + "end." for length in lengths)
    assert all(len(piece.split()) <= 120 for piece in pieces(text, 60))


def test_pieces_are_whole_sentences() -> None:
    text = "One two three. Four five six! Seven eight."
    assert pieces(text, 6) == ["One two three. Four five six!", "Seven eight."]


def test_a_short_text_is_one_piece_and_so_is_an_empty_one() -> None:
    assert pieces("I weld.") == ["I weld."]
    assert pieces("") == [""]


def test_the_best_fund_is_not_averaged_away_by_others() -> None:
    expert = Profile("", ("radio circuit", "bread yeast", "mural paint", "quilt tile"))
    dabbler = Profile("", ("radio bread mural",))
    found = compare([expert, dabbler], "radio circuit")
    assert found.best_fund[0] == pytest.approx(1.0, abs=1e-5)
    assert found.best_fund[0] > found.best_fund[1]
    assert list(found.which_fund) == [0, 4]


def test_top_funds_is_the_mean_of_the_best_three_or_of_all() -> None:
    many = Profile("", ("radio", "radio circuit", "bread", "comet", "quilt"))
    two = Profile("", ("radio", "bread"))
    found = compare([many, two], "radio circuit")
    assert found.top_funds[0] == pytest.approx(np.sort(found.fund_scores[:5])[-3:].mean(), abs=1e-6)
    assert found.top_funds[1] == pytest.approx(found.fund_scores[5:].mean(), abs=1e-6)


def test_of_equal_funds_the_first_is_named() -> None:
    found = compare([Profile("", ("bread", "radio", "radio"))], "radio")
    assert list(found.which_fund) == [1]


def test_a_fund_is_as_close_as_its_closest_piece() -> None:
    long = "bread yeast. " * 30 + "radio circuit. " * 30
    found = compare([Profile("", (long,)), Profile("", ("bread yeast radio circuit",))], "radio circuit")
    assert len(pieces(long)) > 1
    assert found.best_fund[0] > found.best_fund[1]


def test_a_partner_without_funds_is_compared_by_the_whole_profile() -> None:
    found = compare([Profile("radio circuit", ()), Profile("", ("bread",)), Profile("mural", ())], "radio")
    assert list(found.which_fund) == [-1, 0, -1]
    assert found.best_fund[0] == found.top_funds[0] == found.whole[0] > 0
    assert found.best_fund[2] == found.whole[2]


@given(regions, sentences)
def test_signals_agree_with_a_plain_loop(profiles: list[Profile], request: str) -> None:
    found = compare(profiles, request)
    query = encode([request])[0]
    fund = 0
    for place, profile in enumerate(profiles):
        scores = [max(float(vector @ query) for vector in encode(pieces(text))) for text in profile.funds]
        scores = scores or [float(found.whole[place])]
        assert found.best_fund[place] == pytest.approx(max(scores), abs=1e-5)
        assert found.top_funds[place] == pytest.approx(np.mean(sorted(scores)[-3:]), abs=1e-5)
        if profile.funds:
            assert found.fund_scores[found.which_fund[place]] == pytest.approx(max(scores), abs=1e-5)
            assert fund <= found.which_fund[place] < fund + len(profile.funds)
        fund += len(profile.funds)


@given(regions, sentences)
def test_centred_cosine_is_that_of_vectors_without_the_mean(profiles: list[Profile], request: str) -> None:
    corpus, query = corpus_of(profiles), encode([request])[0]
    found = signals(corpus, query, request).centred_whole
    rows = (corpus.whole_vectors - corpus.mean_vector).astype(np.float64)
    shifted = (query - corpus.mean_vector).astype(np.float64)
    for row, value in zip(rows, found, strict=True):
        length = np.linalg.norm(row) * np.linalg.norm(shifted)
        if query.any() and length > 0.01:
            assert value == pytest.approx(float(row @ shifted) / length, abs=1e-3)


@given(regions, sentences)
def test_signals_are_bounded_and_never_nan(profiles: list[Profile], request: str) -> None:
    found = compare(profiles, request)
    for name, values in found.named().items():
        assert values.shape == (len(profiles),), name
        assert np.isfinite(values).all(), name
        assert (np.abs(values) <= 1.001).all(), name
    assert (found.lexical >= 0).all()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{len(text)}:{text[:6]!r}")
def test_hostile_texts_give_numbers_on_both_sides(text: str) -> None:
    for profiles, request in [
        ([Profile("", (text,))], "radio"),
        ([Profile("", ("radio",)), Profile(text, ())], text),
    ]:
        found = compare(profiles, request)
        assert all(np.isfinite(values).all() for values in found.named().values())


def test_a_region_nobody_described_yet() -> None:
    found = compare([Profile("", ()), Profile("", ("",))], "radio")
    assert not any(values.any() for values in found.named().values())


def test_a_region_without_partners() -> None:
    corpus = build_corpus([], np.zeros((0, DIMENSION), np.float32), np.zeros((0, DIMENSION), np.float32))
    found = signals(corpus, encode(["radio"])[0], "radio")
    assert [len(values) for values in found.named().values()] == [0] * len(SIGNAL_NAMES)


def test_lexical_weights_come_from_partners_alone_and_favour_rare_words() -> None:
    profiles = [Profile("", ("bread radio",)), Profile("", ("bread comet",)), Profile("", ("bread mural",))]
    index = corpus_of(profiles).lexical
    assert index.rarity("comet") > index.rarity("bread") > 0
    assert index.rarity("never written") == 0
    found = index.scores("comet and bread")
    assert np.argmax(found) == 1


def test_vectors_that_do_not_match_the_texts_are_refused() -> None:
    profiles = [Profile("", ("radio", "bread"))]
    whole = encode(["radio bread"])
    with pytest.raises(ValueError, match="expected 2 piece vectors"):
        build_corpus(profiles, whole, whole)
    broken = encode(piece_texts(profiles))
    broken[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        build_corpus(profiles, broken, whole)
