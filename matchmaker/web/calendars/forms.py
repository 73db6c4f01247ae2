"""Days on which a region's schools do not count."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField

from matchmaker.services.closures import LONGEST, ClosedDays
from matchmaker.web import fields, labels
from models import ClosureKind


class ClosureForm(fields.PageForm):
    """First and last day, what kind of days they are, and their name in both languages."""

    kind = RadioField(_("What kind of days?"))
    first_on = fields.line(_("First day"), 10, required=_("Please choose the first day."))
    last_on = fields.line(_("Last day"), 10)
    name_en = fields.line(_("Name in English"), 80, required=_("Please write the name in English."))
    name_es = fields.line(_("Name in Spanish"), 80, required=_("Please write the name in Spanish."))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"data": {"kind": ClosureKind.HOLIDAY.value}, **kwargs})
        self.kind.choices = fields.coded((kind.value for kind in ClosureKind), labels.CLOSURES)

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        first, last = _day(self.first_on.data), _day(self.last_on.data or self.first_on.data)
        if self.first_on.data and first is None:
            self.first_on.errors = [gettext("Please write a day such as 2026-11-26.")]
        if self.last_on.data and last is None:
            self.last_on.errors = [gettext("Please write a day such as 2026-11-27.")]
        if first and last and not 0 <= (last - first).days < LONGEST:
            self.last_on.errors = [gettext("Please choose a last day that is not before the first, and within months.")]
        return sound and not self.first_on.errors and not self.last_on.errors

    @property
    def days(self) -> ClosedDays:
        """What was written; only once it is sound."""
        first, last = _day(self.first_on.data), _day(self.last_on.data or self.first_on.data)
        assert first is not None and last is not None
        names = {"en": self.name_en.data, "es": self.name_es.data}
        return ClosedDays(first, last, ClosureKind(self.kind.data), names)


def _day(value: str | None) -> date | None:
    try:
        read = date.fromisoformat(value or "")
    except ValueError:
        return None
    return read if 2000 < read.year < 2200 else None
