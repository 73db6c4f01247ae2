"""The figures as files for a spreadsheet: stable English headers, one figure a file, nothing a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from matching.groups import KNOWLEDGE
from matching.plans import KEPT
from matchmaker.queries.equity import afterwards, asked, service
from matchmaker.queries.equity.partners import Exposure
from matchmaker.queries.equity.report import Named, Public

Cell = str | int | float | bool | None
Row = tuple[Cell, ...]

_RUNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_DIGITS = 4


def write(rows: Iterable[Row]) -> str:
    """Rows as CSV, the header first. Text that a spreadsheet could run stands behind an apostrophe."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _safe(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.{_DIGITS}f}"
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.lstrip().startswith(_RUNS) else text


def _headline(told: Named | Public) -> Iterable[Row]:
    figures = told.figures
    yield "figure", "before", "value"
    yield "requests_posted", None, figures.headline.asked
    yield "requests_met", None, figures.headline.met
    yield "schools", None, figures.schools
    yield "open_requests_with_candidates", None, figures.headline.open
    if figures.headline.found:
        yield "open_requests_with_somebody", int(figures.headline.found.before), int(figures.headline.found.after)
    if figures.worst_tenth:
        yield "share_of_least_served_tenth", figures.worst_tenth.before, figures.worst_tenth.after
    yield "quality_kept", None, figures.headline.kept


def _promises(told: Named | Public) -> Iterable[Row]:
    yield "promise", "kept", "value", "limit", "of"
    for each in told.figures.promises:
        yield each.code.value, each.kept, each.value, each.limit, each.of


def _service(told: Named | Public) -> Iterable[Row]:
    yield (
        "grouped_by", "group", "withheld", "schools", "requests_posted", "requests_met", "share_met", "low_95",
        "high_95", "share_before", "share_plan",
    )  # fmt: skip
    for name, groups in (("documented_need", told.figures.by_need), ("locale", told.figures.by_locale)):
        for each in groups:
            yield name, *_group(each)


def _group(group: service.Group) -> Row:
    if group.withheld:
        return group.code, True, *[None] * 8
    share = group.met / group.asked if group.asked else None
    ends = (group.low, group.high) if group.asked else (None, None)
    plan = (group.plan.before, group.plan.after) if group.plan else (None, None)
    return group.code, False, group.schools, group.asked, group.met, share, *ends, *plan


def _afterwards(told: Named | Public) -> Iterable[Row]:
    yield "documented_need", "figure", "withheld", "of", "so_many", "share", "low_95", "high_95"
    for each in told.figures.afterwards:
        yield each.code, "visits_held", *_shared(each.held)
        yield each.code, "would_do_it_again", *_shared(each.again)


def _shared(share: afterwards.Share) -> Row:
    if share.withheld:
        return True, *[None] * 5
    part = (share.met / share.of, share.low, share.high) if share.of else (None, None, None)
    return False, share.of, share.met, *part


def _exposure(told: Named | Public) -> Iterable[Row]:
    yield "knowledge", "joined_lately", "withheld", "partners", "merit_share", "exposure_before", "exposure_plan"
    for each in told.figures.exposure:
        yield KNOWLEDGE[each.group // 2], each.group % 2 == 1, *_shown(each)


def _shown(each: Exposure) -> Row:
    if each.withheld:
        return True, None, None, None, None
    return False, each.partners, each.merit, each.exposure.before, each.exposure.after


def _lorenz(told: Named | Public) -> Iterable[Row]:
    yield "share_of_schools", "share_before", "share_plan"
    yield from told.figures.curve.points if told.figures.curve else ()


def _waiting(told: Named | Public) -> Iterable[Row]:
    waiting = told.figures.waiting
    yield "days_from", "days_below", "open_requests"
    yield from zip(asked.WAITS, (*asked.WAITS[1:], None), waiting.groups, strict=True)
    yield "median", None, waiting.median_days
    yield "longest", None, waiting.longest_days


def _load(told: Named | Public) -> Iterable[Row]:
    load = told.figures.load
    yield "month", "partners_free", "partners_partly", "partners_full", "partners_none_set", "visits_held", "visits_set"
    yield load.month.isoformat()[:7], load.free, load.partly, load.full, load.none, load.held, load.units


def _schools(told: Named) -> Iterable[Row]:
    yield "school", "place_in_line", "open_requests", "share_before", "share_plan", "why"
    for each in told.moved:
        yield each.school.name, each.line, each.requests, each.before, each.after, each.why.value


def _wanted(told: Named) -> Iterable[Row]:
    yield "subject", "languages", "area", "requests", "schools", "kept_away_by"
    for each in told.wanted:
        yield each.subject, " ".join(each.languages), each.area, each.requests, "; ".join(each.schools), each.rule


def _topics(told: Public) -> Iterable[Row]:
    yield "subject", "withheld", "requests"
    for each in told.wanted:
        yield each.subject, each.withheld, None if each.withheld else each.requests


def dial(curve: Sequence[Mapping[str, Any]]) -> Iterable[Row]:
    """What each position of the dial gives and costs."""
    yield "dial", "quality_kept", "share_of_first_quarter", "share_of_least_served_tenth", "keeps_promise"
    for each in curve:
        yield each["dial"], each["kept"], each["first_quarter"], each["worst_tenth"], each["kept"] >= KEPT


_BOTH: Mapping[str, Callable[[Named | Public], Iterable[Row]]] = {
    "headline": _headline,
    "promises": _promises,
    "service": _service,
    "afterwards": _afterwards,
    "exposure": _exposure,
    "lorenz": _lorenz,
    "waiting": _waiting,
    "load": _load,
}
NAMED: Mapping[str, Callable[[Named], Iterable[Row]]] = {**_BOTH, "schools": _schools, "wanted": _wanted}
"""The figures of the page that names schools, by the name of their file."""
PUBLIC: Mapping[str, Callable[[Public], Iterable[Row]]] = {**_BOTH, "wanted": _topics}
"""The figures of the public report."""
