"""Handing in a spreadsheet, and confirming what it does."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, RadioField
from wtforms.validators import InputRequired, Regexp

from matchmaker.services.sheets.books import Terms
from matchmaker.web import fields
from matchmaker.web.sheets import words
from models import SheetKind


class SheetForm(fields.PageForm):
    """A file, and what its rows are."""

    kind = RadioField(_("What the rows are"), validators=[InputRequired(message=_("Please say what the rows are."))])
    file = FileField(_("CSV file"), validators=[FileRequired(message=_("Please choose a file."))])

    def __init__(self, kinds: Iterable[SheetKind]) -> None:
        super().__init__()
        self.kind.choices = fields.choices((kind.value, words.KINDS[kind]) for kind in kinds)


class ConfirmForm(fields.PageForm):
    """What was shown, and what is said beside the file."""

    digest = HiddenField(validators=[Regexp(r"^[0-9a-f]{64}$")])
    leave_out = BooleanField()
    reviewed = BooleanField(_("I have read these people\u2019s profiles: they may be invited from now on"))
    tell = BooleanField(_("Write to the new teachers that they can post now"))

    @property
    def terms(self) -> Terms:
        """As the service takes them."""
        return Terms(leave_out=self.leave_out.data, reviewed=self.reviewed.data, tell=self.tell.data)
