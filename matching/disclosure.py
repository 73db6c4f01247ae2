"""What may be told of groups without telling of anybody in them: small groups are withheld, shares have an interval.

Where the figure of the whole is known, withholding one group tells it all the same, by subtraction. So others are
withheld with it until those withheld are together too many to tell apart.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence

import numpy as np

LEAST = 5
"""Members that a group has at least before anything is told of it."""
_Z = 1.959964
"""Two-sided 95 % of the normal distribution."""


def wilson(met: int, asked: int) -> tuple[float, float]:
    """95 % interval of a share of few observations; (0, 1) of none.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
    """
    if not 0 <= met <= asked:
        raise ValueError(f"{met} of {asked} is no share")
    if asked == 0:
        return 0.0, 1.0
    share, square = met / asked, _Z * _Z / asked
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / asked + square / (4 * asked))
    # At 0 and 1 the ends are exact, whatever is rounded on the way.
    return 0.0 if met == 0 else middle - half, 1.0 if met == asked else middle + half


def withheld(groups: Sequence[Collection[Hashable]], least: int = LEAST) -> list[bool]:
    """Which groups of a whole are not to be told of, by their members.

    Every group that is told of has `least` members or more. Those withheld are none, or two groups and `least` members
    together at least, or all there are. Empty groups tell of nobody and are never withheld.
    """
    sizes = [len(set(group)) for group in groups]
    hidden = [0 < size < least for size in sizes]
    # The smallest go first; of equal ones, the last.
    rest = sorted((at for at, size in enumerate(sizes) if size >= least), key=lambda at: (-sizes[at], at))
    while any(hidden) and rest and not _covered(groups, hidden, least):
        hidden[rest.pop()] = True
    return hidden


def withheld_in_both(
    first: Sequence[Collection[Hashable]], second: Sequence[Collection[Hashable]], least: int = LEAST
) -> tuple[list[bool], list[bool]]:
    """The same for two ways to group one whole, of a few groups each: no sum or difference of all that is told is of
    fewer than `least` members. Where both tell too much, the second gives way first.
    """
    hidden = withheld(first, least), withheld(second, least)
    while _smallest_difference((first, second), hidden) < least:
        for groups, away in ((second, hidden[1]), (first, hidden[0])):
            told = [at for at, group in enumerate(groups) if group and not away[at]]
            if told:
                away[min(told, key=lambda at: (len(set(groups[at])), -at))] = True
                break
        else:
            break
    return hidden


def _smallest_difference(
    tables: tuple[Sequence[Collection[Hashable]], Sequence[Collection[Hashable]]],
    hidden: tuple[Sequence[bool], Sequence[bool]],
) -> float:
    """Fewest members that a linear combination of what two tables tell can single out.

    A combination gives each member the sum of its two groups' coefficients, and leaves out those for whom the two
    cancel. So the groups of either table are nodes, shared members the weight of an edge, and whom it singles out are
    the edges between nodes of different size of coefficient: the fewest are a smallest cut.
    """
    rows, columns = (_blocks(groups, away) for groups, away in zip(tables, hidden, strict=True))
    shared = np.array([[len(one & other) for other in columns] for one in rows], dtype=np.int64)
    nodes = len(rows) + len(columns)
    sides = (np.arange(2 ** max(nodes - 1, 0))[:, None] >> np.arange(nodes)) & 1
    apart = sides[:, : len(rows), None] != sides[:, None, len(rows) :]
    cuts = (apart * shared).sum(axis=(1, 2))
    return float(cuts[cuts > 0].min()) if cuts.any() else math.inf


def _blocks(groups: Sequence[Collection[Hashable]], hidden: Sequence[bool]) -> list[set[Hashable]]:
    """The groups told of, and those withheld as one: all that is known of them is their sum."""
    rest: set[Hashable] = set()
    told = []
    for group, away in zip(groups, hidden, strict=True):
        if away:
            rest |= set(group)
        elif group:
            told.append(set(group))
    return [*told, rest] if rest else told


def _covered(groups: Sequence[Collection[Hashable]], hidden: Sequence[bool], least: int) -> bool:
    together: set[Hashable] = set()
    for group, away in zip(groups, hidden, strict=True):
        if away:
            together |= set(group)
    return sum(hidden) >= 2 and len(together) >= least
