"""What is known about a request and each partner of a region, as named numbers.

A region's partners are held as matrices, built once and read by every request. A fund (one thing a partner
knows) is compared on its own, in pieces short enough for the model to read, so that one fund is never
averaged away by the others. Everything is exact: each request is compared with every partner, in a few
matrix-vector products.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.lexical import LexicalIndex, build_lexical_index

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

PIECE_WORDS = 60
TOP_FUNDS = 3
SIGNAL_NAMES = ("best_fund", "top_funds", "whole", "centred_whole", "lexical")

# Shorter than this, a centred vector is rounding noise: the text says nothing but what all partners have in
# common.
_NO_LENGTH = 1e-4

_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|\n+")


def pieces(text: str, words: int = PIECE_WORDS) -> list[str]:
    """Cut a text into pieces of whole sentences, each of some `words` words.

    The embedding model stops reading at 256 word pieces; what stands later in a long text would never be
    found. A sentence of more than twice that length is cut between words. An empty text is one empty piece,
    so that every fund has at least one vector.
    """
    cut: list[str] = []
    current: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        for part in _shorten(sentence.split(), words):
            if current and len(current) + len(part) > words:
                cut.append(" ".join(current))
                current = []
            current = current + part
    if current or not cut:
        cut.append(" ".join(current))
    return cut


def _shorten(sentence: list[str], words: int) -> list[list[str]]:
    """The sentence's words in one part, or in several where it is longer than two pieces."""
    if len(sentence) <= 2 * words:
        return [sentence] if sentence else []
    return [sentence[start : start + words] for start in range(0, len(sentence), words)]


@dataclass(frozen=True, slots=True)
class Profile:
    """One partner as the ranker reads it: what they say of themselves, and their funds. Never their name."""

    about: str
    funds: tuple[str, ...]

    @property
    def whole(self) -> str:
        """The whole profile in one text, for the whole-profile vector and the lexical index."""
        return "\n".join(text for text in (self.about, *self.funds) if text)


def piece_texts(profiles: Sequence[Profile]) -> list[str]:
    """The texts to embed for `build_corpus`, fund by fund, partner by partner."""
    return [piece for profile in profiles for fund in profile.funds for piece in pieces(fund)]


@dataclass(frozen=True, slots=True)
class Corpus:
    """One region's partners: P partners with F funds in N pieces, in the order they were given.

    Attributes
    ----------
    piece_vectors
        [N, d] float32, length 1; zero for a piece without text.
    piece_fund, fund_partner
        [N] and [F], ascending: the fund of a piece, the partner of a fund.
    whole_vectors
        [P, d] float32, the whole profiles.
    piece_first, whole_first
        [N] and [P]: the first piece, or profile, with the very same text. Its score is taken for all of them, so that
        copies tie exactly: a product's last bit depends on a row's place in the matrix.
    mean_vector
        [d], mean of `whole_vectors`: what all partners of the region have in common.
    whole_on_mean, centred_length
        [P], products that spare `signals` a second matrix of centred vectors.
    lexical
        Term index over the whole profiles.
    """

    piece_vectors: Floats
    piece_fund: Indices
    fund_partner: Indices
    whole_vectors: Floats
    piece_first: Indices
    whole_first: Indices
    mean_vector: Floats
    whole_on_mean: Floats
    centred_length: Floats
    lexical: LexicalIndex

    @property
    def size(self) -> int:
        """Number of partners P."""
        return len(self.whole_vectors)


def build_corpus(profiles: Sequence[Profile], piece_vectors: Floats, whole_vectors: Floats) -> Corpus:
    """Build a region's matrices.

    Parameters
    ----------
    profiles
        The P partners. Their order is the order of every array that follows, and of ties.
    piece_vectors
        [N, d], the embeddings of `piece_texts(profiles)`, in that order.
    whole_vectors
        [P, d], the embeddings of each `profile.whole`.

    Raises
    ------
    ValueError
        When the number of vectors does not match the texts, or a vector holds NaN or infinity.
    """
    funds = [fund for profile in profiles for fund in profile.funds]
    counts = np.array([len(pieces(fund)) for fund in funds], dtype=np.int64)
    _check_vectors("piece", piece_vectors, int(counts.sum()))
    _check_vectors("whole", whole_vectors, len(profiles))
    whole = np.ascontiguousarray(whole_vectors, dtype=np.float32)
    texts = [profile.whole for profile in profiles]
    whole_first = _first_same(texts)
    mean = whole.mean(axis=0) if len(whole) else np.zeros(whole.shape[1], dtype=np.float32)
    return Corpus(
        piece_vectors=np.ascontiguousarray(piece_vectors, dtype=np.float32),
        piece_fund=np.repeat(np.arange(len(funds)), counts),
        fund_partner=np.repeat(np.arange(len(profiles)), [len(profile.funds) for profile in profiles]),
        whole_vectors=whole,
        piece_first=_first_same(piece_texts(profiles)),
        whole_first=whole_first,
        mean_vector=mean,
        whole_on_mean=(whole @ mean)[whole_first],
        centred_length=np.linalg.norm(whole - mean, axis=1)[whole_first],
        lexical=build_lexical_index(texts),
    )


def _first_same(texts: Sequence[str]) -> Indices:
    first: dict[str, int] = {}
    return np.array([first.setdefault(text, place) for place, text in enumerate(texts)], dtype=np.int64)


def _check_vectors(name: str, vectors: Floats, expected: int) -> None:
    if vectors.ndim != 2 or len(vectors) != expected:
        raise ValueError(f"expected {expected} {name} vectors, got an array of shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError(f"a {name} vector holds NaN or infinity")


@dataclass(frozen=True, slots=True)
class Signals:
    """How close one request is to each of the P partners, every signal kept apart. Higher is closer.

    Attributes
    ----------
    best_fund
        [P] cosine of the partner's closest fund; a fund is as close as its closest piece.
    top_funds
        [P] mean of the three closest funds (of all, where there are fewer).
    whole, centred_whole
        [P] cosine of the whole profile, plain and after the region's mean vector is taken off both sides.
    lexical
        [P] TF-IDF cosine of the whole profile.
    which_fund
        [P] index into the region's funds of the closest fund; -1 for a partner without funds.
    fund_scores
        [F] cosine of every fund.
    """

    best_fund: Floats
    top_funds: Floats
    whole: Floats
    centred_whole: Floats
    lexical: Floats
    which_fund: Indices
    fund_scores: Floats

    def named(self) -> dict[str, Floats]:
        """The signals that relevance combines, by name."""
        return {name: getattr(self, name) for name in SIGNAL_NAMES}


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
    A partner without funds is compared by the whole profile in place of a fund. A request or profile without
    text gives 0 everywhere, never NaN.
    """
    query = np.asarray(query_vector, dtype=np.float32)
    whole = (corpus.whole_vectors @ query)[corpus.whole_first]
    fund_scores = _best_per_group((corpus.piece_vectors @ query)[corpus.piece_first], corpus.piece_fund)
    best, top, which = _partner_funds(fund_scores, corpus.fund_partner, whole)
    return Signals(
        best_fund=best,
        top_funds=top,
        whole=whole,
        centred_whole=_centred_cosine(corpus, query, whole),
        lexical=corpus.lexical.scores(query_text),
        which_fund=which,
        fund_scores=fund_scores,
    )


def _centred_cosine(corpus: Corpus, query: Floats, whole: Floats) -> Floats:
    """Cosine of (profile - mean) with (query - mean), expanded so that no centred matrix is stored."""
    if not query.any():
        return np.zeros_like(whole)
    mean = corpus.mean_vector
    product = whole - corpus.whole_on_mean - query @ mean + mean @ mean
    length = corpus.centred_length * np.linalg.norm(query - mean)
    return np.divide(product, length, out=np.zeros_like(whole), where=length > _NO_LENGTH)


def _best_per_group(scores: Floats, group: Indices) -> Floats:
    """Maximum of each group of a sorted labelling in which every group from 0 on occurs."""
    if not len(scores):
        return scores
    return np.maximum.reduceat(scores, np.flatnonzero(np.diff(group, prepend=-1)))


def _partner_funds(fund_scores: Floats, owner: Indices, fallback: Floats) -> tuple[Floats, Floats, Indices]:
    """Per partner: the best fund's score, the mean of the best three, and which fund is best.

    The best is taken out twice to find the next; each round costs one pass over the funds, whatever their
    spread.
    """
    which = np.full(len(fallback), -1, dtype=np.int64)
    if not len(fund_scores):
        return fallback, fallback, which
    left = fund_scores.copy()
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    holders = owner[starts]
    total = np.zeros(len(fallback), dtype=np.float32)
    count = np.zeros(len(fallback), dtype=np.float32)
    best = fallback.copy()
    for place in range(TOP_FUNDS):
        highest = np.full(len(fallback), -np.inf, dtype=np.float32)
        highest[holders] = np.maximum.reduceat(left, starts)
        found = np.isfinite(highest)
        if place == 0:
            best[found] = highest[found]
        total[found] += highest[found]
        count[found] += 1
        taken = _first_at(left, owner, highest)
        if place == 0:
            which = taken
        left[taken[taken >= 0]] = -np.inf
    top = np.divide(total, count, out=fallback.copy(), where=count > 0)
    return best, top, which


def _first_at(scores: Floats, owner: Indices, highest: Floats) -> Indices:
    """The first fund of each partner that reaches the partner's highest score; -1 where there is none."""
    first = np.full(len(highest), -1, dtype=np.int64)
    hits = np.flatnonzero((scores == highest[owner]) & np.isfinite(scores))
    # Of several writes to one place the last stays, so going backwards keeps the first fund of a tie.
    first[owner[hits][::-1]] = hits[::-1]
    return first
