from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.need import (
    ALIKE,
    LEAST_STRENGTH,
    LOCALE_PARTS,
    MOST_PARTS,
    RegionMedian,
    calibrate,
    need_index,
    need_parts,
    region_median,
    service_record,
)

percent = st.one_of(st.none(), st.floats(0, 100))
locales = st.one_of(st.none(), st.sampled_from(sorted(LOCALE_PARTS)))
title_i = st.one_of(st.none(), st.booleans())
school = st.tuples(percent, locales, title_i)


def test_the_documented_ends_of_the_range() -> None:
    assert need_index(0, 21, False, RegionMedian()).value == 1.0
    assert need_index(75, 43, True, RegionMedian()).value == pytest.approx(1.5)


def test_an_unknown_fact_takes_the_median_and_is_labelled() -> None:
    known = [need_parts(poverty, 41, True) for poverty in (15, 30, 75)]
    found = need_index(None, 41, True, region_median([*known, need_parts(None, None, None)]))
    assert found.parts["poverty"] == need_parts(30, None, None)["poverty"]
    assert found.unknown == {"poverty"}


def test_zero_is_known_and_not_the_median() -> None:
    found = need_index(0, 21, False, RegionMedian(poverty=0.2, locale=0.1, title_i=0.1))
    assert (found.value, found.unknown) == (1.0, frozenset())


def test_a_region_where_nothing_is_known_weighs_all_alike() -> None:
    found = need_index(None, None, None, region_median([need_parts(None, None, None)]))
    assert found.value == 1.0
    assert found.unknown == {"poverty", "locale", "title_i"}


@given(st.lists(school, max_size=8), school)
def test_need_stays_in_its_range(others: list[tuple[float, int, bool]], one: tuple[float, int, bool]) -> None:
    found = need_index(*one, region_median(need_parts(*other) for other in others))
    assert 1.0 <= found.value <= 1.5
    assert found.value == pytest.approx(1.0 + sum(found.parts.values()))


@given(st.floats(0, 100), st.floats(0, 100), locales, title_i)
def test_more_poverty_is_never_less_need(one: float, other: float, locale: int | None, title: bool | None) -> None:
    low, high = sorted((one, other))
    values = [need_index(value, locale, title, RegionMedian()).value for value in (low, high)]
    assert values[0] <= values[1]


@pytest.mark.parametrize("facts", [(-1, 21, True), (101, 21, True), (float("nan"), 21, True), (10, 99, True)])
def test_facts_that_cannot_be_are_refused(facts: tuple[float, int, bool]) -> None:
    with pytest.raises(ValueError, match=r"percentage|locale"):
        need_parts(*facts)


documented = st.floats(0, MOST_PARTS)
heard = st.lists(st.tuples(documented, st.floats(0, 1), st.floats(0, 200)), min_size=1, max_size=8)


def halves(low: float, high: float, requests: float) -> float:
    """The strength where half the requests are of schools without documented need, half of schools with the most."""
    return calibrate([0.0, MOST_PARTS], [low, high], [requests / 2] * 2).strength


def test_schools_reached_alike_leave_documented_need_its_least_strength() -> None:
    assert halves(0.7, 0.7, 10_000) == LEAST_STRENGTH
    assert halves(0.6, 0.7, 10_000) == LEAST_STRENGTH


def test_the_strength_gives_the_need_that_makes_up_for_the_shortfall() -> None:
    found = calibrate([0.0, MOST_PARTS], [1.0, 0.95], [1e9] * 2)
    assert (found.observed, found.shortfall) == pytest.approx((0.05 / 0.975,) * 2)
    assert 1.0 + found.strength * MOST_PARTS == pytest.approx((1.0 - found.shortfall) ** -4.0)
    assert halves(1.0, 0.85, 1e9) == 1.0


def test_as_many_requests_as_stand_against_it_make_half_of_it_believed() -> None:
    found = calibrate([0.0, MOST_PARTS], [0.8, 0.6], [ALIKE / 2] * 2)
    assert found.shortfall == pytest.approx(found.observed / 2)
    assert (found.requests, found.schools) == (ALIKE, 2)


def test_without_a_settled_request_nothing_is_known() -> None:
    for none in (calibrate([], [], []), calibrate([0.1, 0.4], [0.0, 0.0], [0.0, 0.0]), calibrate([0.1], [0.0], [5.0])):
        assert (none.strength, none.shortfall, none.observed) == (LEAST_STRENGTH, 0.0, 0.0)


def test_a_school_of_which_nothing_is_known_is_not_heard() -> None:
    known = calibrate([0.0, 0.4], [0.8, 0.6], [30.0, 30.0])
    assert calibrate([0.0, np.nan, 0.4], [0.8, 0.1, 0.6], [30.0, 99.0, 30.0]) == known
    assert calibrate([0.0, 0.0, 0.4], [0.8, 0.1, 0.6], [30.0, 99.0, 30.0]) != known


@given(heard)
def test_the_strength_is_bounded_whatever_was_observed(rows: list[tuple[float, float, float]]) -> None:
    found = calibrate(*zip(*rows, strict=True))
    assert LEAST_STRENGTH <= found.strength <= 1.0
    assert abs(found.shortfall) <= abs(found.observed) + 1e-9


@given(heard, st.floats(0, 1))
def test_serving_the_school_with_the_most_need_less_never_lowers_the_strength(
    rows: list[tuple[float, float, float]], share: float
) -> None:
    need, service, requests = (list(each) for each in zip(*rows, strict=True))
    before = calibrate(need, service, requests).strength
    most = max(range(len(need)), key=lambda at: need[at])
    service[most] *= share
    if any(reached * weight > 0 for reached, weight in zip(service, requests, strict=True)):
        assert calibrate(need, service, requests).strength >= before - 1e-9


@given(heard, st.floats(0.1, 1), st.randoms(use_true_random=False))
def test_neither_the_order_of_schools_nor_the_scale_of_service_matters(
    rows: list[tuple[float, float, float]], scale: float, random: Random
) -> None:
    found = calibrate(*zip(*rows, strict=True)).strength
    mixed = list(rows)
    random.shuffle(mixed)
    need, service, requests = zip(*mixed, strict=True)
    assert calibrate(need, [scale * each for each in service], requests).strength == pytest.approx(found)


@given(school, st.floats(0.01, 1))
def test_calibration_scales_every_part_and_keeps_the_order(one: tuple[float, int, bool], strength: float) -> None:
    full = need_index(*one, RegionMedian(0.1, 0.02, 0.0))
    found = need_index(*one, RegionMedian(0.1, 0.02, 0.0), strength=strength)
    assert found.parts == pytest.approx({name: strength * part for name, part in full.parts.items()})
    assert found.documented == pytest.approx(full.documented)
    assert found.unknown == full.unknown
    assert 1.0 <= found.value <= full.value


@pytest.mark.parametrize("strength", [0.0, -0.1, 1.1, float("nan")])
def test_a_strength_out_of_range_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="strength"):
        need_index(10, 21, True, RegionMedian(), strength=strength)


def test_a_record_of_service_counts_the_older_ones_less() -> None:
    service, requests = service_record([1.0, 0.0, 0.5], [0, 180, 0], [0, 0, 2], 3, half_life_days=180)
    assert service.tolist() == pytest.approx([2 / 3, 0.0, 0.5])
    assert requests.tolist() == pytest.approx([1.5, 0.0, 1.0])
    assert [each.tolist() for each in service_record([], [], [], 2, 180)] == [[0.0, 0.0], [0.0, 0.0]]
