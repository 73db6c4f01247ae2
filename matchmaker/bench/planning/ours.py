"""The planner itself, as its peers are run: the default policy, and the one without any equity."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.rules import Chosen


@dataclass(frozen=True)
class Priced:
    """A plan with the prices that prove what it is worth, [P]."""

    chosen: Chosen
    price: NDArray[np.float64]


def planned(instance: Instance) -> Priced:
    """The plan of the default policy."""
    planner = importlib.import_module("matching.planner")
    return _priced(planner.plan(_theirs(instance)))


def utilitarian(instance: Instance) -> Priced:
    """The plan for the largest relevance weighted by place, nothing else."""
    planner = importlib.import_module("matching.planner")
    return _priced(planner.plan(_theirs(instance), planner.Policy.none()))


def _theirs(instance: Instance) -> Any:
    planner = importlib.import_module("matching.planner")
    return planner.Instance(**vars(instance))


def _priced(found: Any) -> Priced:
    return Priced(found.chosen, found.price)
