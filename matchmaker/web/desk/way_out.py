"""Where nobody is eligible: how the list ran out, who comes closest to a yes, and what would let them be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.queries import closest
from matchmaker.web import context
from matchmaker.web.desk import why_not
from models import LearningRequest, Ranking

LEFT: Mapping[str, LazyString] = {
    "not_reviewed": _("have a profile that was read"),
    "paused": _("take invitations now"),
    "passed": _("were not passed over for this request"),
    "set_aside": _("were not set aside for this request"),
    "said_not_now": _("have not said not now to this request"),
    "asked": _("are not asked for it already"),
    "must_not_meet": _("may meet this teacher"),
    "format": _("offer the kind of visit that was asked for"),
    "language": _("share a language with the class"),
    "distance": _("travel as far as the school, or meet online"),
    "dates": _("are free on one of the days"),
    "clearance": _("have a school clearance for the dates"),
    "full": _("have a visit left that month"),
}
"""What those have in common whom a rule leaves."""
TOGETHER: tuple[tuple[tuple[str, ...], LazyString], ...] = (
    (
        ("not_reviewed", "paused", "passed", "set_aside", "said_not_now", "asked", "must_not_meet"),
        _("may be asked by this class now"),
    ),
    (("format", "language"), _("offer the kind of visit that was asked for, in a language of the class")),
    (("distance", "dates"), _("travel as far as the school, on one of the days")),
    (("clearance", "full"), _("have a school clearance for the dates, and a visit left that month")),
)
"""Steps of the funnel, in the order of the rules, and what is said where several rules of a step left people out."""


@dataclass(frozen=True)
class Step:
    """How many are left, and what they have in common."""

    left: int
    words: str


def funnel(excluded: Mapping[str, int], eligible: int) -> list[Step]:
    """From everybody down to nobody, in five steps at most."""
    left = eligible + sum(excluded.values())
    steps = [Step(left, str(_("partners in the network")))]
    for rules, together in TOGETHER:
        found = [rule for rule in rules if excluded.get(rule)]
        if found:
            left -= sum(excluded[rule] for rule in found)
            steps.append(Step(left, str(LEFT[found[0]] if len(found) == 1 else together)))
    return steps


def shown(asked: LearningRequest, ranking: Ranking | None, people: Sequence[object]) -> dict[str, Any]:
    """What a request's page tells when its ranking found nobody."""
    if ranking is None or people:
        return {}
    region, now = context.region(), utc_now()
    near = closest.of_request(db.session, asked, now)
    return {
        "funnel": funnel(ranking.excluded, ranking.eligible),
        "closest": [(each, why_not.excluded(each.rule, each.partner, each.miles, asked, region, now)) for each in near],
    }
