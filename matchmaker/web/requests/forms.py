"""Posting a learning need, or changing it: three questions, and one more when the words may name a student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

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
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp
from wtforms.widgets import HiddenInput

from matchmaker.clock import utc_now
from matchmaker.services import coach, requests, student_names
from matchmaker.services.requests import RequestDraft
from matchmaker.web import fields, filters, labels, times
from matchmaker.web.requests import coaching
from models import Fund, LearningRequest, Region, Teacher, Window
from models.codes import FORMATS, SUBJECTS

_RELOAD = _("Please reload the page and send it again.")
DATES = 3
DEFAULT_MINUTES = 50
OPENINGS = {code.value: advice.opening for code, advice in coaching.ADVICE.items() if advice.opening}
CHANGES = frozenset({"look", "replace", "keep", *OPENINGS})
"""Buttons of the page that change its words, or have them read, and save nothing."""


def _grades() -> list[SelectChoice]:
    return fields.choices([("", gettext("Any grade")), *((number, labels.grade(number)) for number in range(13))])


def _subjects() -> list[SelectChoice]:
    return [*fields.choices([("", gettext("Any subject"))]), *fields.coded(SUBJECTS, labels.SUBJECTS)]


def _asked(earlier: LearningRequest) -> dict[str, Any]:
    """What a form holds of a stored request, all but its dates."""
    names = ("title", "text", "grade", "subject", "students", "formats", "languages", "place", "partners_wanted")
    return {name: getattr(earlier, name) for name in (*names, "overnight")}


def _offered(windows: Sequence[Window], region: Region) -> dict[str, Any]:
    """What a form holds of times that are offered; of their lengths the first one's."""
    zone = ZoneInfo(region.time_zone)
    starts = [window.starts_at.astimezone(zone) for window in windows]
    return {
        "windows": [{"date": start.date(), "starts": start.time()} for start in starts],
        "minutes": _minutes(windows[0]) if windows else DEFAULT_MINUTES,
    }


def _minutes(window: Window) -> int:
    return (window.ends_at - window.starts_at) // timedelta(minutes=1)


class RequestForm(fields.PageForm):
    """A request, checked against the calendar of its region."""

    form_key = HiddenField(validators=[Regexp(r"^[0-9a-f]{32}$", message=_RELOAD)])
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
    minutes = SelectField(_("How long"), choices=times.lengths, coerce=int, default=DEFAULT_MINUTES)
    formats = SelectMultipleField(_("Kind of visit"), choices=lambda: fields.coded(FORMATS, labels.FORMATS))
    partners_wanted = IntegerField(
        _("How many people"),
        default=1,
        validators=[Optional(), NumberRange(1, 10, message=_("Please write a number between 1 and 10."))],
    )
    overnight = BooleanField(_("The class stays somewhere overnight"))
    place = fields.line(_("Place"), 200)
    no_student_named = BooleanField(_("None of these is a student"))
    # Names that this page has asked about, and those that the teacher has said are no student's.
    asked = SelectMultipleField(validate_choice=False)
    not_students = SelectMultipleField(validate_choice=False)

    def __init__(self, region: Region, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.region = region
        self.look: coach.Look | None = None
        self.prefilled = ""
        self.saving = False
        if not self.is_submitted():
            self.form_key.data = uuid4().hex

    @classmethod
    def for_class(cls, region: Region, teacher: Teacher, last: LearningRequest | None) -> RequestForm:
        """The form with the class filled in from the last request, or from what the teacher said of themselves."""
        if last is None:
            grade = teacher.grades[0] if len(teacher.grades) == 1 else None
            return cls(region, grade=grade, subject=teacher.subjects[0] if len(teacher.subjects) == 1 else None)
        form = cls(
            region, grade=last.grade, subject=last.subject, students=last.students, languages=list(last.languages)
        )
        form.prefilled = "last"
        return form

    def start_from(self, fund: Fund) -> None:
        """Begin with what a neighbor knows: the first sentence, and the subject where there is only one."""
        self.prefilled = "idea"
        if self.is_submitted():
            return
        self.text.data = gettext("A neighbor of our school knows this: “%(title)s”.", title=fund.title) + " "
        if len(fund.subjects) == 1:
            self.subject.data = fund.subjects[0]

    @classmethod
    def again(cls, region: Region, earlier: LearningRequest) -> RequestForm:
        """The form with all of an earlier request but its dates."""
        form = cls(region, **_asked(earlier))
        form.prefilled = "again"
        return form

    @classmethod
    def of_draft(cls, region: Region, draft: LearningRequest) -> RequestForm:
        """The form that a stored draft was written in."""
        form = cls(region, **_asked(draft), **_offered(draft.windows, region))
        form.prefilled = "draft"
        if not form.is_submitted():
            form.form_key.data = draft.form_key
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        # A draft may still be without a date; one that is there must be sound.
        offered = times.some_given(self.windows, self.region) or self.saving
        if not offered:
            self.windows.errors = [*self.windows.errors, gettext("Please offer at least one date and time.")]
        return sound and offered and not any(window.form.errors for window in self.windows)

    @property
    def cleared(self) -> list[str]:
        """Names that are no student's, as the teacher said: of those that were shown, never of one written since."""
        answered = self.asked.data if self.no_student_named.data else ()
        return list(dict.fromkeys((*(self.not_students.data or ()), *(answered or ()))))

    @property
    def names(self) -> list[str]:
        """What may name a student, and has not been answered for."""
        if not self.is_submitted():
            return []
        found = requests.named_in(self.title.data or "", self.text.data or "", self.place.data or "")
        return [name for name in found if name not in self.cleared]

    @property
    def excerpts(self) -> list[tuple[str, str, str]]:
        """Where each of these names stands: a few words before it, the name, a few after."""
        said = f"{self.title.data or ''}\n{self.text.data or ''}\n{self.place.data or ''}"
        return [coaching.excerpt(said, name) for name in self.names]

    def ask_about_names(self) -> None:
        """Come back with the words that may name a student, and a way to say that they do not."""
        asked = gettext("Please take out the names of students, or tell us that these are not students: %(names)s.")
        self.no_student_named.errors = [asked % {"names": filters.listed(self.names)}]

    def read_through(self) -> None:
        """Have the coach read what there is."""
        self.look = coach.look(
            coach.Draft(self.title.data or "", self.text.data or "", tuple(self.languages.data or ()))
        )

    def unsaved(self, teacher: Teacher) -> LearningRequest:
        """The draft as a request of no table, to ask who could come: what is not sound yet counts as not said."""
        minutes = self.minutes.data or DEFAULT_MINUTES
        times.some_given(self.windows, self.region)
        sound = [row for row in self.windows if not row.form.errors]
        return LearningRequest(
            region_id=teacher.region_id,
            school_id=teacher.school_id,
            teacher_id=teacher.id,
            title=self.title.data or "",
            text=self.text.data or "",
            formats=[code for code in self.formats.data or () if code in FORMATS],
            languages=list(self.languages.data or ()),
            overnight=bool(self.overnight.data),
            windows=[Window(starts_at=start, ends_at=end) for start, end in times.spans(sound, minutes, self.region)],
        )

    def change(self, do: str) -> None:
        """Change the words as a button of the page says, without saving: take names out, or begin a sentence."""
        if do == "replace":
            for field in (self.title, self.text, self.place):
                field.data = student_names.without(field.data or "", self.asked.data or (), gettext("a student"))
        elif do == "keep":
            self.no_student_named.data = True
        elif opening := OPENINGS.get(do):
            self.text.data = f"{(self.text.data or '').rstrip()} {opening} ".lstrip()

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
            no_student_named=not self.names,
        )


class ChangeForm(RequestForm):
    """A posted request, as far as it still lies ahead. ``version`` is the one that the page shows."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired(message=_RELOAD)])
    # A spreadsheet may hold more dates than the page offers to begin with; none of them is dropped.
    windows = FieldList(FormField(times.TimeRow), min_entries=DATES)

    def __init__(self, region: Region, asked: LearningRequest) -> None:
        self.ahead = [window for window in asked.windows if window.starts_at > utc_now()]
        super().__init__(region, version=asked.version, **_asked(asked), **_offered(self.ahead, region))
        self.minutes.choices = times.lengths_with(_minutes(window) for window in self.ahead)
        if not self.is_submitted():
            # Whoever is named in what was posted is no student: that was asked then.
            self.not_students.data = requests.named_in(asked.title, asked.text, asked.place)

    @property
    def draft(self) -> RequestDraft:
        """What is asked now. While nobody chooses another length, each date keeps its own."""
        said = super().draft
        if not self.ahead or self.minutes.data != _minutes(self.ahead[0]):
            return said
        ends = {window.starts_at: window.ends_at for window in self.ahead}
        return replace(said, windows=tuple((start, ends.get(start, end)) for start, end in said.windows))

    def now_at(self, asked: LearningRequest) -> None:
        """Come back as a change of what is asked by now."""
        self.version.raw_data, self.version.data = None, asked.version
