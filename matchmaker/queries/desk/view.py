"""Which part of the queue a coordinator looks at: its section, order and filters, as they travel in an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from matchmaker.queries.desk.lines import LINES
from models.codes import SUBJECTS

if TYPE_CHECKING:
    from matchmaker.queries.desk.waiting import Waiting

SECTIONS = ("ready", "closer", "none_yet", "held")
ORDERS = ("line", "oldest", "closest")
"""First in line and then the oldest; the longest waiting; the closest first candidate."""
BANDS: Mapping[str, range] = {"elementary": range(6), "middle": range(6, 9), "high": range(9, 13)}
"""Grade bands; 0 is kindergarten."""
MINE, NOBODYS = "me", "nobody"
OVER = (3, 7, 14, 30)
"""Days of waiting that can be filtered by."""
LATE = "promised"
"""Instead of days: whoever waits longer than the region promises."""
_LONGEST = 500


@dataclass(frozen=True)
class View:
    """What was asked for; an empty text is *any*. ``where`` is ``school-<id>`` or ``district-<id>``; ``whose`` is
    ``me``, ``nobody`` or the id of a colleague's account; ``over`` a number of days, or ``promised``.

    Whatever is not known is read as not asked for, so that no address and no kept view can bring anything else in.
    """

    section: str = ""
    order: str = ORDERS[0]
    where: str = ""
    subject: str = ""
    band: str = ""
    language: str = ""
    whose: str = ""
    over: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> View:
        """A view out of the parameters of an address."""
        found = {each.name: given.get(each.name, "") for each in fields(cls)}
        return cls(**{name: value for name, value in found.items() if value and _known(name, value)})

    @classmethod
    def parse(cls, query: str) -> View:
        """A view out of the text that ``query`` makes."""
        return cls.read(dict(parse_qsl(query[:_LONGEST])))

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameters of its address: what differs from the plain queue."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) != each.default}

    @property
    def query(self) -> str:
        """The same as one text, for a hidden field and for a view that is kept."""
        return urlencode(self.arguments)

    @property
    def filters(self) -> dict[str, str]:
        """What narrows the queue: all but the section and the order."""
        return {name: value for name, value in self.arguments.items() if name not in ("section", "order")}

    def of(self, section: str) -> View:
        """The same filters and order in another section."""
        return replace(self, section=section)

    @property
    def plain(self) -> View:
        """The same section without filters, in the usual order."""
        return View(section=self.section)

    def admits(self, item: Waiting, reader_id: int | None) -> bool:
        """Whether a request passes the filters for this reader."""
        return (
            self.where in ("", f"school-{item.school_id}", f"district-{item.district_id}")
            and self.subject in ("", item.subject)
            and (not self.band or item.grade in BANDS[self.band])
            and (not self.language or self.language in item.spoken)
            and (not self.whose or item.assigned_to_id == self._owner(reader_id))
            and (not self.over or (item.late if self.over == LATE else item.waiting_days > int(self.over)))
        )

    def sorted(self, items: Iterable[Waiting]) -> list[Waiting]:
        """Requests in this view's order; among equals the oldest is first."""
        return sorted(items, key=lambda item: (self._first(item), item.posted_at, item.id))

    def _owner(self, reader_id: int | None) -> int | None:
        return {MINE: reader_id, NOBODYS: None}.get(self.whose, int(self.whose) if self.whose.isdigit() else None)

    def _first(self, item: Waiting) -> float:
        if self.order == "closest":
            return -item.closeness if item.closeness is not None else 1.0
        return LINES.index(item.line) if self.order == "line" else 0


def _known(name: str, value: str) -> bool:
    if name == "where":
        kind, _, number = value.partition("-")
        return kind in ("school", "district") and _is_id(number)
    if name == "whose":
        return value in (MINE, NOBODYS) or _is_id(value)
    if name == "language":
        return value.isascii() and value.isalpha() and len(value) <= 3
    offered: Mapping[str, Iterable[str]] = {
        "section": SECTIONS, "order": ORDERS, "subject": SUBJECTS, "band": BANDS,
        "over": (*map(str, OVER), LATE),
    }  # fmt: skip
    return value in offered[name]


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 10
