"""Small markets drawn by chance, and every plan there is of the smallest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching.auction import Market
from matching.plans import Instance, Plan
from matching.welfare import Society

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def drawn(seed: int, requests: int = 12, partners: int = 8, slots: int = 3, room: float = 0.8) -> Instance:
    """An instance with lists of any length, partners without room, uneven schools; `room` for the wanted places."""
    chance = np.random.default_rng(seed)
    candidates = np.full((requests, partners), -1, np.int32)
    relevance = np.zeros((requests, partners), np.float32)
    for request in range(requests):
        length = int(chance.integers(0 if request else 1, partners, endpoint=True))
        candidates[request, :length] = chance.permutation(partners)[:length]
        relevance[request, :length] = np.sort(chance.random(length, dtype=np.float32))[::-1]
    schools = max(1, requests // 3)
    return Instance(
        candidates,
        relevance,
        chance.integers(0, max(2, round(2 * room * requests * slots / partners)), partners, endpoint=True),
        chance.integers(0, schools, requests),
        1.0 + 0.5 * chance.random(schools),
        chance.integers(0, 3, partners),
        slots,
    )


def tiny(seed: int) -> Instance:
    """Three requests, three partners, two places: at most a thousand plans."""
    return drawn(seed, requests=3, partners=3, slots=2, room=0.7)


def market(instance: Instance) -> Market:
    """Its market, with nothing fixed."""
    free = np.full(len(instance.candidates), -1, np.int64)
    return Market(instance.candidates, instance.relevance, instance.capacity, instance.slots, free)


def society(instance: Instance) -> Society:
    """Its schools and groups, without a past."""
    nothing = np.zeros(len(instance.need))
    return Society(market(instance), instance.school, instance.need, nothing, nothing, instance.group)


def every_plan(instance: Instance, *, in_order: bool = False) -> Iterator[Indices]:
    """Columns of every feasible plan; each list in any order, or only from the most relevant on."""
    lists = []
    for row in instance.candidates:
        real = range(int((row >= 0).sum()))
        ways = itertools.combinations if in_order else itertools.permutations
        lists.append([held for size in range(instance.slots + 1) for held in ways(real, size)])
    for held in itertools.product(*lists):
        columns = np.full((len(lists), instance.slots), -1, np.int64)
        for request, own in enumerate(held):
            columns[request, : len(own)] = own
        if fits(instance, partners_of(instance, columns)):
            yield columns


def partners_of(instance: Instance, columns: Indices) -> Indices:
    """[R, K] who stands in these columns, -1 for nobody."""
    found = np.take_along_axis(instance.candidates, np.maximum(columns, 0), axis=1)
    return np.where(columns >= 0, found, -1).astype(np.int64)


def columns_of(instance: Instance, chosen: NDArray[np.int32]) -> Indices:
    """[R, K] where in the candidates they stand who are chosen."""
    columns = np.full(chosen.shape, -1, np.int64)
    for request, place in zip(*np.nonzero(chosen >= 0), strict=True):
        columns[request, place] = np.flatnonzero(instance.candidates[request] == chosen[request, place])[0]
    return columns


def fits(instance: Instance, chosen: NDArray[np.signedinteger]) -> bool:
    """Whether nobody is over capacity."""
    load = np.bincount(chosen[chosen >= 0], minlength=len(instance.capacity))
    return bool((load <= instance.capacity).all())


def check_feasible(instance: Instance, chosen: NDArray[np.signedinteger]) -> None:
    """Nobody over capacity, nobody twice, nobody who is no candidate, no hole within a list."""
    assert fits(instance, chosen)
    for row, candidates in zip(chosen, instance.candidates, strict=True):
        held = row[row >= 0]
        assert len(set(held.tolist())) == len(held)
        assert set(held.tolist()) <= set(candidates[candidates >= 0].tolist())
        assert (row[: len(held)] >= 0).all()


def weights(slots: int) -> Floats:
    """[K] of a place beside the first."""
    return 1.0 / np.log2(np.arange(2, slots + 2))


def proven(made: Plan) -> float:
    """What no plan's F exceeds, by a plan's certificate."""
    places = weights(made.chosen.shape[1])
    worth = float((made.gross @ places).sum() / places.sum())
    return made.objective + made.certificate.concave_gap * max(worth, 1e-12)


def renumbered(instance: Instance, seed: int) -> tuple[Instance, Indices, Indices]:
    """The same with requests, partners, schools and groups in another order; new request r was old `back[r]`, and the
    new number of partner p is `partner[p]`."""
    chance = np.random.default_rng(seed)
    back, partner = chance.permutation(len(instance.candidates)), chance.permutation(len(instance.capacity))
    school, group = chance.permutation(len(instance.need)), chance.permutation(int(instance.group.max()) + 1)
    # -1 stays -1: it finds the last entry.
    candidates = np.append(partner, -1)[instance.candidates[back]].astype(np.int32)
    old = np.argsort(partner)
    other = replace(
        instance,
        candidates=candidates,
        relevance=instance.relevance[back],
        capacity=instance.capacity[old],
        school=school[instance.school[back]],
        need=instance.need[np.argsort(school)],
        group=group[instance.group[old]],
    )
    return other, back, partner
