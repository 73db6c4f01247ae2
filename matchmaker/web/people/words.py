"""The filters and orders of the people table as they are offered, and how they stand in an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from matchmaker.queries.people_table import Filters
from matchmaker.web import labels

LONGEST_SEARCH = 100
LONGEST_CODE = 12

CLEARANCES: Mapping[str, LazyString] = {
    "counts": _("Current or ending soon"),
    "soon": _("Ends within 45 days"),
    "ended": _("Ended"),
    "in_process": _("In process"),
    "none": _("None, or not known"),
}
MONTHS: Mapping[str, LazyString] = {
    "free": _("Has a free place"),
    "full": _("Full"),
}
STANDINGS: Mapping[str, LazyString] = {
    "active": _("May be invited"),
    "paused": _("Paused"),
    "silent": _("Silent"),
    "new": _("New"),
    "review": _("Waits for review"),
}
ORDERS: Mapping[str, LazyString] = {
    "clearance": _("Clearance, soonest first"),
    "name": _("Name"),
    "month": _("Most free places first"),
    "invited": _("Longest not invited first"),
    "visited": _("Longest without a visit first"),
    "load": _("Least load first"),
    "silent": _("Most unanswered first"),
}
_NAMES = {"words": "q"}
"""Parts of the filters that stand under another name in an address."""


@dataclass(frozen=True)
class Chip:
    """A filter that is on, in words, and the address without it."""

    words: str
    without: dict[str, str]


def read(args: MultiDict[str, str]) -> Filters:
    """The filters of an address; what is not offered asks for nothing."""

    def one_of(name: str, offered: Mapping[str, object]) -> str:
        said = args.get(name, "")
        return said if said in offered else ""

    sort = args.get("sort", "")
    return Filters(
        words=args.get("q", "").strip()[:LONGEST_SEARCH],
        language=args.get("language", "").strip()[:LONGEST_CODE],
        clearance=one_of("clearance", CLEARANCES),
        month=one_of("month", MONTHS),
        standing=one_of("standing", STANDINGS),
        sort=sort if sort.removeprefix("-") in ORDERS else Filters().sort,
    )


def query(filters: Filters, **changed: str) -> dict[str, str]:
    """What of an address says these filters, some of them changed; what asks for nothing is left out."""
    usual = asdict(Filters())
    said = asdict(replace(filters, **changed))
    return {_NAMES.get(name, name): value for name, value in said.items() if value != usual[name]}


def turned(filters: Filters, key: str) -> dict[str, str]:
    """The address that sorts by a column, and the other way round where it is sorted by that one already."""
    return query(filters, sort=f"-{key}" if filters.sort == key else key)


def chips(filters: Filters, month: str) -> list[Chip]:
    """The filters that are on. ``month`` is this month's name."""
    said = {
        "words": gettext("“%(words)s”", words=filters.words),
        "language": gettext("Language: %(language)s", language=labels.language(filters.language)),
        "clearance": gettext("Clearance: %(state)s", state=_within(CLEARANCES, filters.clearance)),
        "month": gettext("In %(month)s: %(state)s", month=month, state=_within(MONTHS, filters.month)),
        "standing": str(STANDINGS.get(filters.standing, "")),
    }
    return [Chip(words, query(filters, **{name: ""})) for name, words in said.items() if getattr(filters, name)]


def _within(offered: Mapping[str, LazyString], code: str) -> str:
    """The words of a choice as they stand inside a line."""
    words = str(offered.get(code, ""))
    return words[:1].lower() + words[1:]
