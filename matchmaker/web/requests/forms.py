"""Posting a learning need: three questions, and one more when the words may name a student."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import NumberRange, Optional, Regexp

from matchmaker.services.requests import PossibleStudentName, RequestDraft
from matchmaker.web import fields, filters, labels, times
from models import LearningRequest, Region, Teacher
from models.codes import FORMATS, SUBJECTS

DATES = 3


def _grades() -> list[SelectChoice]:
    return fields.choices([("", gettext("Any grade")), *((number, labels.grade(number)) for number in range(13))])


def _subjects() -> list[SelectChoice]:
    return [*fields.choices([("", gettext("Any subject"))]), *fields.coded(SUBJECTS, labels.SUBJECTS)]


class RequestForm(fields.PageForm):
    """A request, checked against the calendar of its region."""

    form_key = HiddenField(
        validators=[Regexp(r"^[0-9a-f]{32}$", message=_("Please reload the page and send it again."))]
    )
    title = fields.line(_("The question in one line"), 200, required=_("Please write the question in one line."))
    text = fields.words(_("Say more"), 6000, required=_("Please say what your students are working on."))
    grade = SelectField(_("Grade"), choices=_grades, coerce=fields.whole_or_none)
    subject = SelectField(_("Subject"), choices=_subjects)
    students = IntegerField(
        _("Students"),
        validators=[Optional(), NumberRange(1, 2000, message=_("Please write a number between 1 and 2000."))],
    )
    languages = SelectMultipleField(_("Languages a visitor could speak"), choices=fields.spoken)
    windows = FieldList(FormField(times.TimeRow), min_entries=DATES, max_entries=DATES)
    minutes = SelectField(_("How long"), choices=times.lengths, coerce=int, default=50)
    formats = SelectMultipleField(_("Kind of visit"), choices=lambda: fields.coded(FORMATS, labels.FORMATS))
    partners_wanted = IntegerField(
        _("How many people"),
        default=1,
        validators=[Optional(), NumberRange(1, 10, message=_("Please write a number between 1 and 10."))],
    )
    overnight = BooleanField(_("The class stays somewhere overnight"))
    place = fields.line(_("Place"), 200)
    no_student_named = BooleanField(_("None of these is a student"))

    def __init__(self, region: Region, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.region = region
        self.names: list[str] = []
        if not self.is_submitted():
            self.form_key.data = uuid4().hex

    @classmethod
    def for_class(cls, region: Region, teacher: Teacher, last: LearningRequest | None) -> RequestForm:
        """The form with the class filled in from the last request, or from what the teacher said of themselves."""
        if last is not None:
            return cls(
                region, grade=last.grade, subject=last.subject, students=last.students, languages=list(last.languages)
            )
        grade = teacher.grades[0] if len(teacher.grades) == 1 else None
        return cls(region, grade=grade, subject=teacher.subjects[0] if len(teacher.subjects) == 1 else None)

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        offered = times.some_given(self.windows, self.region)
        if not offered:
            self.windows.errors = [*self.windows.errors, gettext("Please offer at least one date and time.")]
        return sound and offered and not any(window.form.errors for window in self.windows)

    def ask_about(self, question: PossibleStudentName) -> None:
        """Come back with the words that may name a student, and a way to say that they do not."""
        names = self.names = [str(name) for name in cast(list[str], question.facts["names"])]
        asked = gettext("Please take out the names of students, or tell us that these are not students: %(names)s.")
        self.no_student_named.errors = [asked % {"names": filters.listed(names)}]

    @property
    def draft(self) -> RequestDraft:
        """What was asked, as the service takes it."""
        return RequestDraft(
            title=self.title.data,
            text=self.text.data,
            language=str(get_locale()),
            grade=self.grade.data,
            subject=self.subject.data or None,
            students=self.students.data,
            formats=tuple(self.formats.data),
            languages=tuple(self.languages.data),
            place=self.place.data or "",
            partners_wanted=self.partners_wanted.data or 1,
            overnight=self.overnight.data,
            windows=tuple(dict.fromkeys(times.spans(self.windows, self.minutes.data, self.region))),
            form_key=self.form_key.data,
            no_student_named=self.no_student_named.data,
        )
