"""Turning the dial, and the reason that a version takes effect with."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, IntegerField, IntegerRangeField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from matching.equity import DEFAULT_DIAL, MOST_DIAL
from matching.plans import KEPT
from matchmaker.services.policy import LEAST_RATIONALE
from matchmaker.web import fields

_A_POSITION = _("Please write a whole number from 0 to 100.")
_LONGEST_RATIONALE = 4000


class DialForm(fields.PageForm):
    """A position, by number or by slider: without a script the one that was moved counts, and the number before it."""

    dial = IntegerField(_("Position, from 0 to 100"), validators=[InputRequired(message=_A_POSITION)])
    slider = IntegerRangeField(_("Position of the dial"), validators=[Optional()])
    was = HiddenField()

    def __init__(self, present: float | None, limit: int) -> None:
        stands = round(DEFAULT_DIAL if present is None else present)
        super().__init__(data={"dial": stands, "slider": stands, "was": stands})
        self.limit = limit

    def position(self) -> int | None:
        """Where the dial was turned to."""
        moved = self.slider.data if str(self.dial.data) == self.was.data else None
        return self.dial.data if moved is None else moved

    def validate_dial(self, field: Any) -> None:
        """Within the dial, and within the promise."""
        position = self.position()
        if position is None or not 0 <= position <= MOST_DIAL:
            raise ValidationError(str(_A_POSITION))
        if position > self.limit:
            raise ValidationError(
                gettext(
                    "Please stay at %(limit)s or below. Past it, the promise to keep %(percent)s %% of closeness does"
                    " not hold.",
                    limit=self.limit,
                    percent=round(100 * KEPT),
                )
            )
        field.data = position


class RationaleForm(fields.PageForm):
    """Why, in words, and which version the page showed."""

    rationale = fields.words(_("Why, in your words"), _LONGEST_RATIONALE, required=_("Please write in words why."))
    seen = IntegerField(validators=[InputRequired(), NumberRange(1, fields.LARGEST_ID)])

    def __init__(self, seen: int) -> None:
        super().__init__(data={"seen": seen})

    def validate_rationale(self, field: Any) -> None:
        """Long enough to be a reason."""
        Length(
            min=LEAST_RATIONALE,
            message=gettext("Please write in words why, in %(least)s characters or more.", least=LEAST_RATIONALE),
        )(self, field)
