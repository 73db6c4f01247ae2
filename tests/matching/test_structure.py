from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.structure import FIT_NAMES, NEUTRAL, Structure, structured_fit

facts = st.lists(st.one_of(st.just(float("nan")), st.floats(0, 200)), min_size=7, max_size=7)


def known(**given: float) -> Structure:
    unknown = Structure.unknown(1)
    return Structure(**{name: np.array([given.get(name, np.nan)]) for name in unknown.__slots__})


def test_unknown_facts_are_neutral() -> None:
    fit = structured_fit(Structure.unknown(3))
    assert set(fit) == set(FIT_NAMES)
    assert all((values == NEUTRAL).all() for values in fit.values())


@pytest.mark.parametrize(
    ("distance", "radius", "fit"),
    [
        (0, 10, 1.0),
        (5, 10, 0.5),
        (10, 10, 0.0),
        (40, 10, 0.0),
        (5, np.nan, NEUTRAL),
        (np.nan, 10, NEUTRAL),
        (5, 0, NEUTRAL),
    ],
)
def test_nearness(distance: float, radius: float, fit: float) -> None:
    assert structured_fit(known(distance_miles=distance, radius_miles=radius))["distance"][0] == pytest.approx(fit)


@given(facts)
def test_fit_lies_between_0_and_1(values: list[float]) -> None:
    for fit in structured_fit(Structure(*(np.array([value]) for value in values))).values():
        assert 0.0 <= fit[0] <= 1.0


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        Structure(*(np.zeros(size) for size in (1, 1, 1, 1, 1, 1, 2)))
