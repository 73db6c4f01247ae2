"""A partner's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField

from matchmaker.web import fields
from models import NotNowReason, Window


class AnswerForm(fields.PageForm):
    """Yes with a date, or not now with a reason if one likes."""

    answer = RadioField(_("What do you say?"), choices=("yes", "not_now"), validate_choice=False)
    window = RadioField(_("Which day suits you best?"), coerce=fields.whole_or_none, validate_choice=False)
    reason = RadioField(_("If you like, tell us why"), choices=[r.value for r in NotNowReason], validate_choice=False)

    def __init__(self, windows: Sequence[Window], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window.choices = [window.id for window in windows]

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        offered = self.window.choices
        if self.answer.data not in ("yes", "not_now"):
            self.answer.errors = [gettext("Please choose one of the answers.")]
        elif self.answer.data == "yes" and offered and self.window.data not in offered:
            self.window.errors = [gettext("Please choose one of the dates.")]
        return sound and not self.answer.errors and not self.window.errors

    @property
    def why(self) -> NotNowReason | None:
        """The reason, if one of ours was given."""
        return next((reason for reason in NotNowReason if reason == self.reason.data), None)
