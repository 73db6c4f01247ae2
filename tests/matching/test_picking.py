"""Who has waited too long picks first, schools in turns by their weight."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching import picking
from matching.auction import Market
from tests.matching import markets

OLDEST = 10.0


def wanting_all(requests: int, partners: int) -> Market:
    """Everybody wants the same partners, one unit each, the first one most."""
    return Market(
        np.tile(np.arange(partners, dtype=np.int32), (requests, 1)),
        np.tile(np.linspace(0.9, 0.1, partners, dtype=np.float32), (requests, 1)),
        np.ones(partners, np.int64),
        1,
        np.full(requests, -1, np.int64),
    )


def test_schools_take_turns_in_proportion_to_their_weight() -> None:
    market = wanting_all(12, 12)
    school = np.repeat([0, 1], 6)
    waiting = OLDEST + 1.0 + np.arange(12)[::-1]
    picks = picking.first(market, waiting, OLDEST, school, np.array([2.0, 1.0]))
    order = school[np.argsort(picks)]
    # (picks + 1/2) / weight: .25, .5 (school 1's first), .75, 1.25, 1.5 (its second), 1.75 ...
    assert order[:6].tolist() == [0, 1, 0, 0, 1, 0]
    assert (np.diff(picks[:6]) > 0).all() and (np.diff(picks[6:]) > 0).all(), "within a school who waited longest"


def test_who_has_not_waited_long_does_not_pick() -> None:
    picks = picking.first(wanting_all(3, 3), np.array([OLDEST, 11.0, 3.0]), OLDEST, np.zeros(3, int), np.ones(1))
    assert picks.tolist() == [-1, 0, -1]


def test_who_finds_nobody_with_room_takes_nobody() -> None:
    picks = picking.first(wanting_all(3, 2), np.array([13.0, 12.0, 11.0]), OLDEST, np.arange(3), np.ones(3))
    assert picks.tolist() == [0, 1, -1]


@given(st.integers(0, 2**32 - 1))
def test_each_picks_the_best_that_those_before_left(seed: int) -> None:
    instance = markets.drawn(seed)
    chance = np.random.default_rng(seed)
    waiting = 30 * chance.random(len(instance.candidates))
    picks = picking.first(markets.market(instance), waiting, OLDEST, instance.school, instance.need)
    taken = markets.partners_of(instance, picks[:, None])
    assert markets.fits(instance, taken)
    assert (picks[waiting <= OLDEST] == -1).all()
    left = instance.capacity - np.bincount(taken[taken >= 0], minlength=len(instance.capacity))
    for request in np.flatnonzero(waiting > OLDEST):
        better = instance.candidates[request][: picks[request] if picks[request] >= 0 else None]
        assert (left[better[better >= 0]] == 0).all()
