"""Saying that everything of somebody's is to be erased."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import BooleanField
from wtforms.validators import InputRequired

from matchmaker.web import fields


class EraseForm(fields.PageForm):
    """One deliberate tick: it cannot be taken back."""

    sure = BooleanField(
        _("Erase it for good. I know that this cannot be taken back."),
        validators=[InputRequired(message=_("Please tick the box first. Nothing was erased."))],
    )
