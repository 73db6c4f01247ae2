"""Rank a judged set with the production relevance and plain baselines, on texts and vectors alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.baselines import bm25_scores, fused, tfidf_scores
from matching.features import read_corpus, signals
from matching.metrics import Estimate, Judgements, estimate, hit, ndcg, paired_difference, reciprocal_rank
from matching.reading import Profile, whole_text
from matching.score import Formula, Weights, evidence

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]

TFIDF, BM25, EMBEDDING, FUSION, PRODUCTION = SYSTEMS = ("tf-idf", "bm25", "embedding", "fusion", "production")
MEASURES = ("ndcg@10", "hit@10", "mrr")


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Requests, partners and which of them belong together. All partners are candidates of every request."""

    request_ids: tuple[str, ...]
    request_texts: tuple[str, ...]
    partner_ids: tuple[str, ...]
    profiles: tuple[Profile, ...]
    judgements: Mapping[str, Judgements]


@dataclass(frozen=True, slots=True)
class Run:
    """One system's ranking of every request: both [R, P], `scores` in the partners' order."""

    scores: NDArray[np.float64]
    order: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Figures:
    """One system's measures over the judged requests, and production's lead over it on nDCG@10.

    `clustered` is nDCG@10 with the standard error clustered by the set of relevant partners: requests that
    share theirs are no independent trials. `lead` is production minus this system, paired and clustered the
    same way.
    """

    measures: Mapping[str, Estimate]
    clustered: Estimate
    lead: Estimate


def rank_all(judged: JudgedSet, encode: Encode, weights: Weights | None = None) -> dict[str, Run]:
    """Rank every request of a set with each baseline and with production's rho, in the order of `SYSTEMS`.

    Parameters
    ----------
    judged
        The set; its judgements are not read here.
    encode
        Texts to vectors [n, d] of length 1.
    weights
        Of the production relevance; the default is the same for every set.
    """
    weights = weights or Weights()
    found = evidence_of(judged, encode, weights)
    return {**baselines(judged, encode), PRODUCTION: ranked(found, weights.formula)}


def baselines(judged: JudgedSet, encode: Encode) -> dict[str, Run]:
    """Every system but production."""
    texts = [whole_text(profile) for profile in judged.profiles]
    words, bm25 = tfidf_scores(judged.request_texts, texts), bm25_scores(judged.request_texts, texts)
    meaning = np.round(encode(judged.request_texts) @ encode(texts).T, 6)
    return {
        TFIDF: _run(words),
        BM25: _run(bm25),
        EMBEDDING: _run(meaning),
        FUSION: _run(fused(words, bm25, meaning)),
    }


def evidence_of(judged: JudgedSet, encode: Encode, weights: Weights) -> list[dict[str, NDArray[np.float64]]]:
    """For each request the evidence [P] of every feature, before any weight."""
    corpus = read_corpus(judged.profiles, encode)
    vectors = encode(judged.request_texts)
    return [
        evidence(corpus, signals(corpus, vector, text), None, weights)
        for vector, text in zip(vectors, judged.request_texts, strict=True)
    ]


def ranked(found: Sequence[Mapping[str, NDArray[np.float64]]], formula: Formula) -> Run:
    """What a formula makes of every request's evidence."""
    return _run(np.array([formula.rho(formula.combined(formula.contributions(each))) for each in found]))


def _run(scores: NDArray[Any]) -> Run:
    exact = np.asarray(scores, dtype=np.float64)
    return Run(exact, np.argsort(-exact, axis=1, kind="stable"))


def figures(judged: JudgedSet, runs: Mapping[str, Run]) -> dict[str, Figures]:
    """Measure each run on the requests that have a relevant partner; others tell no system from another."""
    rows = [row for row, request in enumerate(judged.request_ids) if relevant(judged.judgements.get(request, {}))]
    clusters = [relevant(judged.judgements[judged.request_ids[row]]) for row in rows]
    values = {name: _values(judged, run, rows) for name, run in runs.items()}
    best = values[PRODUCTION][MEASURES[0]]
    return {
        name: Figures(
            measures={measure: estimate(found[measure]) for measure in MEASURES},
            clustered=estimate(found[MEASURES[0]], clusters),
            lead=paired_difference(best, found[MEASURES[0]], clusters),
        )
        for name, found in values.items()
    }


def relevant(judgements: Judgements) -> frozenset[str]:
    """The partners judged relevant: requests that share theirs are no independent trials."""
    return frozenset(partner for partner, relevance in judgements.items() if relevance > 0)


def _values(judged: JudgedSet, run: Run, rows: Sequence[int]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {measure: [] for measure in MEASURES}
    for row in rows:
        ranked = [judged.partner_ids[partner] for partner in run.order[row]]
        judgements = judged.judgements[judged.request_ids[row]]
        for measure, function in zip(MEASURES, (ndcg, hit, reciprocal_rank), strict=True):
            found[measure].append(function(ranked, judgements))
    return found
