"""A partner's practical side, and one fund of knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    Field,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    TimeField,
)
from wtforms.validators import InputRequired, Optional, ValidationError

from matchmaker.queries.reach import Reach
from matchmaker.queries.suggestions import Suggestions
from matchmaker.services.partners import FundDraft, Logistics
from matchmaker.web import fields, labels
from models import Fund, KnowledgeKind, Partner, PartnerKind, School
from models.codes import FORMATS, SHARING, SUBJECTS

VISITS = (0, 1, 2, 3, 4, 6, 8)
MILES = (2, 5, 8, 10, 15, 20, 30, 50)
GRADES = range(13)
KINDS = (
    SelectChoice(KnowledgeKind.PRACTICE.value, _("From living or doing it")),
    SelectChoice(KnowledgeKind.CREDENTIALED.value, _("From training, a degree or a license")),
)
PARTNER_KINDS = (
    SelectChoice(PartnerKind.PERSON.value, _("A person")),
    SelectChoice(PartnerKind.ORGANISATION.value, _("An organization, a shop or a group")),
)


class ProfileForm(fields.PageForm):
    """Who a partner is; when, where and how they can meet a class. What is stored and no longer offered stays to be
    chosen."""

    kind = RadioField(_("You are"), choices=PARTNER_KINDS, validators=[InputRequired()])
    name = fields.line(_("Name"), 120, required=_("Please write a name."))
    contact_name = fields.line(_("Whom we write to"), 120)
    about = fields.words(_("A few words about you"), 2000)
    monthly_capacity = RadioField(_("Visits a month, at most"), coerce=int, validators=[InputRequired()])
    languages = SelectMultipleField(_("Languages you could do it in"))
    formats = SelectMultipleField(_("Kinds of visit"))
    weekdays = SelectMultipleField(_("Days that can work"), coerce=int)
    free_from = TimeField(_("Not before"), validators=[Optional()])
    free_until = TimeField(_("Done by"), validators=[Optional()])
    online = BooleanField(_("By video works for me, too"))
    neighbourhood = fields.line(_("Neighborhood"), 120)
    near = SelectField(_("The school nearest to you"), coerce=fields.whole_or_none)
    radius_miles = SelectField(_("How far you travel"), coerce=fields.whole_or_none)
    sharing = SelectMultipleField(_("Rules for sharing it"))
    phone = fields.phone(_("Phone"))
    language = SelectField(_("Language"), choices=fields.written)

    def __init__(self, partner: Partner, schools: Sequence[School], reach: Reach | None) -> None:
        super().__init__(obj=partner)
        self.schools = {school.id: school for school in schools}
        visits = sorted({*VISITS, partner.monthly_capacity})
        self.monthly_capacity.choices = fields.choices((number, number) for number in visits)
        self.languages.choices = fields.with_present(fields.spoken(), partner.languages)
        self.formats.choices = fields.with_present(fields.coded(FORMATS, labels.FORMATS), partner.formats)
        self.weekdays.choices = fields.with_present(_weekdays(), partner.weekdays)
        self.sharing.choices = fields.with_present(fields.coded(SHARING, labels.SHARING), partner.sharing)
        unchanged = gettext("As it is now") if reach else gettext("Not said yet")
        self.near.choices = fields.choices([("", unchanged), *((school.id, school.name) for school in schools)])
        self.radius_miles.choices = _distances(partner.radius_miles, reach)

    def validate_free_until(self, field: Field) -> None:
        if field.data and self.free_from.data and field.data <= self.free_from.data:
            raise ValidationError(gettext("Please choose an end that is later than the beginning."))

    @property
    def logistics(self) -> Logistics:
        """The profile as the service takes it."""
        return Logistics(
            kind=PartnerKind(self.kind.data),
            name=self.name.data,
            contact_name=self.contact_name.data or None,
            phone=self.phone.data or "",
            language=self.language.data,
            about=self.about.data or "",
            languages=tuple(self.languages.data),
            formats=tuple(self.formats.data),
            weekdays=tuple(self.weekdays.data),
            sharing=tuple(self.sharing.data),
            neighbourhood=self.neighbourhood.data or "",
            place=self._place(),
            radius_miles=self.radius_miles.data,
            free_from=self.free_from.data,
            free_until=self.free_until.data,
            online=self.online.data,
            monthly_capacity=self.monthly_capacity.data,
        )

    def _place(self) -> tuple[float, float] | None:
        """Near enough: that of a school, so that nobody's address is kept."""
        near = self.schools.get(self.near.data)
        return (
            None if near is None or near.latitude is None or near.longitude is None else (near.latitude, near.longitude)
        )


class PauseForm(fields.PageForm):
    """A break, with an end or without one."""

    until = DateField(_("No invitations before"), validators=[Optional()])

    def __init__(self, today: date) -> None:
        super().__init__()
        self.today = today

    def validate_until(self, field: Field) -> None:
        if field.data and field.data <= self.today:
            raise ValidationError(gettext("Please choose a day that is still ahead."))


class PublicForm(fields.PageForm):
    """That everybody may read what a partner knows, with the first name or without."""

    named = BooleanField(_("With the first name"))


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


class ClassesForm(fields.PageForm):
    """Which classes a fund could serve. What was said before is ticked; before anything was, what is suggested."""

    subjects = SelectMultipleField(_("Subjects"))
    grades = SelectMultipleField(_("Grades"), coerce=int)

    def __init__(self, fund: Fund, suggested: Suggestions) -> None:
        said = bool(fund.subjects or fund.grades)
        super().__init__(
            data={
                "subjects": fund.subjects if said else suggested.subjects,
                "grades": fund.grades if said else suggested.grades,
            }
        )
        self.subjects.choices = fields.with_present(fields.coded(SUBJECTS, labels.SUBJECTS), fund.subjects)
        self.grades.choices = fields.choices((number, labels.grade(number)) for number in GRADES)


def _weekdays() -> list[SelectChoice]:
    return fields.choices(enumerate(labels.WEEKDAYS))


def _distances(present: int | None, reach: Reach | None) -> list[SelectChoice]:
    """Distances to choose from, each with what it reaches."""
    offered = sorted({*MILES, *([present] if present else [])})
    named = ((miles, gettext("%(miles)s miles", miles=miles)) for miles in offered)
    if reach is not None:
        named = ((miles, _reaching(miles, reach)) for miles in offered)
    return fields.choices([("", gettext("Any distance")), *named])


def _reaching(miles: int, reach: Reach) -> str:
    within = reach.within(miles)
    return ngettext("%(miles)s miles: %(num)s school", "%(miles)s miles: %(num)s schools", within, miles=miles)
