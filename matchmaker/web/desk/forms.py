"""Decisions on the desk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Regexp, ValidationError

from matchmaker.policies import Actor
from matchmaker.services.bulk import MOST, Picked
from matchmaker.services.introductions import Spoken
from matchmaker.services.proposals import MOST_BACKUPS, PassReason
from matchmaker.web import fields, labels
from matchmaker.web.invitations.forms import AnswerForm
from models import Account, AnswerVia


class ApproveForm(fields.PageForm):
    """Whom to invite, out of which ranking: the one the page showed; and who is asked if they cannot.

    Backups are asked in the order of ``order`` (ids with blanks between, kept by the page's script), else of the list.
    """

    ranking = IntegerField(validators=[InputRequired(), NumberRange(1, fields.LARGEST_ID)])
    proposal = IntegerField(validators=[InputRequired(), NumberRange(1, fields.LARGEST_ID)])
    backup = SelectMultipleField(coerce=int, validate_choice=False)
    order = HiddenField(validators=[Length(max=200), Regexp(r"^[0-9 ]*$")])

    def validate_backup(self, field: Any) -> None:
        if not all(1 <= each <= fields.LARGEST_ID for each in field.data or ()):
            raise ValidationError("not an id")

    @property
    def backups(self) -> list[int]:
        """The ticked people but the first choice, in the order in which they are asked."""
        picked = [int(each) for each in (self.order.data or "").split()]
        ticked = [each for each in dict.fromkeys(self.backup.data or ()) if each != self.proposal.data]
        return sorted(ticked, key=lambda each: picked.index(each) if each in picked else len(picked))

    @property
    def too_many(self) -> bool:
        """More backups than anybody should be kept ready."""
        return len(self.backups) > MOST_BACKUPS


_PICKED = re.compile(r"(\d{1,10}):(\d{1,10}):(\d{1,10})(?::((?:\d{1,10},)*\d{1,10})?)?", re.ASCII)


def picked(text: str) -> Picked:
    """A picked request as its page wrote it, "request:ranking:proposal:backup,backup". Raises ValueError."""
    found = _PICKED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    backups = tuple(int(each) for each in (found[4] or "").split(",") if each)
    one = Picked(int(found[1]), int(found[2]), int(found[3]), backups)
    if not all(1 <= each <= fields.LARGEST_ID for each in (one.request_id, one.ranking_id, one.proposal_id, *backups)):
        raise ValueError(text)
    return one


class BulkForm(fields.PageForm):
    """The requests that a coordinator confirmed, each as the page showed it."""

    picked = SelectMultipleField(coerce=picked, validate_choice=False, validators=[InputRequired(), Length(max=MOST)])


class PassForm(fields.PageForm):
    """Why somebody is passed over; read by coordinators only."""

    reason = SelectField(
        _("Reason"), choices=lambda: fields.choices((why.value, labels.PASS_REASONS[why.value]) for why in PassReason)
    )
    note = StringField(_("In your words"), filters=[fields.trimmed], validators=[Length(max=500), fields.plain])

    def validate_note(self, field: Any) -> None:
        if self.reason.data == PassReason.OTHER and not field.data:
            raise ValidationError(gettext("Please say in your words why."))


class SteerForm(fields.PageForm):
    """A reason that colleagues read, and the page to go back to."""

    reason = fields.line(_("Reason, for coordinators only"), 500)
    back = HiddenField(validators=[Length(max=500)])


class ToldForm(AnswerForm):
    """An answer that a partner gave to a coordinator, and how."""

    via = RadioField(
        _("How did they tell you?"),
        choices=lambda: fields.choices(
            (via.value, labels.capital(str(labels.ANSWER_VIAS[via]))) for via in (AnswerVia.PHONE, AnswerVia.IN_PERSON)
        ),
        validators=[InputRequired(message=_("Please say how they told you."))],
    )
    agreed = BooleanField(
        _("They agreed that I answer for them"),
        validators=[InputRequired(message=_("Please ask them first whether you may answer for them."))],
    )

    def spoken(self, actor: Actor) -> Spoken:
        """How the answer came, and who takes it down."""
        return Spoken(AnswerVia(self.via.data), actor)


class HandOverForm(fields.PageForm):
    """To which colleague a task goes."""

    owner = SelectField(_("Colleague"), coerce=int)
    back = HiddenField(validators=[Length(max=500)])

    def __init__(self, staff: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.owner.choices = fields.choices((each.id, each.name) for each in staff)


class DoneForm(fields.PageForm):
    """The page to go back to once a task is done."""

    back = HiddenField()
