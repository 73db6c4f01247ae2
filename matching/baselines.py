"""What anybody could put together in an afternoon: the systems that production is measured against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

Floats = NDArray[np.float32]

_K1, _B = 1.2, 0.75
_FUSION = 60


def tfidf_scores(requests: Sequence[str], partners: Sequence[str]) -> Floats:
    """[R, P] cosine of sublinear TF-IDF, English stop words out, fitted on partners alone."""
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    try:
        index = vectorizer.fit_transform(partners)
    except ValueError:  # not one word among all partners
        return np.zeros((len(requests), len(partners)), dtype=np.float32)
    return np.asarray((vectorizer.transform(requests) @ index.T).toarray(), dtype=np.float32)


def bm25_scores(requests: Sequence[str], partners: Sequence[str]) -> Floats:
    """[R, P] BM25 with k1 1.2 and b .75, each word of a request once, English stop words out.

    References
    ----------
    Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond" (2009).
    """
    vectorizer = CountVectorizer(stop_words="english")
    try:
        counts = vectorizer.fit_transform(partners).tocoo()
    except ValueError:  # not one word among all partners
        return np.zeros((len(requests), len(partners)), dtype=np.float32)
    held = np.bincount(counts.col, minlength=counts.shape[1])
    rarity = np.log(1.0 + (len(partners) - held + 0.5) / (held + 0.5))
    length = np.bincount(counts.row, weights=counts.data, minlength=len(partners))
    damping = _K1 * (1.0 - _B + _B * length / length.mean())
    counts.data = counts.data * (_K1 + 1.0) / (counts.data + damping[counts.row]) * rarity[counts.col]
    asked = vectorizer.transform(requests) > 0
    return np.asarray((asked @ counts.T.tocsc()).toarray(), dtype=np.float32)


def fused(*scores: NDArray[np.floating]) -> Floats:
    """[R, P] reciprocal rank fusion of several systems, equal scores sharing their mean rank.

    References
    ----------
    Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet" (2009), with their constant 60.
    """
    ranks = (rankdata(-np.asarray(system, dtype=np.float64), axis=1) for system in scores)
    return np.asarray(sum(1.0 / (_FUSION + rank) for rank in ranks), dtype=np.float32)
