"""A partner's answer, and a teacher's to the other times a partner proposes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateField, FieldList, FormField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import Optional

from matchmaker.clock import utc_now
from matchmaker.queries.invitations import Invitation
from matchmaker.services.introductions import MOST_TIMES
from matchmaker.web import fields, filters, times
from models import NotNowReason, OtherTime

ANSWERS = ("yes", "other_times", "not_now")
OWN_TIMES = 2
NONE_FITS = "none"


class AnswerForm(fields.PageForm):
    """Yes with a date, other times, or not now with a reason if one likes."""

    answer = RadioField(_("What do you say?"), choices=ANSWERS, validate_choice=False)
    window = RadioField(_("Which day suits you best?"), coerce=fields.whole_or_none, validate_choice=False)
    suggested = SelectMultipleField(_("Times that suit the class"), coerce=int, validate_choice=False)
    own = FieldList(FormField(times.TimeRow), min_entries=OWN_TIMES, max_entries=OWN_TIMES)
    minutes = SelectField(_("How long"), choices=times.lengths, coerce=int, default=50)
    reason = RadioField(_("If you like, tell us why"), choices=[r.value for r in NotNowReason], validate_choice=False)
    pause_until = DateField(_("No invitations until"), validators=[Optional()])

    def __init__(self, invitation: Invitation, **kwargs: Any) -> None:
        kwargs.setdefault("minutes", invitation.minutes if invitation.minutes in times.MINUTES else 50)
        super().__init__(**kwargs)
        self.region = invitation.region
        self.window.choices = [window.id for window in invitation.windows]
        self.lengths = {int(slot.starts_at.timestamp()): slot.ends_at - slot.starts_at for slot in invitation.suggested}

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if self.answer.data not in ANSWERS:
            self.answer.errors = [gettext("Please choose one of the answers.")]
        elif self.answer.data == "yes":
            self._check_window()
        elif self.answer.data == "other_times":
            self._check_times()
        elif self.pause_until.data is not None and self.pause_until.data <= self._today():
            self.pause_until.errors = [gettext("Please choose a day that lies ahead.")]
        own = [error for row in self.own for error in row.form.errors]
        return sound and not own and not any(field.errors for field in self)

    @property
    def times(self) -> list[tuple[datetime, datetime]]:
        """Every time that was chosen or written, once, earliest first."""
        chosen = (datetime.fromtimestamp(start, UTC) for start in self.suggested.data or () if start in self.lengths)
        ticked = [(start, start + self.lengths[int(start.timestamp())]) for start in chosen]
        return sorted({*ticked, *times.spans(self.own, self.minutes.data, self.region)})

    @property
    def why(self) -> NotNowReason | None:
        """The reason, if one of ours was given."""
        return next((reason for reason in NotNowReason if reason == self.reason.data), None)

    def _check_window(self) -> None:
        if self.window.choices and self.window.data not in self.window.choices:
            self.window.errors = [gettext("Please choose one of the dates.")]

    def _check_times(self) -> None:
        written = times.some_given(self.own, self.region)
        if any(row.form.errors for row in self.own):
            return
        if not written and not self.times:
            self.suggested.errors = [gettext("Please choose a time, or write one.")]
        elif len(self.times) > MOST_TIMES:
            self.suggested.errors = [gettext("Please choose %(most)s times or fewer.", most=MOST_TIMES)]

    def _today(self) -> date:
        return utc_now().astimezone(ZoneInfo(self.region.time_zone)).date()


class TimesForm(fields.PageForm):
    """Which of the other times the teacher takes, or that none fits."""

    time = RadioField(_("Which time suits your class?"), validate_choice=False)

    def __init__(self, ahead: Sequence[OtherTime], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.time.choices = fields.choices(
            [*((str(each.id), filters.when(each)) for each in ahead), (NONE_FITS, gettext("None of these fits"))]
        )

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if self.time.data not in {choice.value for choice in self.time.choices}:
            self.time.errors = [gettext("Please choose a time, or say that none fits.")]
        return sound and not self.time.errors

    @property
    def taken(self) -> int | None:
        """The id of the time that suits; None when none does."""
        return None if self.time.data == NONE_FITS else int(self.time.data)
