from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad

from matching.choices import Group, choices_of
from matching.decisions import examination
from matching.features import SIGNAL_NAMES
from matching.fit import Fit, Mix, fit, fit_map, fit_mix
from matching.metrics import calibration
from matching.score import Formula
from tests.matching.coordinators import (
    DECIDED,
    NAMES,
    PLANTED,
    PRIOR,
    SHOWN,
    TEXT,
    USUAL,
    drawn,
    shown_and_taken,
    worth,
)


def picked(lists: int, seed: int, coefficients: dict[str, float] = PLANTED) -> list[Group]:
    """Lists of ten of which a coordinator who sees all takes one."""
    random = np.random.default_rng(seed)
    made = []
    for request in range(lists):
        evidence = drawn(random, 10)
        liking = DECIDED * worth(evidence, coefficients) + random.gumbel(size=10)
        gains = (liking == liking.max()).astype(float)
        made.append(Group(evidence, gains, [f"p{one}" for one in random.integers(0, 200, 10)], request))
    return made


def off(mix: Mix) -> float:
    """How far a mix is from the planted one."""
    return float(np.sqrt(sum((mix.coefficients[name] - PLANTED[name]) ** 2 for name in NAMES)))


def mixed(groups: list[Group], **options: float) -> Mix:
    return fit_mix(groups, USUAL, keep=SIGNAL_NAMES, temperature=DECIDED, **options)


USUAL_OFF = off(Mix(USUAL, 1.0))


def test_planted_weights_are_found_again() -> None:
    found = mixed(picked(500, seed=1), strength=5.0)
    assert off(found) < USUAL_OFF / 4
    assert found.temperature == pytest.approx(DECIDED, rel=0.25)


def test_without_choices_the_prior_stays() -> None:
    undecided = [replace(group, gains=np.zeros(10)) for group in picked(20, seed=2)]
    assert mixed(undecided).coefficients == pytest.approx(USUAL, abs=1e-4)
    assert mixed(picked(20, seed=2), strength=1e7).coefficients == pytest.approx(USUAL, abs=1e-2)


def test_the_more_decisions_the_further_from_the_prior() -> None:
    groups = picked(400, seed=3)
    away = [off(mixed(groups[:size])) for size in (5, 40, 400)]
    assert USUAL_OFF > away[0] > away[1] > away[2]
    assert away[0] > 0.8 * USUAL_OFF


def test_no_coefficient_is_below_zero() -> None:
    avoided = PLANTED | {"dates": -0.5, "centred_whole": -0.3}
    found = mixed(picked(300, seed=4, coefficients=avoided), strength=1.0).coefficients
    assert min(found.values()) >= 0.0
    assert found["dates"] == found["centred_whole"] == 0.0


def test_what_tells_nobody_apart_keeps_its_weight() -> None:
    groups = [replace(each, evidence=each.evidence | {"dates": np.zeros(10)}) for each in picked(200, seed=5)]
    found = mixed(groups)
    ratio = found.coefficients["dates"] * found.temperature / USUAL["dates"]
    assert 0.0 < ratio < 2 * DECIDED


def test_a_feature_the_prior_does_not_name_is_refused() -> None:
    groups = [replace(each, evidence=each.evidence | {"times_approved": np.ones(10)}) for each in picked(2, seed=6)]
    with pytest.raises(ValueError, match="times_approved"):
        mixed(groups)


def test_the_gradient_is_that_of_the_function() -> None:
    groups = [replace(each, gains=np.arange(10.0) % 3 - 1, weights=np.linspace(0.5, 2, 10)) for each in picked(3, 7)]
    choices = choices_of(groups)
    expected = choices.softmax(np.linspace(-1, 1, 30))
    at = np.random.default_rng(7).normal(size=30)
    for function in (choices.surprise, lambda utility: choices.cross_entropy(utility, expected)):
        assert check_grad(lambda u, f=function: f(u)[0], lambda u, f=function: f(u)[1], at) < 1e-5


def test_many_good_answers_count_like_one() -> None:
    one, many = picked(2, seed=8)
    many = replace(many, gains=(np.arange(10) < 5).astype(float))
    counts = choices_of([one, many]).counts
    assert counts == pytest.approx([1.0] + [0.2] * 5)
    # Two lists of which one counts ten times the other are hardly more than one list.
    louder = replace(one, weights=np.full(10, 10.0))
    assert choices_of([louder, picked(2, seed=8)[1]]).counts.sum() == pytest.approx(121 / 101)


@pytest.fixture(scope="module")
def learnt() -> Fit:
    return fit(picked(250, seed=9), PRIOR, version="learnt")


def test_held_out_requests_decide_whether_it_is_better(learnt: Fit) -> None:
    held = learnt.held_out
    assert held.better
    assert held.leads["ndcg"].mean > 3 * held.leads["ndcg"].error > 0
    assert held.after.measures["pairs"].mean > held.before.measures["pairs"].mean
    assert held.as_dict()["after"]["ndcg"]["size"] == 250


def came_true(lists: int, seed: int, truth: Formula) -> list[Group]:
    """Lists of ten of which each is relevant with the chance that a formula says."""
    random = np.random.default_rng(seed)
    made = []
    for request in range(lists):
        evidence = drawn(random, 10)
        came = random.random(10) < truth.rho(truth.combined(truth.contributions(evidence)))
        made.append(Group(evidence, came.astype(float), range(10), request))
    return made


def test_where_there_is_nothing_to_learn_nothing_is_better() -> None:
    found = fit(came_true(120, seed=10, truth=PRIOR.formula), PRIOR, version="learnt")
    assert not found.held_out.better


def test_the_new_weights_are_a_version_of_their_own(learnt: Fit) -> None:
    assert learnt.weights.version == "learnt"
    assert sum(learnt.weights.signals.values()) == pytest.approx(TEXT)
    assert learnt.weights.bound == PRIOR.bound


def test_rho_is_what_happens() -> None:
    truth = Formula(USUAL, slope=2.0, midpoint=0.8)
    found = fit(came_true(200, seed=11, truth=truth), PRIOR, version="learnt", strength=5.0)
    assert found.held_out.before.calibration.ece > 0.1
    assert found.held_out.after.calibration.ece < 0.05
    seven = next(each for each in found.held_out.after.calibration.bins if each.low == 0.7)
    assert seven.observed == pytest.approx(seven.predicted, abs=0.12)
    assert (found.weights.slope, found.weights.midpoint) == pytest.approx((2.0, 0.8), rel=0.2)


def test_a_map_without_data_is_the_prior_s_and_never_falls() -> None:
    scores = np.linspace(-2, 2, 50)
    kept = fit_map(scores, scores > 0, np.ones(50), (1.2, 1.8), strength=1e9, lists=1)
    assert kept == pytest.approx((1.2, 1.8), abs=1e-2)
    slope, _ = fit_map(scores, scores < 0, np.ones(50), (1.2, 1.8), strength=1e-9, lists=1)
    assert slope > 0


def test_one_request_is_nothing_to_learn_from() -> None:
    with pytest.raises(ValueError, match="two requests"):
        fit(picked(1, seed=12), PRIOR, version="learnt")


@pytest.mark.parametrize("seed", [1, 2])
def test_correcting_for_who_was_looked_at_gets_nearer_to_what_coordinators_want(seed: int) -> None:
    lists = shown_and_taken(400, seed)
    looked = examination(sum(gains for _, gains, _ in lists), sum(rho for *_, rho in lists))
    naive = [Group(shown, gains, range(SHOWN), at) for at, (shown, gains, _) in enumerate(lists)]
    corrected = [replace(each, weights=np.where(each.gains > 0, 1.0 / looked, 1.0)) for each in naive]
    assert off(mixed(corrected)) < 0.8 * off(mixed(naive)) < off(mixed(naive)) < USUAL_OFF


def test_calibration_by_hand() -> None:
    found = calibration([0.05, 0.05, 0.72, 1.0], [0, 1, 1, 1], [1, 1, 1, 3])
    low, high, last = found.bins[0], found.bins[7], found.bins[9]
    assert (low.share, low.predicted, low.observed) == pytest.approx((1 / 3, 0.05, 0.5))
    assert (high.observed, last.share) == (1.0, 0.5)
    assert found.ece == pytest.approx(0.45 / 3 + 0.28 / 6)
    assert np.isnan(calibration([], []).ece)
    with pytest.raises(ValueError, match="probabilities"):
        calibration([1.2], [1])
