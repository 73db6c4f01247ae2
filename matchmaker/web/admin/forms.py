"""What is decided about something that got stuck."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectField

from matchmaker.services.mending import DropReason
from matchmaker.web import fields

DROP_REASONS: Mapping[str, LazyString] = {
    DropReason.TOLD: _("They were told by phone or in person"),
    DropReason.OVER: _("What it was about is over"),
    DropReason.WRONG_ADDRESS: _("It was addressed to the wrong person"),
}


class DropForm(fields.PageForm):
    """Why a mail need not go any more."""

    reason = SelectField(_("Why it need not go"), choices=[each.value for each in DropReason])


class LiftForm(fields.PageForm):
    """Whether the reader asked for mails again."""

    asked = BooleanField(_("They asked for mails again"))
