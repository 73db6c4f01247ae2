"""The words for what is documented of a school. Measures and programs keep their official names: they are sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _

from matching.need import Calibration
from matchmaker.web import labels

PROGRAM = "Title I"
"""A federal program; its name is the same in every language."""

LOCALES: Mapping[str, LazyString] = {
    "city-large": _("City, large"),
    "city-midsize": _("City, midsize"),
    "city-small": _("City, small"),
    "suburban-large": _("Suburb, large"),
    "suburban-midsize": _("Suburb, midsize"),
    "suburban-small": _("Suburb, small"),
    "town-fringe": _("Town, near a city"),
    "town-distant": _("Town, far from a city"),
    "town-remote": _("Town, remote"),
    "rural-fringe": _("Countryside, near a town"),
    "rural-distant": _("Countryside, far from a town"),
    "rural-remote": _("Countryside, remote"),
}

MEASURES: Mapping[str, LazyString] = {
    "direct certification": _("direct certification"),
    "SAIPE school-age poverty": _("SAIPE, school-age poverty"),
    "free or reduced-price lunch": _("free or reduced-price lunch"),
}
"""The measures whose scale is known; see queries.fairness.full_at."""

FACTS: Mapping[str, object] = {
    "poverty_value": _("Poverty figure"),
    "poverty_measure": _("Measure"),
    "poverty_year": _("Year"),
    "poverty_source": _("Source"),
    "locale": _("Locale"),
    "title_i": PROGRAM,
}


def fact(name: str) -> str:
    """What a documented fact is called."""
    return str(FACTS[name])


def value(name: str, stored: Any) -> str:
    """A documented fact as it is read; unknown is said to be unknown."""
    if stored is None:
        return gettext("not known")
    if name == "poverty_value":
        return f"{stored:g} %"
    if name == "poverty_measure":
        return labels.label(MEASURES, stored) if stored in MEASURES else str(stored)
    if name == "locale":
        return labels.label(LOCALES, stored)
    if name == "title_i":
        return gettext("takes part") if stored else gettext("does not take part")
    return str(stored)


def calibrated(calibration: Calibration) -> list[str]:
    """How strongly documented need counts in the region now, and why, in whole sentences."""
    percent = round(100 * calibration.strength)
    counts = gettext("Documented need counts at %(percent)s %% of what it could.", percent=percent)
    if calibration.requests < 1:
        return [
            counts,
            gettext("No request has been settled yet, so nothing is observed and it counts little."),
        ]
    heard = ngettext(
        "It follows from how the settled requests of %(num)s school were served.",
        "It follows from how the settled requests of %(num)s schools were served.",
        calibration.schools,
    )
    less = round(100 * calibration.observed)
    believed = round(100 * calibration.shortfall)
    if believed <= 0:
        seen = gettext("Schools with more documented need were not reached less than the others.")
    else:
        seen = gettext(
            "Schools with the most were reached %(less)s %% less than schools with none; with so much to go by,"
            " %(believed)s %% is believed.",
            less=less,
            believed=believed,
        )
    return [counts, heard, seen]
