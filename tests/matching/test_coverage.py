"""Nobody is left with nothing while a chain of moves could give them somebody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.auction import auction
from matching.coverage import mend
from matchmaker.bench.planning import instances
from matchmaker.bench.planning.measures import measure
from tests.matching import markets

seeds = st.integers(0, 2**32 - 1)


def feasible(seed: int, instance: markets.Instance) -> np.ndarray:
    """Any feasible plan: requests in random order take random candidates, some of them all they can."""
    chance = np.random.default_rng(seed)
    left = instance.capacity.copy()
    columns = np.full((len(instance.candidates), instance.slots), -1, np.int64)
    for request in chance.permutation(len(columns)):
        real = int((instance.candidates[request] >= 0).sum())
        held = 0
        for column in chance.permutation(real)[: int(chance.integers(0, instance.slots, endpoint=True))]:
            if left[instance.candidates[request, column]] > 0:
                left[instance.candidates[request, column]] -= 1
                columns[request, held] = column
                held += 1
    return columns


@given(seeds)
def test_as_few_are_left_empty_as_any_plan_leaves(seed: int) -> None:
    instance = markets.tiny(seed)
    fewest = min(int((columns < 0).all(axis=1).sum()) for columns in markets.every_plan(instance, in_order=True))
    mended, empty = mend(markets.market(instance), feasible(seed, instance))
    markets.check_feasible(instance, markets.partners_of(instance, mended))
    assert int((mended < 0).all(axis=1).sum()) == fewest
    wanting = (instance.candidates[:, 0] >= 0) & (mended < 0).all(axis=1)
    assert sorted(empty) == np.flatnonzero(wanting).tolist()


@given(seeds)
def test_no_chain_is_left_by_the_benchs_own_search(seed: int) -> None:
    instance = markets.drawn(seed, requests=25, partners=10, slots=2, room=0.4)
    before = feasible(seed, instance)
    mended, _ = mend(markets.market(instance), before)
    markets.check_feasible(instance, markets.partners_of(instance, mended))
    arrival = np.arange(len(before))
    given_ = {name: value for name, value in vars(instance).items() if name in instances.Instance.__annotations__}
    found = measure(
        instances.Instance(**given_, arrival=arrival), markets.partners_of(instance, mended).astype(np.int32)
    )
    assert found.rescuable == 0
    # Who had somebody still has somebody.
    assert ((mended >= 0).any(axis=1) | (before < 0).all(axis=1)).all()


@given(seeds)
def test_a_fixed_place_is_never_taken(seed: int) -> None:
    instance = markets.drawn(seed, requests=25, partners=10, slots=2, room=0.3)
    before = feasible(seed, instance)
    fixed = np.where(np.arange(len(before)) % 2 == 0, before[:, 0], -1)
    mended, _ = mend(replace(markets.market(instance), fixed=fixed), before)
    markets.check_feasible(instance, markets.partners_of(instance, mended))
    for request in np.flatnonzero(fixed >= 0):
        assert fixed[request] in mended[request]


def test_what_the_auction_leaves_is_mended() -> None:
    instance = markets.drawn(11, requests=30, partners=10, slots=3, room=0.3)
    market = markets.market(instance)
    columns = auction(market, np.linspace(0.2, 2.0, 30), np.zeros(10), 0.01).columns
    mended, empty = mend(market, columns)
    assert (mended < 0).all(axis=1).sum() < (columns < 0).all(axis=1).sum()
    assert len(empty) == ((mended < 0).all(axis=1) & (instance.candidates[:, 0] >= 0)).sum()
