"""Documented need of a school, from a poverty measure, the NCES locale and Title I; nothing else enters.

How strongly it counts is calibrated: as strongly as the network has in fact reached the schools that have more of it
less than the others, and never more than B = 1.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_LEAST_NEED, _MOST_NEED = 1.0, 1.5

POVERTY_PART = 0.30
TITLE_I_PART = 0.10
LOCALE_PARTS: Mapping[int, float] = {
    **dict.fromkeys((11, 12, 13, 21, 22, 23), 0.0),  # cities and suburbs
    **{31: 0.02, 32: 0.04, 33: 0.06},  # towns
    **{41: 0.06, 42: 0.08, 43: 0.10},  # rural
}
"""What each NCES locale code adds: the farther from a town, the fewer partners are at hand."""

MOST_PARTS = _MOST_NEED - _LEAST_NEED
"""The sum of all parts of a school that has the most of each: with it B is 1.5. More has been measured to backfire."""
LEAST_STRENGTH = 0.2
"""Where no shortfall is observed, documented need still counts a fifth: B is 1.1 at most."""
POWER = 4.0
"""To be reached a given share more, a school needs about that ratio to this power as its B: the default alpha."""
ALIKE = 40.0
"""As many requests served alike stand against what is observed. With 40 of one's own as far apart, half is believed."""
_MOST_SHORTFALL = 0.9  # beyond it the strength is 1 anyway, and the power would overflow
_NO_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class NeedIndex:
    """Documented need of a school.

    Attributes
    ----------
    value
        B in [1, 1.5]: 1 + the parts.
    parts
        What "poverty" (up to 0.30), "locale" (0.10) and "title_i" (0.10) add, times `strength`.
    unknown
        The parts taken from the region's median because the fact is not known; always to be shown with the
        value.
    strength
        In (0, 1]: the `Calibration.strength` it was made with; 1 where nothing was calibrated.
    """

    value: float
    parts: Mapping[str, float]
    unknown: frozenset[str]
    strength: float = 1.0

    @property
    def documented(self) -> float:
        """Sum of the parts in [0, 0.5] before calibration: what the facts alone say."""
        return sum(self.parts.values()) / self.strength


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
    strength: float = 1.0,
) -> NeedIndex:
    """Documented need B of one school; see `need_parts` for the facts and their errors.

    An unknown fact takes the region's median, so that a school is neither lifted nor lowered for a missing
    form. `strength` is that of a `Calibration`; at 1 the facts count in full.
    """
    if not 0.0 < strength <= 1.0:
        raise ValueError(f"documented need counts with a strength above 0 and up to 1, not {strength:g}")
    parts = need_parts(poverty_percent, locale, title_i, full_at)
    filled = {name: strength * (getattr(region, name) if part is None else part) for name, part in parts.items()}
    value = min(max(1.0 + sum(filled.values()), _LEAST_NEED), _MOST_NEED)
    unknown = frozenset(name for name, part in parts.items() if part is None)
    return NeedIndex(value, filled, unknown, strength)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How strongly documented need counts in a region, and the observation behind it.

    Attributes
    ----------
    strength
        In [LEAST_STRENGTH, 1]: what every part of every school's need is multiplied with.
    shortfall
        How much less, as a share of the region's mean service, schools with the most documented need were reached than
        schools with none, after shrinking; negative where they were reached more.
    observed
        The same before shrinking; 0 where the schools heard do not differ.
    requests
        Settled requests behind it, the older ones counting less.
    schools
        How many schools were heard.
    """

    strength: float
    shortfall: float
    observed: float
    requests: float
    schools: int


def service_record(
    utility: ArrayLike, age_days: ArrayLike, school: ArrayLike, schools: int, half_life_days: float
) -> tuple[Floats, Floats]:
    """How well each school's settled requests were served, and how many there are, the older ones counting less.

    Parameters
    ----------
    utility, age_days, school
        [n] of each settled request: relevance of who came in [0, 1], 0 for nobody; days since; index of its school.
    schools
        Number of schools S.
    half_life_days
        Age at which a request counts half.

    Returns
    -------
    (service, requests)
        [S] decayed mean utility, 0 where nothing was settled, and [S] decayed number of settled requests.
    """
    values, owner = np.asarray(utility, dtype=np.float64), np.asarray(school, dtype=np.int64)
    decay = np.exp2(-np.clip(np.asarray(age_days, dtype=np.float64), 0.0, None) / half_life_days)
    total, count = (
        np.bincount(owner, weights=each, minlength=schools).astype(np.float64) for each in (decay * values, decay)
    )
    return np.divide(total, count, out=np.zeros(schools), where=count > 0), count


def calibrate(documented: ArrayLike, service: ArrayLike, requests: ArrayLike) -> Calibration:
    """How strongly documented need must count to make up for what was observed.

    Relative service is regressed on documented need over the schools, each counting as many settled requests as it
    has. The slope is shrunk as if `ALIKE` further requests, half of them from schools without documented need and half
    from schools with the most, had all been served alike; so little data says little. From the shortfall it implies
    follows the B that a school with the most need takes to be reached alike, (1 - shortfall) to the power -`POWER`,
    and the strength is what gives it that B: at least `LEAST_STRENGTH`, at most the documented parts in full.

    Parameters
    ----------
    documented
        [S] sum of each school's parts in [0, 0.5]; NaN for a school of which no fact is known. Such a school is not
        heard: a median that stands in for a fact is no evidence about the fact.
    service, requests
        [S] from `service_record`.

    Returns
    -------
    Calibration
        Its strength never falls where a school with more documented need than the mean was served less.
    """
    need, reached, weight = (np.asarray(each, dtype=np.float64) for each in (documented, service, requests))
    heard = np.isfinite(need) & (weight > 0)
    need, reached, weight = need[heard], reached[heard], weight[heard]
    count = float(weight.sum())
    mean = float(weight @ reached) / count if count > 0 else 0.0
    if mean <= 0.0:
        return Calibration(LEAST_STRENGTH, 0.0, 0.0, count, len(need))
    apart = need - float(weight @ need) / count
    common, spread = float((weight * apart) @ reached) / mean, float((weight * apart) @ apart)
    observed = -MOST_PARTS * common / spread if spread > _NO_SPREAD else 0.0
    shortfall = -MOST_PARTS * common / (spread + ALIKE * (MOST_PARTS / 2) ** 2)
    owed = (1.0 - min(shortfall, _MOST_SHORTFALL)) ** -POWER - 1.0
    strength = min(max(owed / MOST_PARTS, LEAST_STRENGTH), 1.0)
    return Calibration(strength, shortfall, observed, count, len(need))
