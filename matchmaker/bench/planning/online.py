"""One new request between two plans: ranking its candidates with the prices in force, in microseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from matching import equity

CANDIDATES = 200
CALLS, ROUNDS = 200, 25


def measure() -> dict[str, Any]:
    """Median over rounds of one re-rank, and of sorting the same candidates by relevance alone."""
    rng = np.random.default_rng(0)
    relevance, boost, price = rng.random(CANDIDATES), 0.1 * rng.random(CANDIDATES), 0.3 * rng.random(CANDIDATES)
    ours = partial(equity.rerank, relevance, 1.2, 1.1, boost, price)
    plain = partial(np.argsort, -relevance, kind="stable")
    spent = [(microseconds(ours), microseconds(plain)) for _ in range(ROUNDS)]
    return {
        "candidates": CANDIDATES,
        "rerank_us": round(median(each for each, _ in spent), 1),
        "plain_sort_us": round(median(each for _, each in spent), 1),
        "ratio": round(median(a / b for a, b in spent), 2),
    }


def microseconds(act: Callable[[], object]) -> float:
    """Of one call, over a round of them."""
    started = time.perf_counter()
    for _ in range(CALLS):
        act()
    return (time.perf_counter() - started) / CALLS * 1e6
