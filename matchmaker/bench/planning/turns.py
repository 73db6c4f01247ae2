"""The loops that the rule-of-thumb peers share, compiled: who takes which candidate when.

A list is held as columns of the instance's candidates, so that ascending order is best first. All arrays are as in
`matchmaker.bench.planning.instances.Instance`; -1 is nobody.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Columns = NDArray[np.int32]


@njit(cache=True)
def first_come(candidates: Any, capacity: Any, order: Any, slots: int) -> Any:
    """[R, slots] columns when each request in order takes all it can get before the next one is asked."""
    left = capacity.copy()
    taken = np.full((len(candidates), slots), -1, np.int32)
    for r in order:
        count = 0
        for column in range(candidates.shape[1]):
            partner = candidates[r, column]
            if partner < 0 or count == slots:
                break
            if left[partner] > 0:
                left[partner] -= 1
                taken[r, count] = column
                count += 1
    return taken


@njit(cache=True)
def in_turn(candidates: Any, capacity: Any, order: Any, slots: int, rounds: int, wanted: Any) -> Any:
    """[R, slots] columns when each request in order takes one partner with room, and so on for so many rounds.

    It looks through its own list first ([R, L] columns, -1 padded, L may be 0), then through all its candidates from
    the best on.
    """
    requests, width = candidates.shape
    listed = wanted.shape[1]
    left = capacity.copy()
    taken = np.full((requests, slots), -1, np.int32)
    count = np.zeros(requests, np.int64)
    looked = np.zeros(requests, np.int64)
    for _ in range(min(rounds, slots)):
        for r in order:
            while looked[r] < listed + width:
                at = looked[r]
                looked[r] += 1
                column = wanted[r, at] if at < listed else at - listed
                if column < 0 or candidates[r, column] < 0 or left[candidates[r, column]] <= 0:
                    continue
                if (taken[r, : count[r]] == column).any():
                    continue
                left[candidates[r, column]] -= 1
                taken[r, count[r]] = column
                count[r] += 1
                break
    return taken


@njit(cache=True)
def fill_up(candidates: Any, taken: Any) -> None:
    """Fill free places with the best candidates that a request does not hold yet, whether they have room or not."""
    slots = taken.shape[1]
    for r in range(len(candidates)):
        held = taken[r].copy()
        count = (held >= 0).sum()
        for column in range(candidates.shape[1]):
            if count == slots or candidates[r, column] < 0:
                break
            if not (held == column).any():
                taken[r, count] = column
                count += 1


def partners(candidates: NDArray[np.int32], columns: Columns, *, best_first: bool = True) -> NDArray[np.int32]:
    """[R, K] partner ids of so many columns, the most relevant first unless the order is to stay, -1 padded."""
    last = np.iinfo(np.int32).max
    placed = np.where(columns < 0, last, columns)
    if best_first:
        placed = np.sort(placed, axis=1)
    nobody = placed == last
    found = np.take_along_axis(candidates, np.where(nobody, 0, placed), axis=1)
    return np.where(nobody, -1, found).astype(np.int32)
