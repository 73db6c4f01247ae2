"""Decisions on the desk."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, ValidationError

from matchmaker.queries.desk import SECTIONS
from matchmaker.services.proposals import PassReason
from matchmaker.web import fields


class ApproveForm(fields.PageForm):
    """Whom to invite, out of which ranking: the one the page showed."""

    ranking = IntegerField(validators=[InputRequired(), NumberRange(1, fields.LARGEST_ID)])
    proposal = IntegerField(validators=[InputRequired(), NumberRange(1, fields.LARGEST_ID)])
    section = HiddenField(default=SECTIONS[0], validators=[AnyOf(SECTIONS)])


class PassForm(fields.PageForm):
    """Why somebody is passed over; read by coordinators only."""

    reason = SelectField(_("Reason"), choices=[reason.value for reason in PassReason])
    note = StringField(_("In your words"), filters=[fields.trimmed], validators=[Length(max=500), fields.plain])

    def validate_note(self, field: Any) -> None:
        if self.reason.data == PassReason.OTHER and not field.data:
            raise ValidationError(gettext("Please say in your words why."))


class SteerForm(fields.PageForm):
    """A reason that colleagues read, and the page to go back to."""

    reason = fields.line(_("Reason, for coordinators only"), 500)
    back = HiddenField(validators=[Length(max=500)])
