"""Peers by rule of thumb: first come first served, and round-robin, both under capacity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.turns import Columns, first_come, in_turn, partners

Chosen = NDArray[np.int32]


def greedy(instance: Instance) -> Chosen:
    """First come first served: each request in order of arrival takes its best partners with room."""
    taken = first_come(instance.candidates, instance.capacity, instance.arrival, instance.slots)
    return partners(instance.candidates, taken)


def round_robin(instance: Instance) -> Chosen:
    """Each request in order of arrival takes its best partner with room, then each its second, and so on."""
    return repaired(instance, np.empty((len(instance.candidates), 0), np.int32))


def repaired(instance: Instance, wanted: Columns) -> Chosen:
    """Lists that know no capacity made to fit: in turn, each request takes the next partner with room.

    First from its list ([R, L] columns of its candidates), then from its other candidates; best first in the end.
    """
    slots = instance.slots
    taken = in_turn(instance.candidates, instance.capacity, instance.arrival, slots, slots, wanted)
    return partners(instance.candidates, taken)
