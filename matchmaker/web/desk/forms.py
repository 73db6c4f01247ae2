"""Decisions on the desk."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField
from wtforms.validators import AnyOf, InputRequired, NumberRange

from matchmaker.queries.desk import SECTIONS
from matchmaker.services.proposals import PassReason
from matchmaker.web import fields


class ApproveForm(FlaskForm):  # type: ignore[misc]
    """Whom to invite, out of which ranking: the one the page showed."""

    ranking = IntegerField(validators=[InputRequired(), NumberRange(1, fields.LARGEST_ID)])
    proposal = IntegerField(validators=[InputRequired(), NumberRange(1, fields.LARGEST_ID)])
    section = HiddenField(default=SECTIONS[0], validators=[AnyOf(SECTIONS)])


class PassForm(FlaskForm):  # type: ignore[misc]
    """Why somebody is passed over; read by coordinators only."""

    reason = SelectField(_("Reason"), choices=[reason.value for reason in PassReason])
    note = fields.line(_("In your words"), 500)
