"""The documented facts of a school. Each has a choice for *not known*, and what is known says where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, RadioField, SelectField

from matchmaker.queries.slots import Bell, bells_of
from matchmaker.services.schools import Facts, Poverty
from matchmaker.web import fields
from matchmaker.web.schools import words
from models import LOCALES, School

EARLIEST_YEAR = 1990
MOST_BELLS = 20
_LESSON = re.compile(r"(?P<name>[^,]{1,30}),\s*(?P<begins>\d{1,2}:\d\d)\s*[-\u2013]\s*(?P<ends>\d{1,2}:\d\d)")
_WHERE_FROM = _("Please say where this comes from: a table, a report, a letter.")
TITLE_I = {True: "yes", False: "no", None: "unknown"}


class FactsForm(fields.PageForm):
    """What need is counted from, as an admin writes it down."""

    poverty = RadioField(_("Poverty figure"))
    poverty_value = fields.line(_("Percent of students"), 12)
    poverty_measure = SelectField(_("Measure"))
    poverty_year = fields.line(_("Year"), 12)
    poverty_source = fields.line(_("Source"), 300)
    locale = SelectField(_("Locale"))
    locale_source = fields.line(_("Source of the locale"), 300)
    title_i = RadioField(words.PROGRAM)
    title_i_source = fields.line(_("Source of the status"), 300)

    def __init__(self, school: School) -> None:
        super().__init__(data=_present(school))
        self.school = school
        self.poverty.choices = fields.choices([("known", _("There is a figure")), ("unknown", _("Not known"))])
        measures = fields.choices(words.MEASURES.items())
        self.poverty_measure.choices = fields.with_present(
            measures, [school.poverty_measure] if school.poverty_measure else []
        )
        named = ((code, words.LOCALES[code]) for code in LOCALES)
        self.locale.choices = fields.choices([("", _("Not known")), *named])
        self.title_i.choices = fields.choices(
            [("yes", _("Takes part")), ("no", _("Does not take part")), ("unknown", _("Not known"))]
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Beside each field's own rules: a figure is whole, and what is new has its source."""
        sound = super().validate(extra_validators)
        for field, said in self._asked():
            if not field.errors:
                field.errors = [str(said)]
                sound = False
        return bool(sound)

    def _asked(self) -> Iterator[tuple[Field, LazyString]]:
        """Fields that must be filled in, or filled in otherwise, given what was chosen in the others."""
        if self.poverty.data == "known":
            if not 0 <= _percent(self.poverty_value) <= 100:
                yield self.poverty_value, _("Please write a percentage from 0 to 100.")
            if not EARLIEST_YEAR <= _year(self.poverty_year) <= date.today().year + 1:
                yield self.poverty_year, _("Please write the year of the figure with four digits.")
            if not self.poverty_source.data:
                yield self.poverty_source, _WHERE_FROM
        if self.locale.data and self.locale.data != self.school.locale and not self.locale_source.data:
            yield self.locale_source, _WHERE_FROM
        told = self.title_i.data in ("yes", "no") and self.title_i.data != TITLE_I[self.school.title_i]
        if told and not self.title_i_source.data:
            yield self.title_i_source, _WHERE_FROM

    def facts(self) -> Facts:
        """The facts as the service takes them; a figure that is not known takes its measure, year and source along."""
        poverty = None
        if self.poverty.data == "known":
            poverty = Poverty(
                value=_percent(self.poverty_value),
                measure=self.poverty_measure.data,
                year=_year(self.poverty_year),
                source=self.poverty_source.data,
            )
        return Facts(
            poverty=poverty,
            locale=self.locale.data or None,
            title_i={"yes": True, "no": False}.get(self.title_i.data),
            sources={"locale": self.locale_source.data or "", "title_i": self.title_i_source.data or ""},
        )


class BellsForm(fields.PageForm):
    """The lessons of a school day, one a line: "2, 08:55-09:45". What is wrong is said with its line."""

    lessons = fields.words(_("Lessons of a school day"), 2000)

    def __init__(self, school: School) -> None:
        stored = (f"{bell.name}, {bell.begins:%H:%M}-{bell.ends:%H:%M}" for bell in bells_of(school.bells))
        super().__init__(data={"lessons": "\n".join(stored)})
        self.bells: list[Bell] = []

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        lines = [line.strip() for line in (self.lessons.data or "").splitlines()]
        written = [(number, line) for number, line in enumerate(lines, start=1) if line]
        wrong = [str(error) for number, line in written if (error := self._take(number, line))]
        if len(written) > MOST_BELLS:
            wrong = [gettext("Please write 20 lessons at most.")]
        self.lessons.errors = [*self.lessons.errors, *wrong]
        return sound and not wrong

    def _take(self, number: int, line: str) -> LazyString | None:
        match = _LESSON.fullmatch(line)
        begins, ends = (_clock(match[part]) if match else None for part in ("begins", "ends"))
        if match is None or begins is None or ends is None:
            return _("Line %(number)s: please write it like “2, 08:55-09:45”.", number=number)
        if ends <= begins:
            return _("Line %(number)s: a lesson ends after it begins.", number=number)
        if self.bells and begins < self.bells[-1].ends:
            return _("Line %(number)s: this lesson begins before the one above has ended.", number=number)
        self.bells.append(Bell(match["name"].strip(), begins, ends))
        return None


def _clock(text: str) -> time | None:
    hour, minute = text.split(":")
    return time(int(hour), int(minute)) if int(hour) < 24 and int(minute) < 60 else None


def _present(school: School) -> dict[str, Any]:
    return {
        "poverty": "unknown" if school.poverty_value is None else "known",
        "poverty_value": "" if school.poverty_value is None else f"{school.poverty_value:g}",
        "poverty_measure": school.poverty_measure,
        "poverty_year": str(school.poverty_year or ""),
        "poverty_source": school.poverty_source,
        "locale": school.locale or "",
        "title_i": TITLE_I[school.title_i],
    }


def _percent(field: Field) -> float:
    """The number as people write it, with a point or a comma; -1 for what is none."""
    try:
        return float((field.data or "").rstrip("% ").replace(",", "."))
    except ValueError:
        return -1.0


def _year(field: Field) -> int:
    given = field.data or ""
    return int(given) if given.isdecimal() else 0
