"""Putting a request on hold, giving it to somebody, and keeping a note."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectMultipleField
from wtforms.validators import NumberRange, Optional

from matchmaker.services import holds, notes
from matchmaker.web import fields, filters


class HoldForm(fields.PageForm):
    """Until which day, and why; both may be left out."""

    until = DateField(_("Until"), validators=[Optional()])
    reason = fields.line(_("Reason, for coordinators only"), holds.LONGEST_REASON)

    @property
    def day(self) -> date | None:
        """The day asked for, None for the usual one."""
        chosen: date | None = self.until.data
        return chosen


class AssignForm(fields.PageForm):
    """Whose a request is from now on; empty for nobody's."""

    account = IntegerField(validators=[Optional(), NumberRange(1, fields.LARGEST_ID)])


class NoteForm(fields.PageForm):
    """A note for colleagues. Names that may be a student's are asked about once."""

    text = fields.words(_("Note, for coordinators only"), notes.LONGEST, required=_("Please write a few words."))
    no_student_named = BooleanField(_("None of these is a student"))
    # Names that the page has asked about: the answer is for these, never for one written since.
    asked = SelectMultipleField(validate_choice=False)
    view = HiddenField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names: list[str] = []

    def clears(self, names: list[str]) -> bool:
        """Whether the writer has said that these are no students."""
        return bool(self.no_student_named.data) and set(names) <= set(self.asked.data or ())

    def ask_about(self, names: list[str]) -> None:
        """Come back with the words that may name a student, and a way to say that they do not."""
        self.names = names
        asked = gettext("Please take out the names of students, or tell us that these are not students: %(names)s.")
        self.text.errors = [asked % {"names": filters.listed(names)}]
