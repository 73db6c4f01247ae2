"""How a visit was: two questions, and what one may add."""

from __future__ import annotations

from typing import Any, cast

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectField

from matchmaker.queries.reflections import Afterwards
from matchmaker.services.reflections import Said
from matchmaker.services.requests import PossibleStudentName
from matchmaker.web import fields, filters
from models import Again

LONGEST = 3000


class ReflectionForm(fields.PageForm):
    """What one side says of a visit."""

    took_place = RadioField(_("Did the visit take place?"), choices=("yes", "no"), validate_choice=False)
    again = RadioField(_("Would you do it again?"), choices=[each.value for each in Again], validate_choice=False)
    note = fields.words(_("Anything the coordinators should know"), LONGEST)
    story = fields.words(_("Your story"), LONGEST)
    language = SelectField(_("Language of the story"), choices=fields.written)
    first_name = fields.line(_("First name that stands under it"), 40)
    consent = BooleanField(_("Everybody may read this story with my first name"))
    no_student_named = BooleanField(_("None of these is a student"))

    def __init__(self, visit: Afterwards, **kwargs: Any) -> None:
        self.reader_name = visit.reader_name
        self.names: list[str] = []
        # Only a form that is drawn is filled in: what is sent says everything anew.
        super().__init__(data=_filled(visit) if "formdata" in kwargs else None, **kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if self.took_place.data not in ("yes", "no"):
            self.took_place.errors = [gettext("Please say whether the visit took place.")]
        elif self.took_place.data == "yes" and self._again is None:
            self.again.errors = [gettext("Please say whether you would do it again.")]
        if self.consent.data:
            self._check_story()
        return sound and not any(field.errors for field in self)

    def ask_about(self, question: PossibleStudentName) -> None:
        """Come back with the words that may name a student, and a way to say that they do not."""
        names = self.names = [str(name) for name in cast(list[str], question.facts["names"])]
        asked = gettext("Please take out the names of students, or tell us that these are not students: %(names)s.")
        self.no_student_named.errors = [asked % {"names": filters.listed(names)}]

    @property
    def said(self) -> Said:
        """What was said, as the service takes it."""
        return Said(
            took_place=self.took_place.data == "yes",
            again=self._again,
            note=self.note.data or "",
            story=self.story.data or "",
            first_name=self.first_name.data or "",
            consent=self.consent.data,
            language=self.language.data,
            no_student_named=self.no_student_named.data,
        )

    @property
    def _again(self) -> Again | None:
        return next((each for each in Again if each == self.again.data), None)

    def _check_story(self) -> None:
        """Words to share, and a first name alone under them."""
        if not self.story.data:
            self.story.errors = [gettext("Please write the story that may be shared.")]
        named = (self.first_name.data or "").casefold().split()
        last = self.reader_name.casefold().split()[1:][-1:]
        if not named:
            self.first_name.errors = [gettext("Please write your first name, as it should stand there.")]
        elif set(last) & set(named):
            self.first_name.errors = [gettext("Please leave the family name out: only a first name is shown.")]


def _filled(visit: Afterwards) -> dict[str, Any]:
    """What was written before; else the reader's first name and language."""
    own = visit.own
    if own is None:
        return {"first_name": visit.reader_name.split(" ")[0], "language": str(get_locale())}
    return {
        "took_place": "yes" if own.took_place else "no",
        "again": own.again.value if own.again else None,
        "note": own.note,
        "story": own.story,
        "first_name": own.first_name or visit.reader_name.split(" ")[0],
        "language": own.language,
        "consent": own.consent,
    }
