from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from matching.features import SIGNAL_NAMES, build_corpus, echo, signals
from matching.lexical import build_lexical_index
from matching.reading import Profile, Reader
from matching.rounded import Rounded
from tests.matching.regions import compare, corpus_of, encode, regions, scored, sentences

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


def test_the_best_fund_is_not_averaged_away_by_others() -> None:
    expert = Profile("", ("radio circuit", "bread yeast", "mural paint", "quilt tile"))
    dabbler = Profile("", ("radio bread mural",))
    found = compare([expert, dabbler], "radio circuit")
    assert found.best_piece[0] > found.best_piece[1]
    assert list(found.which_fund) == [0, 4]


def test_of_equal_funds_the_first_is_named() -> None:
    found = compare([Profile("", ("bread", "radio", "radio"))], "radio")
    assert (list(found.which_fund), list(found.which_piece)) == ([1], [1])


def test_a_fund_is_as_close_as_its_closest_piece() -> None:
    rest = "Bread yeast arroyo flood mural gear nurse quilt comet.\n"
    long = Profile("", (rest + rest[::-1] + "Radio circuit radio circuit radio circuit.\n" + rest.upper(),))
    mixed = Profile("", ("bread yeast radio circuit nurse",))
    found = compare([long, mixed], "radio circuit")
    assert found.best_piece[0] > found.best_piece[1]


def test_a_partner_without_funds_is_compared_by_the_whole_profile() -> None:
    found = compare([Profile("radio circuit", ()), Profile("", ("bread",)), Profile("mural", ())], "radio")
    assert list(found.which_fund) == [-1, 0, -1]
    assert found.best_piece[0] == found.top_pieces[0] == found.whole[0] > 0
    assert found.best_piece[2] == found.whole[2]


@given(regions, sentences)
def test_signals_agree_with_a_plain_loop(profiles: list[Profile], request: str) -> None:
    corpus, query = corpus_of(profiles), encode([request])[0]
    found = signals(corpus, query, request)
    pieces = corpus.piece_vectors.floats()
    scores = [pieces[corpus.piece_partner == place] @ query for place in range(len(profiles))]
    within = np.concatenate([each - each.mean() for each in scores if len(each)] or [np.zeros(1)])
    spread = float(np.sqrt(np.mean(within.astype(float) ** 2)))
    for place, each in enumerate(scores):
        if not len(each):
            assert found.best_piece[place] == found.top_pieces[place] == found.whole[place]
            assert found.which_piece[place] == found.which_fund[place] == -1
            continue
        luck = 0.5 * spread * corpus.luck[place]
        assert found.best_piece[place] == pytest.approx(max(each) - luck[0], abs=1e-5)
        assert found.top_pieces[place] == pytest.approx(np.sort(each)[-3:].mean() - luck[1], abs=1e-5)
        best = found.which_piece[place]
        assert corpus.piece_partner[best] == place
        assert corpus.piece_fund[best] == found.which_fund[place]
        assert pieces[best] @ query == pytest.approx(max(each), abs=1e-5)


def test_pieces_that_say_nothing_of_the_request_do_not_win_by_their_number() -> None:
    random = np.random.default_rng(5)
    words = [f"word{number}" for number in range(400)]
    talker = Profile("", tuple(" ".join(random.choice(words, 5)) for _ in range(40)))
    others = [Profile("", (" ".join(random.choice(words, 5)),)) for _ in range(60)]
    places = []
    for number in range(40):
        found = scored([talker, *others], f"request{number} about topic{number}").combined
        places.append(int((found > found[0]).sum()))
    assert np.mean(places) > 10  # of 60; without the correction it is among the first two or three


@given(regions, sentences)
def test_centred_cosine_is_that_of_vectors_without_the_mean(profiles: list[Profile], request: str) -> None:
    corpus, query = corpus_of(profiles), encode([request])[0]
    found = signals(corpus, query, request).centred_whole
    rows = (corpus.whole.vectors - corpus.whole.mean).astype(np.float64)
    shifted = (query - corpus.whole.mean).astype(np.float64)
    for row, vector, value in zip(rows, corpus.whole.vectors, found, strict=True):
        length = np.linalg.norm(row) * np.linalg.norm(shifted)
        if query.any() and vector.any() and length > 0.01:
            assert value == pytest.approx(float(row @ shifted) / length, abs=1e-3)
        if not vector.any():
            assert value == 0


def test_the_echo_is_louder_in_who_resembles_the_closest() -> None:
    profiles = [Profile("", (text,)) for text in ("radio circuit", "circuit gear", "bread yeast", "mural quilt")]
    corpus = corpus_of(profiles)
    found = echo(corpus, np.array([2.0, 0.0, 0.0, 0.0]))
    assert list(np.argsort(-found))[:2] == [0, 1]
    assert not echo(corpus, np.zeros(4)).any()
    assert not echo(corpus_of([]), np.zeros(0)).any()


def test_a_long_request_leans_on_its_words_and_a_short_one_on_the_echo() -> None:
    profiles = [Profile("", ("I mend every radio that they bring to me",)), Profile("", ("Yo hago el pan de la casa",))]
    short, long = (compare(profiles, text) for text in ("the radio", "the " + " ".join(map(str, range(1000, 1100)))))
    assert short.words_tell[0] < 0.1 < 0.8 < long.words_tell[0] < 1
    assert long.shortness < 0.05 < 0.7 < short.shortness
    assert compare(profiles, "the radio that they mend").words_tell[1] == 1


@given(regions, sentences)
def test_signals_are_bounded_and_never_nan(profiles: list[Profile], request: str) -> None:
    found = compare(profiles, request)
    for name, values in found.direct().items():
        assert values.shape == (len(profiles),), name
        assert np.isfinite(values).all(), name
        assert (np.abs(values) <= 3).all(), name
    assert (found.lexical >= 0).all()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{len(text)}:{text[:6]!r}")
def test_hostile_texts_give_numbers_on_both_sides(text: str) -> None:
    for profiles, request in [
        ([Profile("", (text,))], "radio"),
        ([Profile("", ("radio",)), Profile(text, ())], text),
    ]:
        found = compare(profiles, request)
        assert all(np.isfinite(values).all() for values in found.direct().values())


def test_a_region_nobody_described_yet() -> None:
    found = compare([Profile("", ()), Profile("", ("",))], "radio")
    assert not any(values.any() for values in found.direct().values())


def test_a_region_without_partners() -> None:
    assert [len(values) for values in compare([], "radio").direct().values()] == [0] * (len(SIGNAL_NAMES) - 1)


def test_lexical_weights_come_from_partners_alone_and_favour_rare_words() -> None:
    profiles = [Profile("", ("bread radio",)), Profile("", ("bread comet",)), Profile("", ("bread mural",))]
    index = corpus_of(profiles).lexical
    assert index.rarity("comet") > index.rarity("bread") > 0
    assert index.rarity("never written") == 0
    assert np.argmax(compare(profiles, "comet and bread").lexical) == 1


def test_a_word_met_after_the_index_was_built_finds_nobody() -> None:
    reader = Reader()
    index = build_lexical_index(reader, [reader.read(Profile("", ("radio",)))])
    reader.read(Profile("", ("comet",)))
    terms, counts, words = reader.ask("comet")
    assert words == 1
    assert not index.scores(terms, counts).any()
    assert index.rarity("comet") == 0


def test_vectors_that_do_not_match_the_texts_are_refused() -> None:
    reader = Reader()
    readings = [reader.read(Profile("", ("radio", "bread")))]
    one = encode(["radio bread"])
    with pytest.raises(ValueError, match="expected 2 piece vectors"):
        build_corpus(reader, readings, Rounded.of(one), one, one)
    both, broken = Rounded.of(encode(["radio", "bread"])), one.copy()
    broken[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        build_corpus(reader, readings, both, broken, one)
