"""What is wrong with a spreadsheet, what an import did and what stays, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, get_locale, ngettext
from flask_babel import lazy_gettext as _

from matchmaker.services.sheets.books import Kept
from matchmaker.services.sheets.faults import Fault, Problem, Unreadable, UnreadableSheet
from matchmaker.services.sheets.glossary import Words
from matchmaker.services.sheets.tables import COLUMNS
from matchmaker.web import filters
from models import SheetKind

LONGEST_CELL = 80
KINDS: Mapping[SheetKind, LazyString] = {
    SheetKind.SCHOOLS: _("Schools"),
    SheetKind.TEACHERS: _("Teachers"),
    SheetKind.PARTNERS: _("Community partners"),
    SheetKind.FUNDS: _("Funds of knowledge"),
    SheetKind.CLEARANCES: _("School clearances"),
    SheetKind.REQUESTS: _("Learning requests"),
}
NOTES: Mapping[SheetKind, LazyString] = {
    SheetKind.SCHOOLS: _("Each with its documented facts, and where they come from."),
    SheetKind.TEACHERS: _("Each belongs to a school that is listed already. Reading them in vouches for them."),
    SheetKind.PARTNERS: _("People and organizations. Nobody is proposed before their funds have been read."),
    SheetKind.FUNDS: _("What they know, one thing a row, each with the e-mail of the person who knows it."),
    SheetKind.CLEARANCES: _(
        "The status of each partner listed here already; of those in order, who issued them and the dates. No report."
    ),
    SheetKind.REQUESTS: _(
        "What classes ask for, each with the e-mail of its teacher. Those read in are posted at once."
    ),
}
PROBLEMS: Mapping[Problem, LazyString] = {
    Problem.MISSING: _("Please fill this in."),
    Problem.TOO_LONG: _("Please shorten this to %(most)s characters or fewer."),
    Problem.CONTROL: _("Please use letters, numbers and punctuation only."),
    Problem.EMAIL: _("Please write an address like name@school.org."),
    Problem.PHONE: _("Please write the number with digits."),
    Problem.WHOLE: _("Please write a whole number, such as 3."),
    Problem.NUMBER: _("Please write a number, such as 61.5."),
    Problem.RANGE: _("Please write a number from %(low)s to %(high)s."),
    Problem.YES_NO: _("Please write yes or no."),
    Problem.CHOICE: _("“%(word)s” is not among the words for this column. Please use one of these: %(choices)s."),
    Problem.GRADES: _("Please write grades like “K to 2; 5”. K is kindergarten, 12 the highest."),
    Problem.TURNED_TO_DATE: _("The spreadsheet has made a date of it. Please write “6 to 8” instead of “6-8”."),
    Problem.DAY: _("Please write the day like 2026-09-21."),
    Problem.TIME: _("Please write the time like 14:30 or 2:30 PM."),
    Problem.WINDOW: _("Please write dates and times like “2026-10-05 09:00-09:50”, with ; between several."),
    Problem.HOURS: _("Please choose an end that is later than the beginning."),
    Problem.NO_DATE_AHEAD: _("Please offer at least one date that lies ahead."),
    Problem.FAR_AHEAD: _("Please choose a day within the next 18 months."),
    Problem.AHEAD: _("This day still lies ahead. Please write the day on which the request was posted."),
    Problem.WEEKEND: _("Please choose a school day, Monday to Friday."),
    Problem.OUTSIDE_HOURS: _("Please choose a time between 6 in the morning and 8 in the evening."),
    Problem.STUDENT_NAME: _(
        "This may name a student: %(names)s. Please write “a student” instead. If it is nobody of the class, write yes"
        " in the column “%(column)s”."
    ),
    Problem.TWICE: _("Row %(row)s stands for the same one. Please keep one of the two rows."),
    Problem.SEVERAL: _("Several here go by this. Please merge their profiles first, or give each row its key."),
    Problem.TAKEN: _("The key is that of one, the name or address that of another. Please make them agree."),
    Problem.OTHER_KEY: _("Here it has the key “%(key)s”. Please write that key, or leave the cell empty."),
    Problem.NO_SCHOOL: _(
        "No school here is called this. Please read in the schools first, or write it as it is listed."
    ),
    Problem.NO_TEACHER: _("No teacher here has this address. Please read in the teachers first."),
    Problem.NO_PARTNER: _(
        "This is nobody here, or more than one. Please read in the partners first; write their e-mail."
    ),
    Problem.NO_ORGANISATION: _("No organization here is called this. Please read it in first, as a row of its own."),
    Problem.FIXED: _("Here it is “%(now)s”, and that is not changed by a spreadsheet. Please leave the cell empty."),
    Problem.POSTED: _(
        "It is posted already. What a class asks for is not changed by a spreadsheet; withdraw it first."
    ),
    Problem.INCOMPLETE_FIGURE: _("A figure counts with its measure, its year and its source. Please fill in all four."),
    Problem.FULL: _("One person shares %(most)s funds at most."),
    Problem.EXTRA_CELLS: _(
        "This row has more cells than there are headers. Text with a comma in it must stand in quotation marks."
    ),
}
UNREADABLE: Mapping[Unreadable, LazyString] = {
    Unreadable.TOO_LARGE: _("This file is larger than %(most)s MB. Please divide it."),
    Unreadable.TOO_MANY_ROWS: _("This file has more than %(most)s rows. Please divide it."),
    Unreadable.WORKBOOK: _(
        "This is a workbook. Please open it, choose “Save as” and the type “CSV UTF-8”, and send that."
    ),
    Unreadable.ENCODING: _("The letters of this file cannot be read. Please save it again as “CSV UTF-8”."),
    Unreadable.QUOTES: _("A quotation mark in this file is never closed. Please save it again as “CSV UTF-8”."),
    Unreadable.EMPTY: _("There is no row below the header."),
    Unreadable.NO_HEADER: _(
        "The first row does not name the columns. At least one of these must stand there: %(columns)s. The template"
        " shows all of them."
    ),
}
KEPT: Mapping[Kept, LazyString] = {
    Kept.CHANGED: _("changed by somebody since, and left as it is"),
    Kept.IN_USE: _("requests, introductions or people depend on it by now"),
    Kept.ACCOUNT: _("has signed in by now"),
    Kept.FUNDS: _("has shared a fund of knowledge since"),
    Kept.REVIEWED: _("was read since and may be invited"),
    Kept.NOTES: _("colleagues have written something down about it"),
}


def sentence(kind: SheetKind, fault: Fault) -> str:
    """What is wrong in a row, and what to write instead."""
    facts = dict(fault.facts)
    if isinstance(words := facts.pop("words", None), Words):
        language = str(get_locale())
        facts["choices"] = filters.listed([words.write(code, language) for code in words.of], "or")
        facts.setdefault("word", fault.written)
    if "names" in facts:
        facts["names"] = filters.listed(facts["names"])
        facts["column"] = header(kind, "names_checked")
    return str(PROBLEMS[fault.problem]) % {
        name: fact if name == "choices" else _short(fact) for name, fact in facts.items()
    }


def unreadable(error: UnreadableSheet) -> str:
    """Why a file cannot be read, and what to do."""
    facts = dict(error.facts)
    if "columns" in facts:
        named = [column.header(str(get_locale())) for column in facts["columns"]]  # type: ignore[attr-defined]
        facts["columns"] = filters.listed(named, "or")
    return str(UNREADABLE[error.why]) % facts


def header(kind: SheetKind, name: str | None) -> str:
    """A column's header, as it is written for the reader."""
    return next((column.header(str(get_locale())) for column in COLUMNS[kind] if column.name == name), "")


def cell(kind: SheetKind, name: str, written: str) -> str:
    """A cell of the books, which hold English, in the reader's language; long ones cut."""
    column = next(each for each in COLUMNS[kind] if each.name == name)
    return _short(column.cell.write(column.cell.read(written), str(get_locale()))) if written else "\u2013"


def told(counts: Mapping[str, int]) -> list[str]:
    """What an import did, or would do, in a few words each."""
    created, changed, unchanged = (counts.get(name, 0) for name in ("created", "changed", "unchanged"))
    said = [
        (created, ngettext("%(num)s new", "%(num)s new", created)),
        (changed, ngettext("%(num)s changed", "%(num)s changed", changed)),
        (unchanged, ngettext("%(num)s as it is here", "%(num)s as they are here", unchanged)),
    ]
    return [words for count, words in said if count]


def _short(fact: Any) -> Any:
    if not isinstance(fact, str) or len(fact) <= LONGEST_CELL:
        return fact
    return fact[:LONGEST_CELL].rsplit(" ", 1)[0] + "…"
