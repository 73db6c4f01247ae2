"""Small regions for tests of the pure code, with vectors that follow from the words."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from matching.features import Corpus, Signals, read_corpus, signals
from matching.reading import Profile
from matching.score import Relevance, relevance

Floats = NDArray[np.float32]
DIMENSION = 24

WORDS = ("radio", "circuit", "bread", "yeast", "arroyo", "flood", "mural", "gear", "nurse", "quilt", "comet")


@cache
def _direction(word: str) -> Floats:
    seed = zlib.crc32(word.encode("utf-8", "replace"))
    return np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)


def encode(texts: Sequence[str]) -> Floats:
    """Vectors of length 1 from the words of a text: texts with common words are near, an empty one is zero."""
    vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().split():
            vectors[row] += _direction(word.strip(".,"))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0), dtype=np.float32)


def corpus_of(profiles: Sequence[Profile]) -> Corpus:
    return read_corpus(profiles, encode)


def compare(profiles: Sequence[Profile], request: str) -> Signals:
    return signals(corpus_of(profiles), encode([request])[0], request)


def scored(profiles: Sequence[Profile], request: str, *given: Any) -> Relevance:
    """Production's relevance; what is `given` further goes to `relevance`."""
    corpus = corpus_of(profiles)
    return relevance(corpus, signals(corpus, encode([request])[0], request), *given)


sentences = st.lists(st.sampled_from(WORDS), min_size=0, max_size=6).map(" ".join)
profiles = st.builds(Profile, about=sentences, funds=st.lists(sentences, min_size=0, max_size=5).map(tuple))
regions = st.lists(profiles, min_size=1, max_size=8)
