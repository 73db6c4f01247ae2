"""A date for a visit, and calling one off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import FieldList, FormField, HiddenField, RadioField, SelectField

from matchmaker.queries.slots import TimeSpan
from matchmaker.queries.visits import Meeting
from matchmaker.services.visits import CancelReason
from matchmaker.web import fields, labels, times

UNDATED = -1
"""What a form says that was drawn before there was a date."""
OWN = "own"
"""The choice of writing down a date of one's own."""


class _Drawn(fields.PageForm):
    """A form that knows which visit it was drawn for: ``sequence`` is the visit's at that moment."""

    sequence = HiddenField()

    def __init__(self, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(sequence=str(meeting.visit.sequence if meeting.visit else UNDATED), **kwargs)

    @property
    def drawn(self) -> int:
        """The sequence that was sent, or UNDATED; for anything else a number that no visit has."""
        given = "".join(self.sequence.raw_data or ())
        if given == str(UNDATED):
            return UNDATED
        return int(given) if given.isdecimal() and len(given) < 9 else UNDATED - 1


class DateForm(_Drawn):
    """One of the times that would suit, or a date of one's own in the region's time."""

    slot = RadioField(_("Which date?"), validate_choice=False)
    own = FieldList(FormField(times.TimeRow), min_entries=1, max_entries=1)
    minutes = SelectField(_("How long"), choices=times.lengths, coerce=int, default=50)

    def __init__(self, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(meeting, minutes=meeting.minutes if meeting.minutes in times.MINUTES else 50, **kwargs)
        self.region = meeting.region
        # The date it has already, too: a form sent twice chooses it again.
        known: list[TimeSpan] = [*meeting.slots, *([meeting.visit] if meeting.visit else [])]
        self.known = {value(slot): (slot.starts_at, slot.ends_at) for slot in known}

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if self.slot.data != OWN:
            if self.slot.data not in self.known:
                self.slot.errors = [gettext("Please choose a date.")]
            return sound and not self.slot.errors
        if not times.some_given(self.own, self.region):
            self.row.date.errors = [gettext("Please add the date.")]
        return sound and not self.row.errors

    @property
    def row(self) -> Any:
        """The date of one's own."""
        return self.own[0].form

    @property
    def chosen(self) -> tuple[datetime, datetime]:
        """The time that was chosen or written; only once the form is sound."""
        if self.slot.data != OWN:
            return self.known[self.slot.data]
        return next(iter(times.spans(self.own, self.minutes.data, self.region)))


class CancelForm(_Drawn):
    """Calling off, with a reason if one likes."""

    reason = RadioField(_("If you like, tell us why"), validate_choice=False)

    def __init__(self, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(meeting, prefix="off-", **kwargs)
        self.reason.choices = fields.coded((reason.value for reason in CancelReason), labels.CANCEL_REASONS)

    @property
    def why(self) -> CancelReason | None:
        """The reason, if one of ours was given."""
        return next((reason for reason in CancelReason if reason == self.reason.data), None)


def value(slot: TimeSpan) -> str:
    """A time as the form sends it."""
    return str(int(slot.starts_at.timestamp()))
