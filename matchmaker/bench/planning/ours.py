"""Our own, run as the peers are: the planner with its default policy, and the auction alone.

The compiled part is imported when it runs: a peer's process should not carry it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.equity import DEFAULT_DIAL, Policy
from matching.plans import Instance as Asked
from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.measures import place_weights
from matchmaker.bench.planning.rules import Chosen
from matchmaker.bench.planning.turns import partners

EPSILON = 0.002
"""Increment of the bids of the auction alone."""


@dataclass(frozen=True)
class Priced:
    """A plan with prices [P] for the relevance weighted by place, weights summing to 1."""

    chosen: Chosen
    price: NDArray[np.float64]


def planned(instance: Instance) -> Chosen:
    """The plan of the default policy."""
    return _planned(instance, DEFAULT_DIAL)


def planned_for_closeness(instance: Instance) -> Chosen:
    """The plan with the policy's dial at 0: closeness alone."""
    return _planned(instance, 0.0)


def _planned(instance: Instance, dial: float) -> Chosen:
    from matching.planner import plan

    return plan(asked(instance), Policy.at(dial)).chosen


def asked(instance: Instance) -> Asked:
    """The instance as the planner takes it: it need not know who came first."""
    return Asked(**{name: value for name, value in vars(instance).items() if name != "arrival"})


def auctioned(instance: Instance) -> Priced:
    """One auction for the largest relevance weighted by place, the problem that the exact peers by slot solve."""
    from matching.auction import Market, auction

    requests, offered = len(instance.candidates), len(instance.capacity)
    free = np.full(requests, -1, np.int64)
    market = Market(instance.candidates, instance.relevance, instance.capacity, instance.slots, free)
    found = auction(market, np.ones(requests), np.zeros(offered), EPSILON)
    # The auction's first place weighs 1, and its prices are in these units.
    return Priced(
        partners(instance.candidates, found.columns.astype(np.int32)), found.price * place_weights(instance.slots)[0]
    )
