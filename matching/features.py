"""How close a request is to each partner of a region, as named numbers.

A region's partners are held as matrices, built once and read by every request. Funds are compared in short pieces, so
that one thing a partner knows is never averaged away by the others. Everything is exact: each request is compared with
every partner, in a few matrix-vector products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from matching.centred import NO_LENGTH, Centred, products
from matching.closest import TOP_PIECES, closest
from matching.language import Language, language_of
from matching.lexical import LexicalIndex, build_lexical_index
from matching.reading import Profile, Reader, Reading, piece_texts
from matching.rounded import Rounded

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

ECHOED = 5
SIGNAL_NAMES = ("best_piece", "top_pieces", "whole", "centred_whole", "titles", "lexical", "echo")

_LANGUAGES: tuple[Language | None, ...] = (None, "en", "es")
_LUCK = 0.5
_ENOUGH_WORDS = 4
_LONG_REQUEST, _SHORT_REQUEST = 16.0, 4.0


@dataclass(frozen=True, slots=True)
class Corpus:
    """One region's partners: P partners with F funds in N pieces, in the order they were given.

    Attributes
    ----------
    piece_vectors
        [N, d] of length 1.
    piece_fund, piece_partner
        [N] ascending: the fund and the partner of a piece.
    piece_edges
        [P + 1] where each partner's pieces begin, and where the last one's end.
    whole_first
        [P] the first profile with the very same text, whose scores its copies take, so that they tie exactly: a
        product's last bit depends on a row's place in the matrix.
    whole, titles
        The whole profiles, and the titles of each partner's funds together.
    luck
        [P, 2] how far, in spreads of one partner's pieces, the best piece and the mean of the best three rise by
        number alone.
    substance
        [P] in [0, 1]: 1 from a handful of telling words on, 0 for a profile that says nothing.
    languages
        [P] language of each profile, as its place in `_LANGUAGES`; 0 where its words do not tell.
    lexical
        Term index over the whole profiles.
    """

    piece_vectors: Rounded
    piece_fund: Indices
    piece_partner: Indices
    piece_edges: Indices
    whole_first: Indices
    whole: Centred
    titles: Centred
    luck: Floats
    substance: Floats
    languages: NDArray[np.int8]
    lexical: LexicalIndex

    @property
    def size(self) -> int:
        """Number of partners P."""
        return len(self.whole_first)


def build_corpus(
    reader: Reader,
    readings: Sequence[Reading],
    piece_vectors: Rounded,
    whole_vectors: Floats,
    title_vectors: Floats,
) -> Corpus:
    """Build a region's matrices.

    Parameters
    ----------
    reader
        Whoever made the readings.
    readings
        Of the P partners. Their order is the order of every array that follows, and of ties.
    piece_vectors
        [N, d], the embeddings of `piece_texts(readings)`, in that order.
    whole_vectors, title_vectors
        [P, d], the embeddings of each reading's `whole` and `titles`.

    Raises
    ------
    ValueError
        When the number of vectors does not match the texts, or a vector holds NaN or infinity.
    """
    counts = np.array([len(fund) for reading in readings for fund in reading.pieces], dtype=np.int64)
    _check_number("piece", piece_vectors.numbers, int(counts.sum()))
    _check_vectors("whole", whole_vectors, len(readings))
    _check_vectors("title", title_vectors, len(readings))
    owned = np.array([sum(map(len, reading.pieces)) for reading in readings], dtype=np.int64)
    return Corpus(
        piece_vectors=piece_vectors,
        piece_fund=np.repeat(np.arange(len(counts)), counts),
        piece_partner=np.repeat(np.arange(len(readings)), owned),
        piece_edges=np.concatenate([[0], np.cumsum(owned)]),
        whole_first=_first_same([f"{reading.whole}\0{reading.titles}" for reading in readings]),
        whole=Centred.of(whole_vectors),
        titles=Centred.of(title_vectors),
        luck=_luck(owned),
        substance=np.array([min(1.0, reading.words / _ENOUGH_WORDS) for reading in readings], dtype=np.float32),
        languages=np.array([_LANGUAGES.index(reading.language) for reading in readings], dtype=np.int8),
        lexical=build_lexical_index(reader, readings),
    )


def read_corpus(profiles: Sequence[Profile], encode: Callable[[Sequence[str]], Floats]) -> Corpus:
    """Read and embed profiles, and build their matrices: for sets that are ranked once, where nothing is stored."""
    reader = Reader()
    readings = [reader.read(profile) for profile in profiles]
    wholes = encode([reading.whole for reading in readings])
    titles = encode([reading.titles for reading in readings])
    return build_corpus(reader, readings, Rounded.of(encode(piece_texts(readings))), wholes, titles)


def _first_same(texts: Sequence[str]) -> Indices:
    first: dict[str, int] = {}
    return np.array([first.setdefault(text, place) for place, text in enumerate(texts)], dtype=np.int64)


def _check_number(name: str, vectors: NDArray[np.generic], expected: int) -> None:
    if vectors.ndim != 2 or len(vectors) != expected:
        raise ValueError(f"expected {expected} {name} vectors, got an array of shape {vectors.shape}")


def _check_vectors(name: str, vectors: Floats, expected: int) -> None:
    _check_number(name, vectors, expected)
    if not np.isfinite(vectors).all():
        raise ValueError(f"a {name} vector holds NaN or infinity")


def _luck(counts: Indices) -> Floats:
    """[P, 2] expected maximum, and mean of the three largest, of so many draws from a standard normal distribution.

    Who has forty pieces has a closer best one than who has two, however little any of them is about the request.
    Expected order statistics by Blom's formula: Blom, "Statistical Estimates and Transformed Beta-Variables" (1958).
    """
    number = np.maximum(counts, 1).astype(np.float64)
    ranked = [ndtri((number - place + 0.625) / (number + 0.25)) for place in range(1, TOP_PIECES + 1)]
    total, taken = np.zeros(len(counts)), np.zeros(len(counts))
    for place, expected in enumerate(ranked):
        there = number > place
        total[there] += expected[there]
        taken += there
    return np.column_stack([ranked[0], total / taken]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Signals:
    """How close one request is to each of the P partners, every signal kept apart. Higher is closer.

    Attributes
    ----------
    best_piece, top_pieces
        [P] cosine of the partner's closest piece of a fund, and mean of the three closest (of all, where there are
        fewer), each less half of what it would rise by number alone.
    whole, centred_whole
        [P] cosine of the whole profile, plain and after the region's mean vector is taken off both sides.
    titles
        [P] centred cosine of the titles of the partner's funds.
    lexical
        [P] TF-IDF cosine of the whole profile.
    which_piece, which_fund
        [P] index of the closest piece, and of its fund; -1 for a partner without any.
    words_tell
        [P] in [0, 1] how far shared words are to be trusted: the further, the longer the request, for the few words of
        one line hardly meet those of the right profile. Wholly where the profile is in the other language, of which
        the model understands less than the glossary knows.
    shortness
        In [0, 1]: how much the request leaves to be guessed, where partners like the closest ones (`echo`) tell more.
    """

    best_piece: Floats
    top_pieces: Floats
    whole: Floats
    centred_whole: Floats
    titles: Floats
    lexical: Floats
    which_piece: Indices
    which_fund: Indices
    words_tell: Floats
    shortness: float

    def direct(self) -> dict[str, Floats]:
        """All signals but the echo, which is made of the others, by name."""
        return {name: getattr(self, name) for name in SIGNAL_NAMES if name != "echo"}


def signals(corpus: Corpus, query_vector: Floats, query_text: str) -> Signals:
    """Compare one request with every partner of a region.

    Parameters
    ----------
    corpus
        The region's P partners.
    query_vector
        [d] embedding of the request, length 1, or zero when the request has no text.
    query_text
        The request's words.

    Notes
    -----
    A partner without funds is compared by the whole profile in place of a piece. A request or profile without
    text gives 0 everywhere, never NaN.
    """
    query = np.asarray(query_vector, dtype=np.float32)
    whole = products(corpus.whole.vectors, query)[corpus.whole_first]
    best, top, which = _closest_pieces(corpus, query, whole)
    terms, counts, words = corpus.lexical.reader.ask(query_text)
    titles = corpus.titles.cosine(query, products(corpus.titles.vectors, query))
    return Signals(
        best_piece=best,
        top_pieces=top,
        whole=whole,
        centred_whole=corpus.whole.cosine(query, whole)[corpus.whole_first],
        titles=titles[corpus.whole_first],
        lexical=corpus.lexical.scores(terms, counts),
        which_piece=which,
        which_fund=np.where(which >= 0, corpus.piece_fund[which], -1) if len(corpus.piece_fund) else which,
        words_tell=_words_tell(corpus.languages, language_of(query_text), words),
        shortness=_SHORT_REQUEST / (words + _SHORT_REQUEST),
    )


def _words_tell(languages: NDArray[np.int8], language: Language | None, words: int) -> Floats:
    told = np.full(len(languages), words / (words + _LONG_REQUEST), dtype=np.float32)
    if language:
        told[(languages != 0) & (languages != _LANGUAGES.index(language))] = 1.0
    return told


def echo(corpus: Corpus, strength: NDArray[np.float64]) -> Floats:
    """[P] centred cosine of each whole profile with the few that are closest to the request.

    Parameters
    ----------
    strength
        [P] how well each partner answers the request by the direct signals; only what is above 0 is echoed.

    References
    ----------
    Rocchio, "Relevance feedback in information retrieval" (1971), with the first places taken for relevant.
    """
    leading = _leading(strength)
    centroid = corpus.whole.centroid(leading, strength[leading].astype(np.float32))
    length = float(np.linalg.norm(centroid)) if len(leading) else 0.0
    if length <= NO_LENGTH:
        return np.zeros(corpus.size, dtype=np.float32)
    towards = centroid / length
    apart = products(corpus.whole.vectors, towards) - corpus.whole.mean @ towards
    lengths = corpus.whole.lengths
    return np.divide(apart, lengths, out=np.zeros_like(apart), where=lengths > NO_LENGTH)[corpus.whole_first]


def _leading(strength: NDArray[np.float64]) -> Indices:
    """The places of the ECHOED highest strengths above 0, the first of equals first: without sorting all of them."""
    if len(strength) > ECHOED:
        least = np.partition(strength, -ECHOED)[-ECHOED]
        among = np.flatnonzero(strength >= least)
    else:
        among = np.arange(len(strength))
    leading = among[np.argsort(-strength[among], kind="stable")[:ECHOED]]
    return leading[strength[leading] > 0]


def _closest_pieces(corpus: Corpus, query: Floats, fallback: Floats) -> tuple[Floats, Floats, Indices]:
    """Per partner: the best piece's score, the mean of the best three, and which piece is best."""
    if not len(corpus.piece_partner):
        return fallback, fallback, np.full(corpus.size, -1, dtype=np.int64)
    found = closest(corpus.piece_edges, corpus.piece_vectors.products(query))
    some, luck = found.which >= 0, np.float32(_LUCK * found.spread) * corpus.luck
    best_piece = np.where(some, found.best - luck[:, 0], fallback)
    top_pieces = np.where(some, found.top - luck[:, 1], fallback)
    return best_piece, top_pieces, found.which
