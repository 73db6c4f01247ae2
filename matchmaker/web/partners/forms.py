"""A partner's practical side, and one fund of knowledge."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from matchmaker.services.partners import FundDraft, Logistics
from matchmaker.web import fields, labels
from models import Fund, KnowledgeKind, Partner
from models.codes import FORMATS, SHARING

VISITS = (0, 1, 2, 3, 4, 6, 8)
MILES = (2, 5, 8, 10, 15, 20, 30, 50)
KINDS = (
    SelectChoice(KnowledgeKind.PRACTICE.value, _("From living or doing it")),
    SelectChoice(KnowledgeKind.CREDENTIALED.value, _("From training, a degree or a license")),
)


class ProfileForm(fields.PageForm):
    """When, where and how a partner can meet a class. What is stored and no longer offered stays to be chosen."""

    monthly_capacity = RadioField(_("Visits a month, at most"), coerce=int, validators=[InputRequired()])
    languages = SelectMultipleField(_("Languages you could do it in"))
    formats = SelectMultipleField(_("Kinds of visit"))
    weekdays = SelectMultipleField(_("Days that can work"), coerce=int)
    neighbourhood = fields.line(_("Neighborhood"), 120)
    radius_miles = SelectField(_("How far you travel"), coerce=fields.whole_or_none)
    sharing = SelectMultipleField(_("Rules for sharing it"))
    phone = fields.phone(_("Phone"))
    language = SelectField(_("Language"), choices=fields.written)

    def __init__(self, partner: Partner) -> None:
        super().__init__(obj=partner)
        visits = sorted({*VISITS, partner.monthly_capacity})
        self.monthly_capacity.choices = fields.choices((number, number) for number in visits)
        self.languages.choices = fields.with_present(fields.spoken(), partner.languages)
        self.formats.choices = fields.with_present(fields.coded(FORMATS, labels.FORMATS), partner.formats)
        self.weekdays.choices = fields.with_present(_weekdays(), partner.weekdays)
        self.sharing.choices = fields.with_present(fields.coded(SHARING, labels.SHARING), partner.sharing)
        self.radius_miles.choices = _distances(partner.radius_miles)

    def logistics(self, partner: Partner) -> Logistics:
        """The profile as the service takes it; what the form does not ask stays as it was."""
        return Logistics(
            name=partner.name,
            phone=self.phone.data or "",
            language=self.language.data,
            about=partner.about,
            languages=tuple(self.languages.data),
            formats=tuple(self.formats.data),
            weekdays=tuple(self.weekdays.data),
            sharing=tuple(self.sharing.data),
            neighbourhood=self.neighbourhood.data or "",
            radius_miles=self.radius_miles.data,
            online=partner.online,
            monthly_capacity=self.monthly_capacity.data,
        )


class FundForm(fields.PageForm):
    """One thing a partner knows, and how they came to know it."""

    title = fields.line(_("What you know"), 200, required=_("Please name what you know."))
    text = fields.words(_("More about it"), 6000, required=_("Please write what a class would see, try or ask."))
    story = fields.words(_("How I came to know this"), 6000, required=_("Please write how you came to know it."))
    kind = RadioField(_("Where it comes from"), choices=KINDS, default=KnowledgeKind.PRACTICE.value)
    language = SelectField(_("Written in"))

    def __init__(self, fund: Fund | None, **kwargs: Any) -> None:
        super().__init__(obj=fund, **kwargs)
        self.language.choices = fields.with_present(fields.spoken(), [fund.language] if fund else [])

    def draft(self, fund: Fund | None) -> FundDraft:
        """The fund as the service takes it; subjects and grades that were once given stay."""
        return FundDraft(
            title=self.title.data,
            text=self.text.data,
            story=self.story.data,
            language=self.language.data,
            kind=KnowledgeKind(self.kind.data),
            subjects=tuple(fund.subjects) if fund else (),
            grades=tuple(fund.grades) if fund else (),
        )


def _weekdays() -> list[SelectChoice]:
    return fields.choices(enumerate(labels.WEEKDAYS))


def _distances(present: int | None) -> list[SelectChoice]:
    miles = sorted({*MILES, *([present] if present else [])})
    named = ((number, gettext("%(miles)s miles", miles=number)) for number in miles)
    return fields.choices([("", gettext("Any distance")), *named])
