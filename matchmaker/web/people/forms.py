"""What a coordinator writes down while somebody is on the phone."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from wtforms import SelectField
from wtforms.validators import Email, InputRequired, Optional

from matchmaker.services.partners import Called, FundDraft
from matchmaker.web import fields
from matchmaker.web.partners.forms import VISITS

LONGEST_EMAIL = 254


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

    def __init__(self) -> None:
        here = str(get_locale())
        super().__init__(data={"language": here, "told_in": here, "monthly_capacity": 1})
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
