"""What a reader can choose about mails."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateField, RadioField
from wtforms.validators import Optional

from matchmaker.web import fields
from models import MailKind

EVERYTHING = "all"


class ChoiceForm(fields.PageForm):
    """One button of the page: stop or take a kind of mail, pause invitations or end the pause."""

    do = RadioField(choices=["stop", "start", "pause", "resume"], validate_choice=False)
    kind = RadioField(choices=[*(kind.value for kind in MailKind), EVERYTHING], validate_choice=False)
    until = DateField(_("No invitations before"), validators=[Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if not sound or self.do.data not in self.do.choices:
            self.do.errors = [gettext("Please use one of the buttons.")]
        elif self.do.data in ("stop", "start") and self.kind.data not in self.kind.choices:
            self.kind.errors = [gettext("Please use one of the buttons.")]
        elif self.do.data == "pause" and self.until.data is None:
            self.until.errors = [gettext("Please choose a day.")]
        return not self.errors

    @property
    def chosen(self) -> MailKind | None:
        """The kind that is meant, None for all."""
        return next((kind for kind in MailKind if kind.value == self.kind.data), None)
