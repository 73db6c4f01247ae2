"""Generalised welfare of both sides by Frank-Wolfe.

From the paper: Do, Corbett-Davies, Atif and Usunier, "Two-sided fairness in rankings via Lorenz dominance" (NeurIPS
2021). A policy gives each request a distribution over lists; a request's utility u is the expected relevance, a
partner's e the expected exposure, both weighted by place. Maximised is sum psi(u, -1) + LAMBDA sum psi(e, 0), with
psi(x, -1) = -1/x and psi(x, 0) = log x. Each round moves towards the lists that are best for the present slopes: for
every request the candidates sorted by slope of u times relevance plus slope of e. A list for each request is made
of its largest entries of the policy; that knows no capacity, so it is repaired by turns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.measures import place_weights
from matchmaker.bench.planning.rules import Chosen, repaired
from matchmaker.bench.planning.turns import Columns, partners

ROUNDS = 30
LAMBDA = 1.0
OFFSET = 0.1
"""Added to utilities, so that a request without any has a finite slope; with it the table of capacity_plan is met."""
_LEAST = 1e-12


def do_et_al(instance: Instance) -> Chosen:
    """The paper's lists, which know no capacity, in the policy's order."""
    return partners(instance.candidates, _lists(instance, OFFSET), best_first=False)


def do_et_al_repaired(instance: Instance) -> Chosen:
    """The same, made to fit the capacities by turns."""
    return repaired(instance, _lists(instance, OFFSET))


def do_et_al_repaired_no_offset(instance: Instance) -> Chosen:
    """The same with utilities as the paper has them."""
    return repaired(instance, _lists(instance, 0.0))


def policy(instance: Instance, offset: float = OFFSET, rounds: int = ROUNDS) -> NDArray[np.float32]:
    """[R, C] expected place weight of each candidate: rows sum to 1 where a request has candidates enough."""
    found: NDArray[np.float32] = _frank_wolfe(
        instance.candidates, instance.relevance, len(instance.capacity), place_weights(instance.slots), offset, rounds
    )
    return found


def _lists(instance: Instance, offset: float) -> Columns:
    columns = np.empty((len(instance.candidates), instance.slots), np.int32)
    _largest_of_rows(policy(instance, offset), instance.candidates, columns)
    return columns


@njit(cache=True)
def _frank_wolfe(candidates: Any, relevance: Any, offered: int, weights: Any, offset: float, rounds: int) -> Any:
    requests, width = candidates.shape
    policy = np.zeros((requests, width), np.float32)
    utility, exposure = np.zeros(requests), np.zeros(offered)
    score, top = np.empty(width), np.empty(len(weights), np.int32)
    for round_ in range(rounds + 1):
        # The first lists are by relevance alone and replace nothing: without exposure there are no slopes yet.
        step = min(1.0, 2.0 / (round_ + 1))
        seen = LAMBDA / np.maximum(exposure, _LEAST) if round_ > 0 else np.zeros(offered)
        shown = np.zeros(offered)
        for r in range(requests):
            steep = 1.0 / (utility[r] + offset + _LEAST) ** 2 if round_ > 0 else 1.0
            for column in range(width):
                partner = candidates[r, column]
                score[column] = steep * relevance[r, column] + seen[partner] if partner >= 0 else -1.0
            _largest(score, top)
            gained = _move(policy[r], top, weights, step, candidates[r], relevance[r], shown)
            utility[r] += step * (gained - utility[r])
        exposure += step * (shown - exposure)
    return policy


@njit(cache=True)
def _move(policy: Any, top: Any, weights: Any, step: float, candidates: Any, relevance: Any, shown: Any) -> float:
    """Move a request's policy towards a list, count whom the list shows, and tell what it is worth."""
    policy *= np.float32(1.0 - step)
    gained = 0.0
    for place in range(len(top)):
        if top[place] >= 0:
            policy[top[place]] += np.float32(step * weights[place])
            shown[candidates[top[place]]] += weights[place]
            gained += weights[place] * relevance[top[place]]
    return gained


@njit(cache=True)
def _largest_of_rows(policy: Any, candidates: Any, columns: Any) -> None:
    for r in range(len(policy)):
        _largest(np.where(candidates[r] >= 0, policy[r], np.float32(-1.0)), columns[r])


@njit(cache=True)
def _largest(score: Any, top: Any) -> None:
    """Put the places of the largest scores into top, largest first, the first of equals first; -1 below 0."""
    size = len(top)
    top[:] = -1
    for column in range(len(score)):
        at = size
        while at > 0 and score[column] >= 0.0 and (top[at - 1] < 0 or score[top[at - 1]] < score[column]):
            at -= 1
        if at < size:
            for place in range(size - 1, at, -1):
                top[place] = top[place - 1]
            top[at] = column
