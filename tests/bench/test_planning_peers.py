"""The planner's peers: what they promise, held against brute force, hand-worked lists and the published table."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matchmaker.bench.planning import do_et_al, fairrec, flow, instances, rules, transport
from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.measures import measure, place_weights
from matchmaker.bench.planning.synthetic import NeedBy, synthetic

SHARED = Path(__file__).parents[3] / "shared" / "data" / "capacity_plan"
Peer = Callable[[Instance], np.ndarray]
WITHIN_CAPACITY: list[Any] = [
    rules.greedy,
    rules.round_robin,
    # Compiled, which takes longer than the test.
    pytest.param(fairrec.fairrec_repaired, marks=pytest.mark.full),
    pytest.param(do_et_al.do_et_al_repaired, marks=pytest.mark.full),
    transport.highs,
    flow.ortools_flow,
]


def tiny(candidates: list[list[int]], relevance: list[list[float]], capacity: list[int], slots: int) -> Instance:
    """An instance written out: one school and one group for all, who comes first asks first."""
    return Instance(
        np.array(candidates, np.int32),
        np.array(relevance, np.float32),
        np.array(capacity, np.int64),
        np.zeros(len(candidates), np.int64),
        np.ones(1),
        np.zeros(len(capacity), np.int64),
        slots,
        arrival=np.arange(len(candidates)),
    )


def drawn(seed: int) -> Instance:
    """A tiny scarce instance: three requests, four partners, lists of three, two slots."""
    rng = np.random.default_rng(seed)
    candidates = [[*map(int, rng.permutation(4)[:3])] for _ in range(3)]
    relevance = [sorted(map(float, rng.random(3)), reverse=True) for _ in range(3)]
    return tiny(candidates, relevance, [int(each) for each in rng.integers(0, 3, 4)], 2)


def best(instance: Instance, weights: np.ndarray) -> float:
    """Largest sum of weights times relevance of any plan, by trying them all."""
    lists = [held for size in range(instance.slots + 1) for held in itertools.combinations(range(3), size)]
    found = 0.0
    for plan in itertools.product(lists, repeat=len(instance.candidates)):
        held = [int(instance.candidates[r, column]) for r, columns in enumerate(plan) for column in columns]
        if (np.bincount(held, minlength=len(instance.capacity)) <= instance.capacity).all():
            worth = sum(
                instance.relevance[r, list(columns)] @ weights[: len(columns)] for r, columns in enumerate(plan)
            )
            found = max(found, float(worth))
    return found


@pytest.mark.parametrize("peer", [transport.highs, flow.ortools_flow])
@pytest.mark.parametrize("seed", range(8))
def test_the_exact_peers_find_the_largest_relevance(peer: Peer, seed: int) -> None:
    if peer is flow.ortools_flow:
        pytest.importorskip("ortools")
    instance = drawn(seed)
    found = measure(instance, peer(instance))
    assert found.overload == 0
    assert found.total == pytest.approx(best(instance, np.ones(2)), abs=1e-5)


@pytest.mark.parametrize("peer", [transport.highs_slots, transport.milp_slots, flow.ortools_slots])
@pytest.mark.parametrize("seed", range(8))
def test_the_exact_peers_by_slot_find_the_largest_weighted_relevance(peer: Peer, seed: int) -> None:
    if peer is flow.ortools_slots:
        pytest.importorskip("ortools")
    instance = drawn(seed)
    found = measure(instance, peer(instance))
    assert found.overload == 0
    assert found.weighted == pytest.approx(best(instance, place_weights(2)), abs=1e-5)


def test_who_comes_first_takes_all_or_one_in_turn() -> None:
    instance = tiny([[0, 1], [0, 1]], [[0.9, 0.8], [0.7, 0.6]], [1, 1], 2)
    assert rules.greedy(instance).tolist() == [[0, 1], [-1, -1]]
    assert rules.round_robin(instance).tolist() == [[0, -1], [1, -1]]


def test_a_repair_keeps_to_the_list_before_it_looks_further() -> None:
    instance = tiny([[0, 1, 2], [0, 1, 2]], [[0.9, 0.8, 0.7], [0.9, 0.8, 0.7]], [1, 1, 1], 1)
    wanted = np.array([[2], [2]], np.int32)
    assert rules.repaired(instance, wanted).tolist() == [[2], [0]]


@pytest.mark.full
def test_fairrec_shows_everybody_as_often_as_promised_and_fills_the_rest_with_the_best() -> None:
    rng = np.random.default_rng(3)
    candidates = [[*map(int, rng.permutation(10))] for _ in range(20)]
    instance = tiny(candidates, [np.linspace(1, 0.1, 10).tolist()] * 20, [20] * 10, 4)
    shown = np.bincount(fairrec.fairrec(instance).ravel(), minlength=10)
    assert shown.min() >= int(fairrec.GUARANTEE * 20 * 4 / 10)
    assert shown.sum() == 80


@pytest.mark.full
def test_do_et_al_finds_where_both_sides_slopes_meet() -> None:
    instance = tiny([[0, 1]] * 10, [[0.6, 0.5]] * 10, [10, 10], 1)
    # With a share x of the lists, partner 1 takes .1 x from each request. Where the slopes meet, at x = .279:
    # 1/x - 1/(1 - x) = (.6 - .1 x + offset)^-2.
    share = do_et_al.policy(instance, offset=0.1, rounds=400).mean(axis=0)[1]
    assert share == pytest.approx(0.279, abs=0.01)
    assert do_et_al.policy(instance, offset=1.0, rounds=400).mean(axis=0)[1] > share + 0.05


@pytest.mark.parametrize("peer", WITHIN_CAPACITY)
def test_nobody_is_promised_more_than_they_can_take(peer: Peer) -> None:
    if peer is flow.ortools_flow:
        pytest.importorskip("ortools")
    instance = instances.scaled(synthetic(60, 12, 30, seed=2), 0.8)
    found = measure(instance, peer(instance))
    assert found.overload == 0
    assert found.filled > 0.65


def test_room_is_scaled_to_the_exact_share_by_largest_remainder() -> None:
    instance = tiny([[0]] * 10, [[0.5]] * 10, [3, 3, 1], 1)
    assert instances.scaled(instance, 0.5).capacity.tolist() == [2, 2, 1]
    assert instances.scaled(instance, 1.2).capacity.tolist() == [5, 5, 2]
    assert instances.scaled(instance, 0.4).capacity.tolist() == [2, 2, 0]


def test_an_invented_instance_is_sound_and_the_same_for_its_seed() -> None:
    instance, again = synthetic(200, 20, 40, seed=7), synthetic(200, 20, 40, seed=7)
    assert all(np.array_equal(getattr(instance, name), getattr(again, name)) for name in vars(instance))
    real = instance.candidates >= 0
    assert (real[:, :-1] | ~real[:, 1:]).all()
    assert (np.diff(instance.relevance, axis=1) <= 0).all()
    assert (instance.relevance[~real] == 0).all()
    assert all(len(set(row[row >= 0])) == (row >= 0).sum() for row in instance.candidates)
    assert np.array_equal(np.sort(instance.arrival), np.arange(200))
    assert instance.capacity.sum() == 2500


def test_need_falls_on_short_lists_or_on_schools_at_random() -> None:
    scarce, chance = synthetic(600, 20, 40, seed=7), synthetic(600, 20, 40, seed=7, need_by=NeedBy.CHANCE)
    for instance, related in ((scarce, True), (chance, False)):
        length = (instance.candidates >= 0).sum(axis=1)
        high = instance.need[instance.school] > 1
        assert (length[high].max() < length[~high].min()) == related
    assert (scarce.need > 1).sum() == (chance.need > 1).sum()


def test_a_promise_counts_while_there_is_room_first_choices_first() -> None:
    instance = tiny([[0, 1], [1, 0]], [[0.8, 0.4], [0.9, 0.3]], [1, 1], 2)
    found = measure(instance, np.array([[0, 1], [0, 1]], np.int32))
    first, second = place_weights(2)
    # Request 0 keeps its first choice and, before request 1 does, its second; request 1 gets nobody.
    assert found.weighted == pytest.approx(0.8 * first + 0.4 * second)
    assert (found.worst_requests, found.overload, found.filled, found.left_empty) == (0.0, 0.5, 1.0, 1)
    assert found.served_ndcg == pytest.approx(0.5)


def test_whoever_has_nobody_may_be_helped_by_a_chain_of_moves() -> None:
    # Request 2 could have partner 0, were request 0 to move on to partner 1, whom request 1 can spare.
    chain = tiny([[0, 1], [1, 2], [0, -1]], [[0.9, 0.8], [0.9, 0.8], [0.9, 0.0]], [1, 1, 1], 2)
    plan = np.array([[0, -1], [1, 2], [-1, -1]], np.int32)
    assert (measure(chain, plan).left_empty, measure(chain, plan).rescuable) == (1, 1)
    spared_nobody = np.array([[0, -1], [1, -1], [-1, -1]], np.int32)
    closed = tiny([[0, 1], [1, -1], [0, -1]], [[0.9, 0.8], [0.9, 0.0], [0.9, 0.0]], [1, 1, 1], 2)
    assert (measure(closed, spared_nobody).left_empty, measure(closed, spared_nobody).rescuable) == (1, 0)
    roomy = tiny([[0, 1], [1, -1], [0, -1]], [[0.9, 0.8], [0.9, 0.0], [0.9, 0.0]], [1, 2, 1], 2)
    assert measure(roomy, spared_nobody).rescuable == 1


def test_a_plan_that_is_none_is_refused() -> None:
    instance = tiny([[0, 1], [1, 2]], [[0.8, 0.4], [0.9, 0.3]], [1, 1, 1], 2)
    with pytest.raises(ValueError, match="no candidate"):
        measure(instance, np.array([[2, -1], [1, -1]], np.int32))
    with pytest.raises(ValueError, match="twice"):
        measure(instance, np.array([[0, 0], [1, -1]], np.int32))


shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/capacity_plan is not beside this checkout")


@shared
@pytest.mark.parametrize(
    "peer", [rules.round_robin, fairrec.fairrec, pytest.param(do_et_al.do_et_al, marks=pytest.mark.full)]
)
def test_our_measures_are_those_of_the_scorer(peer: Peer) -> None:
    spec = importlib.util.spec_from_file_location("score_plan", SHARED / "score_plan.py")
    assert spec is not None and spec.loader is not None
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    instance = instances.read(SHARED / "small.npz")
    chosen = peer(instance)
    found, theirs = measure(instance, chosen), scorer.score(vars(instance), chosen)
    assert found.served_ndcg == pytest.approx(theirs["served_ndcg_mean"])
    assert found.worst_schools == pytest.approx(theirs["worst_10pct_schools_served"])
    assert found.worst_requests == pytest.approx(theirs["worst_1pct_requests_served"])
    assert found.group_tv == pytest.approx(theirs["group_tv_from_merit"])
    assert (found.overload, found.filled) == pytest.approx((theirs["overload_share"], theirs["slots_filled"]))


PUBLISHED: list[tuple[Peer, float, float, float, float]] = [
    (rules.greedy, 0.8208, 0.5282, 0.174, 0.0463),
    (rules.round_robin, 0.8841, 0.6588, 0.761, 0.0495),
    (fairrec.fairrec, 0.6077, 0.3872, 0.134, 0.1059),
    (do_et_al.do_et_al, 0.7594, 0.5565, 0.424, 0.0304),
    (do_et_al.do_et_al_repaired, 0.9074, 0.6775, 0.778, 0.0440),
]
"""Served nDCG, worst schools, worst requests and group distance, as the table beside the instance has them."""


@shared
@pytest.mark.parametrize(("peer", "ndcg", "schools", "requests", "groups"), PUBLISHED)
def test_the_peers_meet_the_published_table(
    peer: Peer, ndcg: float, schools: float, requests: float, groups: float
) -> None:
    """To within what listing equally relevant candidates in another order moves an overbooked plan by."""
    instance = instances.read(SHARED / "instance.npz")
    found = measure(instance, peer(instance))
    assert found.served_ndcg == pytest.approx(ndcg, abs=0.0015)
    assert found.worst_schools == pytest.approx(schools, abs=0.012)
    assert found.worst_requests == pytest.approx(requests, abs=0.02)
    assert found.group_tv == pytest.approx(groups, abs=0.004)
