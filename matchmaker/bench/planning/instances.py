"""What is planned: instances read from files, invented ones, and the same ones with less or more room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Instance:
    """Who may be asked for what, how much room there is, and who came first: R requests, P partners, S schools.

    As a file of ``scripts/plan`` holds it; arrival is [R] request numbers in the order in which they came.
    """

    candidates: NDArray[np.int32]
    relevance: NDArray[np.float32]
    capacity: NDArray[np.int64]
    school: NDArray[np.int64]
    need: NDArray[np.float64]
    group: NDArray[np.int64]
    slots: int
    arrival: NDArray[np.int64]


def read(path: Path) -> Instance:
    """An instance from a file in the format of ``scripts/plan``."""
    with np.load(path, allow_pickle=False) as held:
        found = {name: held[name] for name in held.files}
    arrival = found.get("arrival", np.arange(len(found["candidates"])))
    return Instance(
        np.ascontiguousarray(found["candidates"], np.int32),
        np.ascontiguousarray(found["relevance"], np.float32),
        found["capacity"].astype(np.int64),
        found["school"].astype(np.int64),
        found["need"].astype(np.float64),
        found["group"].astype(np.int64),
        int(found["slots"]),
        arrival=arrival.astype(np.int64),
    )


def scaled(instance: Instance, share: float) -> Instance:
    """The same with capacities of exactly that share of the wanted slots in all, rounded by largest remainder."""
    wanted = round(share * len(instance.candidates) * instance.slots)
    exact = instance.capacity * (wanted / instance.capacity.sum())
    capacity = np.floor(exact).astype(np.int64)
    largest = np.argsort(capacity - exact, kind="stable")
    capacity[largest[: wanted - capacity.sum()]] += 1
    return replace(instance, capacity=capacity)


def written(instance: Instance, path: Path) -> None:
    """Write an instance to a file in the format of ``scripts/plan``."""
    np.savez(path, **vars(instance))
