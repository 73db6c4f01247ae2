"""Invented instances: topics, sought-after partners, rural schools with short lists, all drawn from one seed.

A partner has a topic and a standing, a request a topic; relevance is the chance that grows with a shared topic and
with the standing that all requests see alike, so that everybody wants the same few. A quarter of the schools have high
need. By `NeedBy.SCARCITY` those are the schools with short lists; by `NeedBy.CHANCE` need falls on schools at random
while the same lists stay short. Capacities are lognormal. Built in blocks of requests, so that twenty million
candidates take little more memory than the instance itself.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaker.bench.planning.instances import Instance, scaled

SLOTS = 10
PARTNERS = 0.75
"""Partners a request."""
REQUESTS_A_SCHOOL = 15
HIGH_NEED, NEED = 0.25, 1.46
RURAL = 0.25
"""A request of a rural school keeps this share of the list that it would have had."""
GROUPS = 40
TOPICS = 60
ROOM = 1.25
"""Capacity in all, over slots wanted."""
TOPIC, STANDING, NOISE = 1.6, 1.6, 0.7
"""What a shared topic, one deviation of standing and one of chance add to the log-odds of relevance."""
_BLOCK = 2048


class NeedBy(StrEnum):
    """Which schools have high need."""

    SCARCITY = "scarcity"
    CHANCE = "chance"


def synthetic(requests: int, shortest: int, longest: int, seed: int, need_by: NeedBy = NeedBy.SCARCITY) -> Instance:
    """An instance with lists of shortest to longest candidates each, before rural ones are cut."""
    rng = np.random.default_rng(seed)
    offered = max(longest, round(PARTNERS * requests))
    schools = max(1, requests // REQUESTS_A_SCHOOL)
    school = rng.permutation(np.arange(requests) % schools)
    rural = rng.permutation(np.arange(schools) < round(HIGH_NEED * schools))
    high = rural if need_by is NeedBy.SCARCITY else rng.permutation(rural)
    length = rng.integers(shortest, longest, requests, endpoint=True)
    length = np.where(rural[school], np.maximum(SLOTS, length * RURAL), length).astype(np.int64)
    candidates, relevance = _lists(rng, length, offered)
    instance = Instance(
        candidates=candidates,
        relevance=relevance,
        capacity=1 + np.floor(rng.lognormal(0.0, 0.6, offered) * 100).astype(np.int64),
        school=school.astype(np.int64),
        need=np.where(high, NEED, 1.0),
        group=np.minimum(rng.zipf(1.6, offered) - 1, GROUPS - 1).astype(np.int64),
        slots=SLOTS,
        arrival=rng.permutation(requests).astype(np.int64),
    )
    return scaled(instance, ROOM)


def _lists(
    rng: np.random.Generator, length: NDArray[np.int64], offered: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """[R, C] candidates and their relevance, each row sorted by relevance, -1 and 0 padded."""
    width = int(length.max())
    candidates = np.full((len(length), width), -1, np.int32)
    relevance = np.zeros((len(length), width), np.float32)
    topic, standing = np.sort(rng.integers(0, TOPICS, offered)), rng.normal(size=offered)
    starts = np.searchsorted(topic, np.arange(TOPICS + 1))
    for first in range(0, len(length), _BLOCK):
        rows = slice(first, first + _BLOCK)
        wanted = rng.integers(0, TOPICS, len(length[rows]))
        drawn = _drawn(rng, wanted, starts, offered, width)
        likes = TOPIC * (topic[drawn.clip(0)] == wanted[:, None]) + STANDING * standing[drawn.clip(0)]
        chance = 1.0 / (1.0 + np.exp(1.2 - likes - NOISE * rng.normal(size=drawn.shape)))
        chance[(drawn < 0) | (_nth(drawn >= 0) > length[rows, None])] = -1.0
        order = np.argsort(-chance, axis=1, kind="stable")[:, :width]
        best = np.take_along_axis(chance, order, axis=1)
        candidates[rows] = np.where(best >= 0, np.take_along_axis(drawn, order, axis=1), -1)
        relevance[rows] = np.maximum(best, 0.0)
    return candidates, relevance


def _drawn(
    rng: np.random.Generator, wanted: NDArray[np.int64], starts: NDArray[np.int64], offered: int, width: int
) -> NDArray[np.int32]:
    """[B, 2 width] partners, half of them of the topic wanted, in random order; -1 for one drawn twice."""
    low, high = starts[wanted], np.maximum(starts[wanted + 1], starts[wanted] + 1)
    shape = (len(wanted), width)
    own = rng.integers(low[:, None], high[:, None], shape).clip(0, offered - 1)
    drawn = np.sort(np.concatenate([own, rng.integers(0, offered, shape)], axis=1).astype(np.int32), axis=1)
    drawn[:, 1:][drawn[:, 1:] == drawn[:, :-1]] = -1
    return rng.permuted(drawn, axis=1)


def _nth(flags: NDArray[Any]) -> NDArray[np.int64]:
    """[B, n] how many flags are up to and including each."""
    return np.cumsum(flags, axis=1)
