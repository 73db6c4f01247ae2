"""The exact peer that solves a flow: OR-tools' min-cost flow, a cost-scaling push-relabel method.

Its costs are whole numbers: relevance is counted in millionths.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.measures import place_weights
from matchmaker.bench.planning.rules import Chosen
from matchmaker.bench.planning.transport import from_pairs

Whole = NDArray[np.int64]

_UNIT = 1_000_000


def ortools_flow(instance: Instance) -> Chosen:
    """Largest total relevance, as `transport.highs`: requests send K units through their candidates or to nobody.

    Raises RuntimeError when the solver ends without an optimum.
    """
    from ortools.graph.python import min_cost_flow

    requests, offered = len(instance.candidates), len(instance.capacity)
    row, column = np.nonzero(instance.candidates >= 0)
    partner, worth = instance.candidates[row, column], instance.relevance[row, column]
    sink = requests + offered
    network = min_cost_flow.SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        row.astype(np.int32), requests + partner, np.ones(len(row), np.int64), -_whole(worth)
    )
    nobody = np.full(requests, instance.slots), np.zeros(requests, np.int64)
    everybody = np.arange(requests, dtype=np.int32)
    network.add_arcs_with_capacity_and_unit_cost(everybody, np.full(requests, sink, np.int32), *nobody)
    _offer(network, requests, instance)
    network.set_nodes_supplies(np.append(everybody, sink), _supplies(requests, instance.slots))
    _solve(network)
    taken = network.flows(arcs) > 0
    return from_pairs(instance, row[taken], column[taken])


def ortools_slots(instance: Instance) -> Chosen:
    """Largest relevance weighted by place, as `transport.highs_slots`: each slot sends one unit.

    It passes the pair of its request and a candidate, which lets one unit through, so that nobody is held twice.
    """
    from ortools.graph.python import min_cost_flow

    slots, offered = instance.slots, len(instance.capacity)
    row, column = np.nonzero(instance.candidates >= 0)
    seats = len(instance.candidates) * slots
    sink, pairs = seats + offered, (seats + offered + 1 + np.arange(len(row))).astype(np.int32)
    network = min_cost_flow.SimpleMinCostFlow()
    weights = place_weights(slots)
    once = np.ones(len(row), np.int64)
    for slot in range(slots):
        cost = -_whole(instance.relevance[row, column] * weights[slot])
        network.add_arcs_with_capacity_and_unit_cost((row * slots + slot).astype(np.int32), pairs, once, cost)
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        pairs, seats + instance.candidates[row, column], once, np.zeros(len(row), np.int64)
    )
    seat = np.arange(seats, dtype=np.int32)
    free = np.ones(seats, np.int64), np.zeros(seats, np.int64)
    network.add_arcs_with_capacity_and_unit_cost(seat, np.full(seats, sink, np.int32), *free)
    _offer(network, seats, instance)
    network.set_nodes_supplies(np.append(seat, np.int32(sink)), _supplies(seats, 1))
    _solve(network)
    taken = network.flows(arcs) > 0
    return from_pairs(instance, row[taken], column[taken])


def _whole(worth: NDArray[np.float32]) -> Whole:
    return np.rint(worth.astype(np.float64) * _UNIT).astype(np.int64)


def _offer(network: Any, first: int, instance: Instance) -> None:
    """Let each partner pass its capacity on to the sink, the node after the last of them."""
    offered = len(instance.capacity)
    tails = np.arange(first, first + offered, dtype=np.int32)
    heads = np.full(offered, first + offered, np.int32)
    network.add_arcs_with_capacity_and_unit_cost(tails, heads, instance.capacity, np.zeros(offered, np.int64))


def _supplies(senders: int, each: int) -> Whole:
    return np.append(np.full(senders, each, np.int64), np.int64(-senders * each))


def _solve(network: Any) -> None:
    ended = network.solve()
    if ended != network.OPTIMAL:
        raise RuntimeError(f"OR-tools ended without an optimum: {ended}")
