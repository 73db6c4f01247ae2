"""The view of the queue that an address or a form of the desk carries, and the addresses that keep it.

Every form of the desk has it in a hidden field named ``view``; every link has it as parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _

from matchmaker.queries import desk
from matchmaker.queries.desk import View
from matchmaker.queries.desk.view import BANDS, LATE, MINE, NOBODYS, ORDERS, OVER
from matchmaker.web import labels
from models.codes import SUBJECTS

ORDER_NAMES: Mapping[str, LazyString] = {
    "line": _("First in line, oldest"),
    "oldest": _("Longest waiting"),
    "closest": _("Closest first"),
}
BAND_NAMES: Mapping[str, LazyString] = {
    "elementary": _("Kindergarten to grade 5"),
    "middle": _("Grades 6 to 8"),
    "high": _("Grades 9 to 12"),
}

Choice = tuple[str, str]


@dataclass(frozen=True)
class Choices:
    """What one parameter of a view can be: (value, name), in groups where ``groups`` has names for them."""

    name: str
    label: str
    groups: tuple[tuple[str, tuple[Choice, ...]], ...]

    def named(self, value: str) -> str | None:
        """The name of a value; None for one that is no longer among them."""
        return dict(choice for _name, choices in self.groups for choice in choices).get(value)


def asked() -> View:
    """The view that came with this request."""
    return View.parse(request.form.get("view", "")) if request.method == "POST" else View.read(request.args)


def address(request_id: int | None, view: View, page: int | None = None) -> str:
    """Where a request of the queue is seen in a view; without one, the queue itself."""
    if request_id is None:
        return url_for("desk.index", **view.arguments, page=page)
    return url_for("desk.show", request_id=request_id, **view.arguments)


def orders() -> list[Choice]:
    """The orders of the queue."""
    return [(code, str(ORDER_NAMES[code])) for code in ORDERS]


def offered(queue: desk.Queue, staff: Sequence[desk.Named], reader_id: int | None) -> list[Choices]:
    """What the queue can be filtered by: only what some request in it is, so that no choice finds nothing."""
    waiting = queue.waiting
    districts = {f"district-{item.district_id}": item.district_name or "" for item in waiting if item.district_id}
    schools = {f"school-{item.school_id}": item.school_name for item in waiting}
    subjects = {item.subject for item in waiting}
    spoken = {code: labels.own_language(code) for item in waiting for code in item.spoken}
    grades = {item.grade for item in waiting}
    owners = {item.assigned_to_id for item in waiting}
    colleagues = [(str(each.id), each.name) for each in staff if each.id in owners and each.id != reader_id]
    days = [(str(days), ngettext("over %(num)s day", "over %(num)s days", days)) for days in OVER]
    return [
        Choices(
            "where",
            gettext("School or district"),
            ((gettext("Districts"), _by_name(districts)), (gettext("Schools"), _by_name(schools))),
        ),
        _plain(
            "subject", gettext("Subject"), ((code, str(labels.SUBJECTS[code])) for code in SUBJECTS if code in subjects)
        ),
        _plain("band", gettext("Grades"), ((code, str(BAND_NAMES[code])) for code in BANDS if grades & {*BANDS[code]})),
        _plain("language", gettext("Language"), _by_name(spoken)),
        _plain("whose", gettext("Assigned to"), ((MINE, gettext("me")), (NOBODYS, gettext("nobody")), *colleagues)),
        _plain("over", gettext("Has waited"), ((LATE, gettext("longer than promised")), *days)),
    ]


def _plain(name: str, label: str, choices: Iterable[Choice]) -> Choices:
    return Choices(name, label, (("", tuple(choices)),))


def _by_name(names: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(sorted(names.items(), key=lambda choice: choice[1].casefold()))
