"""`scripts/plan`: files in, files out, one line for what cannot be used."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from matchmaker.plan_files import NEEDED, WRITTEN, main
from tests.matching import markets

SHARED = Path(__file__).parents[2] / "shared" / "data" / "capacity_plan"
shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data/capacity_plan is not beside this checkout")


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    path = tmp_path / "instance.npz"
    drawn = markets.drawn(5)
    np.savez(path, **{name: getattr(drawn, name) for name in NEEDED})
    return path


def test_a_plan_and_its_proof_come_out(instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan.npz"
    assert main([str(instance), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["overload"] == 0 and told["concave_gap"] >= 0 and told["linear_ratio"] <= 1 and told["seconds"] > 0
    with np.load(out) as written:
        assert set(written.files) == set(WRITTEN)
        markets.check_feasible(markets.drawn(5), written["chosen"])
        assert (written["price"] >= 0).all()
    assert main([str(instance), "--out", str(out)]) == 0
    assert "concave gap" in capsys.readouterr().out


def test_a_policy_can_be_a_dial_or_numbers(instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "policy.json"
    for numbers, alpha in (({"dial": 30}, 2.0), ({"alpha": 3, "beta": 0.05}, 3.0)):
        policy.write_text(json.dumps(numbers))
        assert main([str(instance), "--out", str(tmp_path / "p.npz"), "--policy", str(policy), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["policy"]["alpha"] == pytest.approx(alpha * 0.6 ** told["softened"])


POLICIES = ("[]", "{", '{"dial": 60, "alpha": 1}', '{"dial": 101}', '{"alpha": 99}', '{"warmth": 1}', '{"alpha": "x"}')


@pytest.mark.parametrize("text", POLICIES)
def test_a_bad_policy_is_refused_in_one_line(
    text: str, instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(text)
    assert main([str(instance), "--out", str(tmp_path / "p.npz"), "--policy", str(policy)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("plan: ") and said.count("\n") == 1
    assert not (tmp_path / "p.npz").exists()


def test_a_bad_file_is_refused_in_one_line(instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(instance) as held:
        good = dict(held)
    faults: dict[str, bytes | dict[str, np.ndarray]] = {
        "text": b"not an archive",
        "empty": b"",
        "cut": instance.read_bytes()[:300],
        "lacking": {name: value for name, value in good.items() if name != "need"},
        "pickled": good | {"need": np.array([{"a": 1}], dtype=object)},
        "words": good | {"slots": np.array("many")},
        "over": good | {"candidates": good["candidates"] + 50},
        "halves": good | {"candidates": good["candidates"] + 0.5},
        "flat": good | {"candidates": good["candidates"].ravel()},
        "full": good | {"capacity": -good["capacity"] - 1},
        "wide": good | {"capacity": good["capacity"][:, None]},
    }
    for name, content in faults.items():
        path = tmp_path / f"{name}.npz"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            np.savez(path, **content)
        assert main([str(path), "--out", str(tmp_path / "p.npz")]) == 2, name
        said = capsys.readouterr().err
        assert said.startswith("plan: ") and said.count("\n") == 1, name
    assert main([str(tmp_path / "nowhere.npz"), "--out", str(tmp_path / "p.npz")]) == 2
    assert main([str(instance), "--out", str(tmp_path / "no" / "where.npz")]) == 2


def scored(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, float], dict[str, float]]:
    """What is printed of a plan of a shared instance, and what the scorer beside the instances says of it."""
    out = tmp_path / "plan.npz"
    assert main([str(SHARED / name), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    spec = importlib.util.spec_from_file_location("score_plan", SHARED / "score_plan.py")
    assert spec is not None and spec.loader is not None
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    with np.load(SHARED / name) as held, np.load(out) as plan:
        return told, scorer.score(dict(held), plan["chosen"])


@shared
def test_the_small_shared_instance_is_planned_better_than_its_table_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, found = scored("small.npz", tmp_path, capsys)
    assert found["overload_share"] == 0 and told["quality_kept"] >= 0.97
    assert found["served_ndcg_mean"] >= 0.868 and found["worst_10pct_schools_served"] >= 0.61
    assert found["worst_1pct_requests_served"] >= 0.66


@shared
@pytest.mark.full
def test_the_shared_instance_reaches_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told, found = scored("instance.npz", tmp_path, capsys)
    assert found["served_ndcg_mean"] >= 0.915 and found["worst_10pct_schools_served"] >= 0.715
    assert found["worst_1pct_requests_served"] >= 0.80 and found["group_tv_from_merit"] <= 0.010
    assert found["overload_share"] == 0
    assert told["linear_ratio"] >= 0.9995 and told["concave_gap"] <= 0.001 and told["quality_kept"] >= 0.97
