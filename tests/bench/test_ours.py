"""Our auction in the bench: close to the exact plan, and its proof computed a second time."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from matching import auction
from matching.auction import Market
from matchmaker.bench.planning import frontier, instances, transport
from matchmaker.bench.planning.bound import upper_bound
from matchmaker.bench.planning.measures import measure, place_weights
from matchmaker.bench.planning.ours import auctioned
from matchmaker.bench.planning.synthetic import synthetic


def test_our_auction_comes_close_to_the_exact_plan_and_its_prices_prove_it() -> None:
    instance = instances.scaled(synthetic(60, 12, 20, seed=6), 0.7)
    best = measure(instance, transport.highs_slots(instance)).weighted
    ours = auctioned(instance)
    bound = upper_bound(instance, ours.price)
    assert 0.998 * best <= measure(instance, ours.chosen).weighted <= best + 1e-6 <= bound + 2e-6 <= 1.003 * best
    # What the planner proves of itself is what is computed here without it.
    free = np.full(len(instance.candidates), -1, np.int64)
    market = Market(instance.candidates, instance.relevance, instance.capacity, instance.slots, free)
    ones, nothing, first = np.ones(len(instance.candidates)), np.zeros(len(instance.capacity)), place_weights(10)[0]
    assert auction.bound(market, ones, nothing, ours.price / first) * first == pytest.approx(bound, rel=1e-9)


def test_positions_of_the_dial_are_measured_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier, "DIALS", (0, 60))
    found = frontier.frontier(synthetic(40, 12, 20, seed=4))
    assert [each["dial"] for each in found] == [0, 60]
    assert found[0]["worst_schools"] != found[1]["worst_schools"]
    root = ElementTree.fromstring(frontier.drawn(found))
    assert len(root.findall(".//{http://www.w3.org/2000/svg}circle")) == 2 * len(frontier.PANELS)
    assert "style=" not in frontier.drawn(found)
