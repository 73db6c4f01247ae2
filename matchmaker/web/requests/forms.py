"""Posting a learning need: three questions, and one more when the words may name a student."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    TimeField,
)
from wtforms.validators import NumberRange, Optional, Regexp

from matchmaker.clock import utc_now
from matchmaker.services.requests import PossibleStudentName, RequestDraft
from matchmaker.web import fields, filters, labels
from models import LearningRequest, Region, Teacher
from models.codes import FORMATS, SUBJECTS

DATES = 3
FARTHEST = timedelta(days=548)
"""A date may lie 18 months ahead."""
EARLIEST, LATEST = time(6, 0), time(20, 0)
MINUTES = (20, 30, 40, 45, 50, 55, 60, 75, 90, 120, 180)
SATURDAY = 5


def _grades() -> list[SelectChoice]:
    return fields.choices([("", gettext("Any grade")), *((number, labels.grade(number)) for number in range(13))])


def _subjects() -> list[SelectChoice]:
    return [*fields.choices([("", gettext("Any subject"))]), *fields.coded(SUBJECTS, labels.SUBJECTS)]


def _lengths() -> list[SelectChoice]:
    return fields.choices((minutes, filters.duration(minutes * 60)) for minutes in MINUTES)


class WindowForm(Form):  # type: ignore[misc]
    """One date and the time the class begins."""

    date = DateField(_("Date"), validators=[Optional()])
    starts = TimeField(_("Start of class"), validators=[Optional()])


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
    windows = FieldList(FormField(WindowForm), min_entries=DATES, max_entries=DATES)
    minutes = SelectField(_("How long"), choices=_lengths, coerce=int, default=50)
    formats = SelectMultipleField(_("Kind of visit"), choices=lambda: fields.coded(FORMATS, labels.FORMATS))
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
        offered = [self._check_window(window.form) for window in self.windows]
        if not any(offered):
            self.windows.errors = [*self.windows.errors, gettext("Please offer at least one date and time.")]
        return sound and any(offered) and not any(window.form.errors for window in self.windows)

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
            windows=tuple(dict.fromkeys(self._windows())),
            form_key=self.form_key.data,
            no_student_named=self.no_student_named.data,
        )

    def _windows(self) -> Iterator[tuple[datetime, datetime]]:
        for window in self.windows:
            if window.form.date.data and window.form.starts.data:
                start = self._start(window.form.date.data, window.form.starts.data)
                yield start, start + timedelta(minutes=self.minutes.data)

    def _start(self, day: date, begins: time) -> datetime:
        return datetime.combine(day, begins, ZoneInfo(self.region.time_zone))

    def _check_window(self, window: Form) -> bool:
        """Whether the row offers a date; what is wrong with it is written beside its fields."""
        day, begins = window.date.data, window.starts.data
        if window.date.errors or window.starts.errors:
            return True
        if day is None and begins is None:
            return False
        if day is None:
            window.date.errors = [gettext("Please add the date.")]
        elif wrong := self._wrong_day(day):
            window.date.errors = [wrong]
        elif begins is None:
            window.starts.errors = [gettext("Please add the time the class begins.")]
        elif not EARLIEST <= begins <= LATEST:
            window.starts.errors = [gettext("Please choose a time between 6 in the morning and 8 in the evening.")]
        elif self._start(day, begins) <= utc_now():
            window.starts.errors = [gettext("Please choose a time that lies ahead.")]
        return True

    def _wrong_day(self, day: date) -> str | None:
        today = utc_now().astimezone(ZoneInfo(self.region.time_zone)).date()
        if day < today:
            return gettext("Please choose a day that lies ahead.")
        if day > today + FARTHEST:
            return gettext("Please choose a day within the next 18 months.")
        if day.weekday() >= SATURDAY:
            return gettext("Please choose a school day, Monday to Friday.")
        return None
