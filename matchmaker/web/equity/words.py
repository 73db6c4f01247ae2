"""The words of the two pages for what the figures hold as codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from matchmaker.queries.equity.moved import Why

GROUPS: Mapping[str, LazyString] = {
    "quarter_1": _("First quarter"),
    "quarter_2": _("Second quarter"),
    "quarter_3": _("Third quarter"),
    "quarter_4": _("Fourth quarter"),
    "third_1": _("First third"),
    "third_2": _("Second third"),
    "third_3": _("Last third"),
    "half_1": _("First half"),
    "half_2": _("Second half"),
    "all": _("All schools"),
    "city": _("City"),
    "suburban": _("Suburb"),
    "town": _("Town"),
    "rural": _("Countryside"),
    "city_suburban": _("City or suburb"),
    "town_rural": _("Town or countryside"),
    "unknown": _("Not known"),
}
"""Groups of schools: by documented need, the most first; and by locale."""

KNOWLEDGE: Mapping[int, LazyString] = {
    0: _("By training or license"),
    1: _("By training or license, joined lately"),
    2: _("By practice"),
    3: _("By practice, joined lately"),
    4: _("Both ways"),
    5: _("Both ways, joined lately"),
}
"""The partner groups of a plan, as matching.groups counts them."""

WAITS: tuple[LazyString, ...] = (
    _("Up to 4 days"),
    _("5 to 9 days"),
    _("10 to 19 days"),
    _("20 days or more"),
)
"""As queries.equity.asked.WAITS begins them."""


def waits(counts: Sequence[int | None]) -> list[tuple[str, int | None]]:
    """Groups of waits with what they are called."""
    return [(str(name), count) for name, count in zip(WAITS, counts, strict=True)]


WHY: Mapping[Why, LazyString] = {
    Why.CHOSE_FIRST: _("Had waited longest, and chose first"),
    Why.REACHED_LESS: _("Reached less than others so far: an earlier turn"),
    Why.DOCUMENTED: _("First in line by what is documented: an earlier turn"),
    Why.MADE_ROOM: _("Other schools made room for it"),
    Why.REACHED_MORE: _("Has its share already, and gave some of its first choices"),
    Why.CLOSER_ELSEWHERE: _("Gave a first choice to a class that had nobody else as close"),
    Why.SAME: _("Nothing changes"),
}

OPENS: Mapping[str | None, LazyString] = {
    "distance": _("People who know it live farther than they travel: mileage, or a visit by video"),
    "dates": _("People who know it are not free on those days: other dates"),
    "language": _("People who know it do not share a language with the class: somebody to interpret"),
    "format": _("People who know it offer another kind of visit: ask the teacher whether that would do"),
    "clearance": _("People who know it have no school clearance yet: follow the renewals"),
    "full": _("Everybody who could come has given all visits of that month: ask for one more person"),
    "paused": _("People who know it are taking a break: ask again later"),
    "not_reviewed": _("Profiles wait to be read: read them first"),
    "must_not_meet": _("Somebody is kept apart from the teacher: look for another person"),
    "passed": _("Those who came near were passed over: look for another person"),
    "set_aside": _("Those who came near were set aside: look for another person"),
    "asked": _("Those who came near are asked already: wait for their answer"),
    "said_not_now": _("Those who came near said not now: ask again later, or look for another person"),
    None: _("Nobody has written about this yet: write a call"),
}
"""What would open a line of the list, by the rule that kept most people from it."""
