"""The rule table in sentences: a row is read aloud, not decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from matchmaker import audit
from matchmaker.queries.clearances import CONDITIONS, Circumstances, Rule
from matchmaker.web import filters
from models import Clearance

SAID: Mapping[tuple[str, bool], LazyString] = {
    ("supervised", True): _("somebody of the school is in the room throughout"),
    ("supervised", False): _("nobody of the school is in the room"),
    ("repeated", True): _("it is more than one visit to the school in a school year"),
    ("repeated", False): _("it is the only visit to the school in a school year"),
    ("own_child", True): _("a child of the partner's goes to the school"),
    ("own_child", False): _("no child of the partner's goes to the school"),
    ("overnight", True): _("the class stays overnight"),
    ("overnight", False): _("nobody stays overnight"),
}
"""What each condition says of a visit."""

ASKED: Mapping[str, LazyString] = {
    "supervised": _("Somebody of the school in the room"),
    "repeated": _("More than one visit in a school year"),
    "own_child": _("Own child at the school"),
    "overnight": _("Overnight"),
}

STATUSES: Mapping[str, LazyString] = {
    Clearance.CLEARED.value: _("In order"),
    Clearance.IN_PROCESS.value: _("In process"),
    Clearance.NONE.value: _("None"),
    Clearance.UNKNOWN.value: _("Not known"),
}

DONE: Mapping[str, LazyString] = {
    audit.Tag.CLEARANCE_RULE_ADDED.value: _("added a row"),
    audit.Tag.CLEARANCE_RULE_MOVED.value: _("moved a row"),
    audit.Tag.CLEARANCE_RULE_REMOVED.value: _("removed a row"),
}
"""What was done to the table, by audit tag."""


def sentence(row: Any) -> str:
    """A rule in words; ``row`` is anything with its conditions, or a mapping of them."""
    told = row if isinstance(row, Mapping) else {name: getattr(row, name) for name in (*CONDITIONS, "required")}
    held = [str(SAID[name, told[name]]) for name in CONDITIONS if told.get(name) is not None]
    if not held:
        return gettext("Needs a clearance, always.") if told["required"] else gettext("Needs no clearance, ever.")
    when = filters.listed(held)
    if told["required"]:
        return gettext("Needs a clearance when %(conditions)s.", conditions=when)
    return gettext("Needs no clearance when %(conditions)s.", conditions=when)


def never_reached(rows: Sequence[Any]) -> set[int]:
    """Places of rows that can decide nothing, because the rows above them always do."""
    rules = [Rule(*(getattr(row, name) for name in (*CONDITIONS, "required"))) for row in rows]
    every = [Circumstances(*said) for said in product((False, True), repeat=len(CONDITIONS))]
    first = {next((at for at, rule in enumerate(rules) if rule.holds(each)), None) for each in every}
    return set(range(len(rules))) - first
