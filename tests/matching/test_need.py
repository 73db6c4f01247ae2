from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.need import LOCALE_PARTS, RegionMedian, need_index, need_parts, region_median

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
