"""Documented need of a school, from a poverty measure, the NCES locale and Title I; nothing else enters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

_LEAST_NEED, _MOST_NEED = 1.0, 1.5

POVERTY_PART = 0.30
TITLE_I_PART = 0.10
LOCALE_PARTS: Mapping[int, float] = {
    **dict.fromkeys((11, 12, 13, 21, 22, 23), 0.0),  # cities and suburbs
    **{31: 0.02, 32: 0.04, 33: 0.06},  # towns
    **{41: 0.06, 42: 0.08, 43: 0.10},  # rural
}
"""What each NCES locale code adds: the farther from a town, the fewer partners are at hand."""


@dataclass(frozen=True, slots=True)
class NeedIndex:
    """Documented need of a school.

    Attributes
    ----------
    value
        B in [1, 1.5]: 1 + the parts.
    parts
        What "poverty" (up to 0.30), "locale" (0.10) and "title_i" (0.10) add.
    unknown
        The parts taken from the region's median because the fact is not known; always to be shown with the
        value.
    """

    value: float
    parts: Mapping[str, float]
    unknown: frozenset[str]


@dataclass(frozen=True, slots=True)
class RegionMedian:
    """Median of each part of need over the region's schools where it is known; 0 where no school's is."""

    poverty: float = 0.0
    locale: float = 0.0
    title_i: float = 0.0


def need_parts(
    poverty_percent: float | None, locale: int | None, title_i: bool | None, full_at: float = 75.0
) -> dict[str, float | None]:
    """What each documented fact adds to need; None for an unknown fact, which is not the same as 0.

    Parameters
    ----------
    poverty_percent
        Percent of pupils, 0 to 100, by the region's poverty measure.
    locale
        NCES locale code, 11 (large city) to 43 (remote rural).
    title_i
        Whether the school takes part in Title I.
    full_at
        Percent at which poverty counts fully. 75 is where NCES begins "high poverty" for free or
        reduced-price lunch; direct certification finds fewer of the same families (75 / 1.6, about 47), SAIPE
        fewer still (about 30).

    Raises
    ------
    ValueError
        For a percentage outside 0 to 100, an unknown locale code or a `full_at` that is not positive.
    """
    if full_at <= 0:
        raise ValueError("full_at must be positive")
    if poverty_percent is not None and not 0 <= poverty_percent <= 100:
        raise ValueError(f"a poverty percentage lies between 0 and 100, not at {poverty_percent:g}")
    if locale is not None and locale not in LOCALE_PARTS:
        raise ValueError(f"{locale} is no NCES locale code")
    return {
        "poverty": None if poverty_percent is None else POVERTY_PART * min(poverty_percent / full_at, 1.0),
        "locale": None if locale is None else LOCALE_PARTS[locale],
        "title_i": None if title_i is None else TITLE_I_PART * title_i,
    }


def region_median(schools: Iterable[Mapping[str, float | None]]) -> RegionMedian:
    """The medians that stand in for unknown facts, from the `need_parts` of the region's schools."""
    known: dict[str, list[float]] = {"poverty": [], "locale": [], "title_i": []}
    for parts in schools:
        for name, part in parts.items():
            if part is not None:
                known[name].append(part)
    return RegionMedian(**{name: median(parts) for name, parts in known.items() if parts})


def need_index(
    poverty_percent: float | None,
    locale: int | None,
    title_i: bool | None,
    region: RegionMedian,
    full_at: float = 75.0,
) -> NeedIndex:
    """Documented need B of one school; see `need_parts` for the facts and their errors.

    An unknown fact takes the region's median, so that a school is neither lifted nor lowered for a missing
    form.
    """
    parts = need_parts(poverty_percent, locale, title_i, full_at)
    filled = {name: getattr(region, name) if part is None else part for name, part in parts.items()}
    value = min(max(1.0 + sum(filled.values()), _LEAST_NEED), _MOST_NEED)
    return NeedIndex(value, filled, frozenset(name for name, part in parts.items() if part is None))
