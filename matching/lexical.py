"""Which partners use the words of a request: sublinear TF-IDF over words and word pairs, by cosine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.words import terms


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Term weights of one region's partners, stored by term.

    Storage by term (compressed columns) means that a request touches only the postings of its own words, so
    the cost of a query follows how common its words are and not how much the region has written.
    """

    vectorizer: TfidfVectorizer | None
    postings: csc_matrix
    """[P, terms] float32, rows of length 1 (or 0 where a partner has no words)."""

    def scores(self, text: str) -> NDArray[np.float32]:
        """Cosine in [0, 1] of a text with each of the P partners; all 0 where they share no word."""
        if self.vectorizer is None:
            return np.zeros(self.postings.shape[0], dtype=np.float32)
        query = self.vectorizer.transform([text])
        found = self.postings[:, query.indices] @ query.data
        return np.asarray(found, dtype=np.float32)

    def rarity(self, key: str) -> float:
        """How telling a term key is in this region (inverse document frequency, at least 1; 0 if unknown)."""
        if self.vectorizer is None:
            return 0.0
        column = self.vectorizer.vocabulary_.get(key)
        return 0.0 if column is None else float(self.vectorizer.idf_[column])


def build_lexical_index(texts: Sequence[str]) -> LexicalIndex:
    """Fit an index on the partners' whole texts, and on nothing else: requests never shape the weights.

    Parameters
    ----------
    texts
        One text a partner, in the region's order. Texts without a single word are fine.

    References
    ----------
    Salton and Buckley, "Term-weighting approaches in automatic text retrieval" (1988).
    """
    vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True, dtype=np.float32)
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:
        # scikit-learn refuses an empty vocabulary; a region nobody has described yet is no error here.
        return LexicalIndex(None, csc_matrix((len(texts), 0), dtype=np.float32))
    return LexicalIndex(vectorizer, csc_matrix(weights))
