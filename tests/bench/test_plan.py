"""`scripts/bench plan`: who takes too much is stopped, ratios and bounds are right, the picture is whole."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from matchmaker.bench import plan
from matchmaker.bench.planning import instances, online, race, rules, tables, transport
from matchmaker.bench.planning.bound import upper_bound
from matchmaker.bench.planning.measures import measure, place_weights
from matchmaker.bench.planning.methods import METHODS
from matchmaker.bench.planning.plot import PANELS, over_scarcity
from matchmaker.bench.planning.race import Limits
from matchmaker.bench.planning.synthetic import synthetic


def child(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code])


def test_who_takes_too_long_is_stopped() -> None:
    process = child("import threading; threading.Event().wait()")
    assert race.watch(process, Limits(seconds=0.2)) == "over 0.2 seconds"
    assert process.returncode != 0


def test_who_takes_too_much_memory_is_stopped() -> None:
    process = child("import threading; held = bytearray(120_000_000); threading.Event().wait()")
    assert race.watch(process, Limits(seconds=30, megabytes=100)) == "over 100 MB"


def test_who_ends_in_time_is_let_be() -> None:
    process = child("pass")
    assert race.watch(process, Limits(seconds=30)) is None
    assert process.returncode == 0


def test_a_method_is_timed_and_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    instance = synthetic(40, 12, 20, seed=4)
    (result,) = race.race(instance, ["round_robin"], tmp_path, Limits(seconds=60), lambda each: None)
    assert result.stopped is None
    assert result.measures == measure(instance, rules.round_robin(instance))
    assert 0 < result.seconds < 60
    assert result.peak_mb >= result.loaded_mb > 20
    assert not list(tmp_path.iterdir())


def test_a_method_that_fails_is_reported_and_not_measured(tmp_path: Path) -> None:
    instance = synthetic(40, 12, 20, seed=4)
    source = tmp_path / "instance.npz"
    source.write_bytes(b"no instance")
    result = race.run("greedy", instance, source, Limits(seconds=60))
    assert result.stopped is not None and result.stopped.startswith("ended with status 1")
    assert result.figures() == {"did_not_finish": result.stopped}


def test_every_method_is_where_it_is_said_to_be() -> None:
    for name, method in METHODS.items():
        assert callable(method.load()), name


def test_no_plan_exceeds_the_bound_and_good_prices_close_it() -> None:
    instance = instances.scaled(synthetic(30, 12, 20, seed=6), 0.6)
    best = measure(instance, transport.highs_slots(instance)).weighted
    rng = np.random.default_rng(0)
    offered = len(instance.capacity)
    free = upper_bound(instance, np.zeros(offered))
    assert free == pytest.approx(float(np.sum(_alone(instance))), rel=1e-6)
    for _ in range(5):
        assert upper_bound(instance, rng.random(offered) * 0.05) >= best
    assert upper_bound(instance, _climbed(instance)) < best + 0.1 * (free - best)
    with pytest.raises(ValueError, match="not negative"):
        upper_bound(instance, np.full(offered, -0.1))


def _alone(instance: instances.Instance) -> np.ndarray:
    """[R] what each request would have if nobody else asked."""
    return instance.relevance[:, : instance.slots].astype(float) @ place_weights(instance.slots)


def _climbed(instance: instances.Instance) -> np.ndarray:
    """[P] prices after coordinate steps that only ever lower the bound."""
    price = np.zeros(len(instance.capacity))
    lowest = upper_bound(instance, price)
    for step in (0.04, 0.02, 0.01, 0.005, 0.005, 0.0025, 0.0025):
        for partner in range(len(price)):
            for way in (step, -step):
                tried = price.copy()
                tried[partner] = max(0.0, tried[partner] + way)
                found = upper_bound(instance, tried)
                if found < lowest:
                    price, lowest = tried, found
    return price


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """Who was asked about how many requests: all take two seconds and come first served, and HiGHS never ends."""
    found: list[tuple[int, str]] = []

    def ran(name: str, instance: instances.Instance, source: Path, limits: Limits) -> race.Result:
        found.append((len(instance.candidates), name))
        if name == "highs":
            return race.Result(name, "over 1 seconds")
        return race.Result(name, None, 2.0, 2.0, 50.0, 40.0, measure(instance, rules.greedy(instance)))

    monkeypatch.setattr(race, "run", ran)
    return found


def test_who_did_not_finish_is_spared_the_larger_sizes(
    tmp_path: Path, asked: list[tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "BY_CHANCE", 60)
    found = plan.by_size([40, 80], ("ours", "highs", "greedy"), tmp_path, Limits(seconds=1))
    assert (80, "highs") not in asked and (80, "greedy") in asked
    assert "nor with 40 requests" in found["80 requests"]["methods"]["highs"]["did_not_finish"]
    assert found["40 requests"]["methods"]["greedy"]["time_to_ours"] == 1.0
    text = "\n".join(tables.lines({"by_size": found}))
    assert "did not finish: over 1 seconds" in text and text.count("greedy, first come") == 3


def test_scarcity_says_so_where_there_is_no_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SHARED", tmp_path / "nowhere.npz")
    assert "not measured" in plan.by_scarcity(("greedy",), tmp_path, Limits())


@pytest.mark.usefixtures("asked")
def test_all_methods_over_scarcity_are_drawn_from_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SHARED", tmp_path / "instance.npz")
    monkeypatch.setattr(plan, "SHARES", (0.5, None))
    instances.written(synthetic(40, 12, 20, seed=4), plan.SHARED)
    parser = argparse.ArgumentParser()
    plan.add_options(parser)
    picture = tmp_path / "scarcity.svg"
    options = parser.parse_args(["--sizes", "--methods", "greedy", "do_et_al", "--plot", str(picture)])
    found = plan.measure(options)
    json.dumps(found)
    root = ElementTree.fromstring(picture.read_text())
    lines = root.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2 * len(PANELS)
    assert found["by_scarcity"]["0.5 of demand"]["methods"]["greedy"]["filled"] == pytest.approx(0.5, abs=0.03)
    assert "style=" not in picture.read_text()


def test_a_method_left_out_is_left_out_of_the_picture() -> None:
    drawn = over_scarcity({"as given": {"methods": {"greedy": {"served_ndcg": 0.5}}}})
    assert drawn.count("greedy, first come") == 1 and "FairRec" not in drawn


def test_one_request_is_ranked_anew_in_microseconds() -> None:
    found = online.measure()
    assert found["rerank_us"] > found["plain_sort_us"] > 0
    assert "microseconds" in next(tables.lines({"online": found}))
