"""Two plans side by side: who gains, who gives, and what the dial does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.comparison import compare, dial_curve, gini, lorenz
from matching.equity import Policy
from matching.planner import plan
from matching.plans import Instance

VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def instance(seed: int = 0, requests: int = 24, partners: int = 16, slots: int = 2) -> Instance:
    rng = np.random.default_rng(seed)
    candidates = np.array([rng.permutation(partners)[:8] for _ in range(requests)], dtype=np.int32)
    relevance = -np.sort(-rng.random((requests, 8)).astype(np.float32), axis=1)
    school = np.arange(requests) % 6
    # The first two schools are far from everybody, and of the highest need.
    relevance[school < 2] *= np.float32(0.6)
    return Instance(
        candidates=candidates,
        relevance=relevance,
        capacity=rng.integers(1, 4, partners),
        school=school,
        need=np.array([1.4, 1.3, 1.0, 1.0, 1.0, 1.0]),
        group=np.arange(partners) % 3,
        slots=slots,
    )


def test_a_plan_beside_itself_changes_nothing() -> None:
    asked = instance()
    made = plan(asked)
    found = compare(asked, made, made)
    assert found.moved == ()
    assert found.kept.before == found.kept.after == pytest.approx(made.certificate.kept)
    assert all(each.before == each.after for each in (*found.schools, *found.quarters, *found.groups))
    assert found.lorenz[0] == found.lorenz[1]
    assert found.bound == made.certificate.kept_bound


def test_who_gains_and_who_gives_is_told_by_school_request_and_group() -> None:
    asked = instance()
    before, after = plan(asked, Policy.none()), plan(asked)
    found = compare(asked, before, after)
    assert (
        found.requests == sum(each.requests for each in found.schools) == sum(each.requests for each in found.quarters)
    )
    assert found.met.after == np.count_nonzero(after.chosen[:, 0] >= 0)
    assert sum(each.requests * each.after for each in found.schools) / found.requests == pytest.approx(found.kept.after)
    differing = np.flatnonzero(before.chosen[:, 0] != after.chosen[:, 0])
    assert [each.request for each in found.moved] == differing.tolist()
    assert found.quarters[0].need_from == 1.3 and found.quarters[0].need_to == 1.4
    for shares in ([each.merit for each in found.groups], [each.after for each in found.groups]):
        assert sum(shares) == pytest.approx(1.0)
    assert found.worst_tenth.after >= found.worst_tenth.before


def test_what_is_kept_is_what_the_certificate_says_also_where_some_matches_are_poor() -> None:
    asked = instance()
    asked.relevance[::5] *= np.float32(0.05)
    before, after = plan(asked, Policy.none()), plan(asked)
    found = compare(asked, before, after)
    assert found.kept.before == pytest.approx(before.certificate.kept)
    assert found.kept.after == pytest.approx(after.certificate.kept)
    assert max(found.kept.before, found.kept.after) <= found.bound + 1e-9


def test_the_dial_begins_at_the_closest_and_says_what_it_keeps() -> None:
    curve = dial_curve(instance(), Policy(), (0.0, 60.0, 100.0), rounds=5)
    assert [each["dial"] for each in curve] == [0.0, 60.0, 100.0]
    assert curve[0]["kept"] >= max(each["kept"] for each in curve) - 1e-3
    assert all(each["selectable"] == (each["kept"] >= 0.97) for each in curve)


def test_a_dial_that_is_cancelled_tells_what_it_has() -> None:
    # The position 0 takes one small auction, which is over before anybody can cancel it.
    assert [each["dial"] for each in dial_curve(instance(), Policy(), progress=lambda done, rounds: False)] == [0.0]


@given(VALUES)
def test_lorenz_rises_from_nothing_to_all_and_stays_below_the_even_line(values: list[float]) -> None:
    points = np.array(lorenz(np.array(values)))
    assert points[0] == 0.0 and points[-1] == pytest.approx(1.0)
    assert (np.diff(points) >= -1e-12).all()
    assert (points <= np.linspace(0, 1, 11) + 1e-9).all()


@given(VALUES)
def test_gini_is_the_mean_difference_over_twice_the_mean(values: list[float]) -> None:
    array = np.array(values)
    if array.sum() > 1e-6:
        expected = np.abs(array[:, None] - array).mean() / (2 * array.mean())
        assert gini(array) == pytest.approx(expected, abs=1e-9)
    else:
        assert gini(np.zeros(3)) == 0.0


def test_nobody_asking_is_no_error() -> None:
    nobody = Instance(
        candidates=np.full((2, 3), -1, dtype=np.int32),
        relevance=np.zeros((2, 3), dtype=np.float32),
        capacity=np.ones(2, dtype=np.int64),
        school=np.zeros(2, dtype=np.int64),
        need=np.ones(1),
        group=np.zeros(2, dtype=np.int64),
        slots=2,
    )
    made = plan(nobody)
    found = compare(nobody, made, made)
    assert (found.requests, found.schools, found.quarters, found.gini.after) == (0, (), (), 0.0)
