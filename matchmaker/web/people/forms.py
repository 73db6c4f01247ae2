"""What a coordinator writes down while somebody is on the phone, and how two profiles become one."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField
from wtforms.validators import Email, InputRequired, Optional

from matchmaker.services import merging
from matchmaker.services.partners import Called, FundDraft
from matchmaker.web import fields
from matchmaker.web.partners.forms import VISITS
from models import Clearance, Partner

LONGEST_EMAIL = 254
NOT_ASKED, UNNAMED, NAMED = "", "unnamed", "named"
PUBLIC = (
    SelectChoice(NOT_ASKED, _("No, or not asked")),
    SelectChoice(UNNAMED, _("Yes, without a name")),
    SelectChoice(NAMED, _("Yes, with the first name")),
)


class CallForm(fields.PageForm):
    """The least that a first call has to settle: who, how to call back, and one thing they know."""

    name = fields.line(_("Name"), 120, required=_("Please write a name."))
    phone = fields.phone(_("Phone"))
    email = fields.line(_("E-mail"), LONGEST_EMAIL)
    language = SelectField(_("Language we speak and write in"), choices=fields.written)
    title = fields.line(_("What they know"), 200, required=_("Please name one thing they know."))
    text = fields.words(_("What a class would see or try"), 6000)
    story = fields.words(_("How they came to know it"), 6000, required=_("Please write how they came to know it."))
    told_in = SelectField(_("Told in"))
    neighbourhood = fields.line(_("Neighborhood"), 120)
    monthly_capacity = SelectField(_("Visits a month, at most"), coerce=int)
    public = RadioField(_("May everybody read it?"), choices=PUBLIC, default=NOT_ASKED)

    def __init__(self) -> None:
        here = str(get_locale())
        super().__init__(data={"language": here, "told_in": here, "monthly_capacity": 1, "public": NOT_ASKED})
        self.phone.validators = [
            InputRequired(message=_("Please write a number to call back.")),
            *self.phone.validators,
        ]
        self.told_in.choices = fields.spoken()
        self.monthly_capacity.choices = fields.choices((number, number) for number in VISITS)

    def validate_email(self, field: Any) -> None:
        Optional()(self, field)
        Email(message=_("Please write an address like name@school.org."))(self, field)

    @property
    def called(self) -> Called:
        """Who is on the phone, as the service takes it."""
        return Called(
            name=self.name.data,
            phone=self.phone.data,
            language=self.language.data,
            email=self.email.data or "",
            neighbourhood=self.neighbourhood.data or "",
            monthly_capacity=self.monthly_capacity.data,
        )

    @property
    def fund(self) -> FundDraft:
        """What they told, in their words; where that was little, its name says it."""
        told = self.text.data or self.title.data
        return FundDraft(self.title.data, told, self.story.data, language=self.told_in.data)


class MergeForm(fields.PageForm):
    """Which of two profiles stays, and of which each field is: by default of the one that says something, then of the
    first; of two clearances, the one that counts longer."""

    keep = RadioField(_("Which profile stays?"), coerce=int, validators=[InputRequired(_("Please choose one."))])

    def __init__(self, one: Partner, other: Partner) -> None:
        super().__init__()
        self.pair = {one.id: one, other.id: other}
        self.keep.choices = fields.choices((each.id, each.name) for each in (one, other))
        self.differing = [name for name in merging.FIELDS if said(one, name) != said(other, name)]
        if one.account_id and other.account_id:
            self.differing.append(merging.ACCOUNT)

    @property
    def keeps(self) -> Partner:
        """The one that stays."""
        return self.pair[self.keep.data]

    @property
    def goes(self) -> Partner:
        """The other one."""
        return next(each for number, each in self.pair.items() if number != self.keep.data)

    def picked(self, name: str) -> int:
        """Whose field is chosen: as sent, else of whoever says something, the first of two."""
        sent = request.form.get(name, "")
        if sent.isascii() and sent.isdigit() and int(sent) in self.pair:
            return int(sent)
        return max(self.pair, key=lambda number: _says(self.pair[number], name))

    @property
    def chosen(self) -> list[str]:
        """Fields that are taken from the one that goes."""
        return [name for name in self.differing if self.picked(name) == self.goes.id]


def said(partner: Partner, name: str) -> tuple[Any, ...]:
    """What a profile says in one of the fields that a merge asks about."""
    return tuple(getattr(partner, column) for column in merging.FIELDS.get(name, ("account_id",)))


def _says(partner: Partner, name: str) -> tuple[bool, date]:
    """How much a profile says in a field; of two clearances, the one that counts longer."""
    if name == "clearance":
        return partner.clearance is Clearance.CLEARED, partner.clearance_expires_on or date.max
    return any(said(partner, name)), date.min
