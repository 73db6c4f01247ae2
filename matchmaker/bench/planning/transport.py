"""The exact peers that solve a linear programme: HiGHS, through scipy.

Both programmes are networks, so that the vertex which the simplex method ends at is a plan in whole partners.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.measures import place_weights
from matchmaker.bench.planning.rules import Chosen
from matchmaker.bench.planning.turns import Columns, partners

Rows = NDArray[np.integer[Any]]


def highs(instance: Instance) -> Chosen:
    """Largest total relevance: at most K partners a request, each partner within its capacity.

    Raises RuntimeError when the solver ends without an optimum.
    """
    row, column = np.nonzero(instance.candidates >= 0)
    partner = instance.candidates[row, column]
    room = np.concatenate([np.full(len(instance.candidates), instance.slots), instance.capacity])
    rows = vstack([_ones(row, len(instance.candidates)), _ones(partner, len(instance.capacity))], format="csr")
    relevance = instance.relevance[row, column].astype(np.float64)
    return _listed(instance, row, column, _optimum(linprog(-relevance, rows, room, bounds=(0, 1), method="highs")))


def highs_slots(instance: Instance) -> Chosen:
    """Largest relevance weighted by place, the problem of the slot auction: one variable a candidate and slot."""
    variables = _SlotVariables(instance)
    found = linprog(-variables.worth, variables.rows, variables.room, bounds=(0, 1), method="highs")
    return _listed(instance, variables.row, variables.column, _optimum(found))


def milp_slots(instance: Instance) -> Chosen:
    """The same by branch and bound, in whole partners by demand: for small instances, and to check the others."""
    variables = _SlotVariables(instance)
    within = LinearConstraint(variables.rows, ub=variables.room)
    found = milp(-variables.worth, integrality=np.ones(len(variables.worth)), bounds=Bounds(0, 1), constraints=within)
    return _listed(instance, variables.row, variables.column, _optimum(found))


class _SlotVariables:
    """A variable a candidate and slot: no slot takes two, no request the same partner twice, no partner too many."""

    def __init__(self, instance: Instance) -> None:
        requests, slots = len(instance.candidates), instance.slots
        row, column = np.nonzero(instance.candidates >= 0)
        pair, slot = np.repeat(np.arange(len(row)), slots), np.tile(np.arange(slots), len(row))
        self.row, self.column = row[pair], column[pair]
        self.worth = instance.relevance[self.row, self.column] * place_weights(slots)[slot]
        partner = instance.candidates[self.row, self.column]
        seat = self.row * slots + slot
        parts = (_ones(seat, requests * slots), _ones(pair, len(row)), _ones(partner, len(instance.capacity)))
        self.rows = vstack(parts, format="csr")
        self.room = np.concatenate([np.ones(requests * slots + len(row)), instance.capacity])


def _ones(owner: Rows, owners: int) -> Any:
    """[owners, variables] which variables belong to whom."""
    return csr_array((np.ones(len(owner)), (owner, np.arange(len(owner)))), shape=(owners, len(owner)))


def _optimum(found: Any) -> NDArray[np.bool_]:
    if found.status != 0:
        raise RuntimeError(f"HiGHS ended without an optimum: {found.message}")
    return np.asarray(found.x > 0.5)


def _listed(instance: Instance, row: Rows, column: Rows, taken: NDArray[np.bool_]) -> Chosen:
    """Plans from the pairs that are taken; the rows come in ascending order."""
    return from_pairs(instance, row[taken], column[taken])


def from_pairs(instance: Instance, row: Rows, column: Rows) -> Chosen:
    """[R, K] plan in which the request of each row holds the candidate of each column. Rows must ascend."""
    first = np.searchsorted(row, np.arange(len(instance.candidates)))
    columns: Columns = np.full((len(instance.candidates), instance.slots), -1, np.int32)
    columns[row, np.arange(len(row)) - first[row]] = column
    return partners(instance.candidates, columns)
