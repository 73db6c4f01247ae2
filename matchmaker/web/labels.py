"""The words for the codes that forms offer and rows hold, in the reader's language.

A code that is not listed (a loaded set may bring its own) is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from babel import Locale, UnknownLocaleError
from flask_babel import LazyString, get_locale, gettext
from flask_babel import lazy_gettext as _

SUBJECTS: Mapping[str, LazyString] = {
    "science": _("Science"),
    "math": _("Math"),
    "language_arts": _("Language arts"),
    "social_studies": _("Social studies"),
    "civics": _("Civics"),
    "arts": _("Visual arts"),
    "music": _("Music and dance"),
    "technology": _("Technology and design"),
    "cte": _("Career and technical"),
    "world_languages": _("World languages"),
    "health_pe": _("Health and movement"),
    "elementary": _("Elementary, all subjects"),
}

FORMATS: Mapping[str, LazyString] = {
    "visit": _("Visit or walk with the class"),
    "series": _("Work alongside the project"),
    "host": _("Host the class"),
    "advise": _("Advise the teacher"),
}

FORMAT_NOTES: Mapping[str, LazyString] = {
    "visit": _("Once, about one period"),
    "series": _("Two to five visits"),
    "host": _("The class comes to a workshop, kitchen, yard or studio"),
    "advise": _("Twenty minutes by phone or video, no students"),
}

ASKED: Mapping[str, LazyString] = {
    "title": _("the question"),
    "text": _("the words"),
    "grade": _("the grade"),
    "subject": _("the subject"),
    "students": _("how many students"),
    "place": _("the place"),
    "partners_wanted": _("how many people"),
    "overnight": _("the night away"),
    "formats": _("the kind of visit"),
    "languages": _("the languages"),
    "windows": _("the dates"),
}
"""What a request asks, as it stands in a sentence on what of it was changed."""

SHARING: Mapping[str, LazyString] = {
    "no_recording": _("No recording or photos"),
    "in_season": _("Only in a season"),
    "in_person": _("In person only"),
}

MAIL_KINDS: Mapping[str, LazyString] = {
    "asking": _("Invitations and questions"),
    "agreed": _("What was agreed"),
    "afterwards": _("After a visit"),
}

MAIL_KIND_NOTES: Mapping[str, LazyString] = {
    "asking": _("A class would like to learn from you, or somebody waits for your answer. One reminder of each."),
    "agreed": _("Introductions, dates, changes of a visit, and messages about it. Without these, we call you."),
    "afterwards": _("Two questions about how it went, and what became of it."),
}

ROLES: Mapping[str, LazyString] = {
    "teacher": _("teacher"),
    "partner": _("community partner"),
    "coordinator": _("coordinator"),
    "admin": _("network admin"),
    "funder": _("funder"),
}

LINES: Mapping[str, LazyString] = {
    "first": _("First in line"),
    "next": _("Next in line"),
    "near": _("Near its share"),
    "at_share": _("At its share"),
}

LEADS: Mapping[str, LazyString] = {
    "clear_lead": _("clear lead"),
    "close_call": _("close call"),
    "by_hand": _("put forward by hand"),
}

NOT_NOW_REASONS: Mapping[str, LazyString] = {
    "busy": _("I have a lot of work"),
    "far": _("It is far for me"),
    "not_mine": _("It is not my subject"),
    "health": _("Health or family"),
    "unsaid": _("I would rather not say"),
}

ANSWER_VIAS: Mapping[str, LazyString] = {
    "link": _("by mail"),
    "page": _("on their own page"),
    "phone": _("by phone"),
    "in_person": _("in person"),
}

DATE_DOUBTS: Mapping[str, LazyString] = {
    "closed": _("There is no school that day"),
    "weekday": _("Not one of the days you named to us"),
    "hours": _("Outside the hours you named to us"),
}

CANCEL_REASONS: Mapping[str, LazyString] = {
    "ill": _("Illness"),
    "school": _("Something came up at school"),
    "own": _("Something came up at work or at home"),
    "agreed": _("We agreed on it together"),
}

CLOSURES: Mapping[str, LazyString] = {
    "holiday": _("No school"),
    "testing": _("Testing, no visits"),
}

PASS_REASONS: Mapping[str, LazyString] = {
    "not_close": _("Not close enough to what was asked"),
    "dates": _("The dates do not work"),
    "asked_lately": _("Asked too often lately"),
    "spoke": _("We spoke, and it is not the moment"),
    "must_not_meet": _("These two must not be matched"),
    "other": _("Another reason"),
}

RULES: Mapping[str, LazyString] = {
    "not_reviewed": _("have a profile that nobody has read yet"),
    "paused": _("are taking a break"),
    "passed": _("were passed over for this request"),
    "set_aside": _("were set aside for this request by a coordinator"),
    "said_not_now": _("said not now to this request"),
    "asked": _("are asked for this request already"),
    "must_not_meet": _("are kept apart from this teacher, as one of them asked"),
    "format": _("offer another kind of visit"),
    "language": _("do not share a language with the class"),
    "distance": _("live farther than they travel"),
    "dates": _("are not free on those days"),
    "clearance": _("have no school clearance on those dates"),
    "full": _("have no free place that month"),
}

AGAIN: Mapping[str, LazyString] = {
    "yes": _("Yes, gladly"),
    "perhaps": _("Perhaps"),
    "no": _("Rather not"),
}

WEEKDAYS: tuple[LazyString, ...] = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"))


_UNLISTED: Mapping[str, LazyString] = {
    "ood": _("O\u2019odham"),
    "yaq": _("Yoeme (Yaqui)"),
    "ase": _("American Sign Language"),
}
"""Languages of our networks that Babel's tables do not name."""


def label(words: Mapping[str, LazyString], code: str | None) -> str:
    """The words for a code; the code itself, spaced, where none are listed."""
    if not code:
        return ""
    return str(words[code]) if code in words else code.replace("_", " ").replace("-", " ")


def grade(number: int | None) -> str:
    """A grade as it is said: 0 is kindergarten, None any."""
    if number is None:
        return gettext("Any grade")
    return gettext("Kindergarten") if number == 0 else gettext("Grade %(number)s", number=number)


def capital(words: str) -> str:
    """The same words with a capital first letter, as at the beginning of a line."""
    return words[:1].upper() + words[1:]


def language(code: str) -> str:
    """A language's name in the reader's language, as inside a sentence."""
    return _language(code, get_locale() or Locale("en"))


def own_language(code: str) -> str:
    """A language's name for itself, with a capital as on a button."""
    return capital(_language(code, code))


def _language(code: str, reader: Locale | str) -> str:
    if code in _UNLISTED:
        return str(_UNLISTED[code])
    try:
        name = Locale.parse(code).get_language_name(reader)
    except (UnknownLocaleError, ValueError):
        return code
    return name or code
