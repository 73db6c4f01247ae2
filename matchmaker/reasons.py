"""A proposal's reasons as sentences, in any of our languages. Codes and figures come from ``matching.explain``.

A sentence is whole in the catalogue; the words of a person stand in it as they were written, and are told apart from
ours by a language of their own, so that a page can show them as that person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from babel.lists import format_list

from matchmaker.i18n import gettext_in, mark, mark_plural, ngettext_in

SENTENCES: Mapping[str, str] = {
    "own_words": mark("In their own words, on “%(fund)s”: “%(quote)s”."),
    "about_words": mark("In their own words: “%(quote)s”."),
    "answers_topic": mark("Answers the topic itself: both speak of %(words)s."),
    "answers_part": mark("Answers “%(part)s”: both speak of %(words)s."),
    "touches": mark("Touches on “%(part)s”: both speak of %(words)s."),
    "meaning_only": mark("Close to “%(part)s” in meaning, though the words differ."),
    "meaning_across": mark("Close to “%(part)s” in meaning; the two are written in different languages."),
    "little_in_common": mark("Little in the words connects the two; a person should look twice."),
    "kept_by_need": mark("Stays ahead because this school is earlier in line."),
    "by_plan": mark("The plan of the whole region gives this person to this class."),
    "reached_less": mark("This school was reached less than others so far."),
    "closer_busy": mark("%(name)s would be closer, but %(held)s of %(visits)s visits of that month are taken."),
    "subject_fit": mark("Has named this subject."),
    "subject_other": mark("Has named other subjects."),
    "grade_fit": mark("Likes working with this grade."),
    "grade_other": mark("Has named other grades."),
    "format_fit": mark("Offers this kind of visit."),
    "format_other": mark("Offers only part of what was asked."),
    "language_fit": mark("Speaks a language the class asked for."),
    "language_other": mark("Shares no language with what was asked."),
    "near": mark("Is close, %(miles)s miles away."),
    "far": mark("Is %(miles)s miles away, near the edge of how far they travel."),
    "date_fit": mark("The dates suit."),
    "date_few": mark("Only some of the dates suit."),
    "busy": mark("Other classes have already asked for that month."),
    "thin_profile": mark("The profile holds only a few words so far; a call would tell more."),
    "thin_request": mark("The request holds only a few words; the teacher can say more."),
}
EARLIER: Mapping[str, str] = {
    "fund_answers": mark("Close to what was asked: “%(fund)s”."),
    "words_shared": mark("Close to what was asked: “%(fund)s”; both speak of %(words)s."),
    "profile_answers": mark("The whole profile is close to what was asked."),
}
"""Codes that are no longer found, but stand in proposals of before."""
MOVES: Mapping[str, tuple[str, str]] = {
    "moved_up_boost": mark_plural(
        "Up %(n)s place: has been shown less often than their knowledge deserves.",
        "Up %(n)s places: has been shown less often than their knowledge deserves.",
    ),
    "moved_up_free": mark_plural(
        "Up %(n)s place: others are busier this month.",
        "Up %(n)s places: others are busier this month.",
    ),
    "moved_down_busy": mark_plural(
        "Down %(n)s place: already asked often this month.",
        "Down %(n)s places: already asked often this month.",
    ),
    "moved_down_boost": mark_plural(
        "Down %(n)s place: somebody shown less often goes first.",
        "Down %(n)s places: somebody shown less often goes first.",
    ),
}
BOOSTED: Mapping[str, tuple[str, str]] = {
    "practice": mark_plural(
        "Up %(n)s place: knowledge that comes from practice is seldom shown.",
        "Up %(n)s places: knowledge that comes from practice is seldom shown.",
    ),
    "credentialed": mark_plural(
        "Up %(n)s place: knowledge that comes from training is seldom shown.",
        "Up %(n)s places: knowledge that comes from training is seldom shown.",
    ),
    "new": mark_plural(
        "Up %(n)s place: people new to the network are seldom shown.",
        "Up %(n)s places: people new to the network are seldom shown.",
    ),
}
"""What is said of a boosted move where the boost is that of one group."""
COUNTED: Mapping[str, tuple[tuple[str, str], str]] = {
    "waited_reached_less": (
        mark_plural(
            "This class has waited %(weeks)s week, and its school was reached less than others.",
            "This class has waited %(weeks)s weeks, and its school was reached less than others.",
        ),
        "weeks",
    ),
    "waited": (
        mark_plural("This class has waited %(weeks)s week.", "This class has waited %(weeks)s weeks."),
        "weeks",
    ),
    "closer_full": (
        mark_plural(
            "%(name)s would be closer, but has given the one visit of that month.",
            "%(name)s would be closer, but has given all %(visits)s visits of that month.",
        ),
        "visits",
    ),
    "closer_planned": (
        mark_plural(
            "%(name)s would be closer, but is planned for %(classes)s class that would have nobody as close.",
            "%(name)s would be closer, but is planned for %(classes)s classes that would have nobody as close.",
        ),
        "classes",
    ),
}
"""Sentences with a number in them, and the name of that number."""
FOR_TEACHERS: Mapping[str, str] = {
    "waited_reached_less": mark(
        "Your class has waited for some weeks and your school was reached less than others, so it is early in line."
    ),
    "waited": mark("Your class has waited for some weeks; that counts for it."),
    "reached_less": mark("Your school was reached less than others so far, so it is early in line."),
    "moved_up_boost": mark("We also look to neighbors whose knowledge is seldom asked for."),
    "moved_up_free": mark("We look first to neighbors who have room that month."),
    "closer_full": mark("Somebody else would be closer, but has no visit left that month."),
    "closer_busy": mark("Somebody else would be closer, but other classes have asked for that month."),
    "closer_planned": mark("Somebody else would be closer, but another class would then have nobody as close."),
}
"""What a teacher is told of the same, without anybody's name and without anybody's load."""
_OWN = ("fund", "part", "quote")
_MARK = "\0"  # no text of ours or of PostgreSQL's can hold it


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a sentence. ``language`` is set where the words are a person's own: the one they were written in."""

    words: str
    language: str | None = None


Sentence = tuple[Run, ...]


def sentence(language: str, reason: Mapping[str, Any]) -> Sentence:
    """One reason as a sentence, a person's own words apart from ours."""
    code, params = reason["code"], reason.get("params", {})
    if code in MOVES:
        places = abs(int(params["before"]) - int(params["after"]))
        return (Run(ngettext_in(language, *BOOSTED.get(params.get("group", ""), MOVES[code]), places, n=places)),)
    if code in COUNTED:
        forms, number = COUNTED[code]
        return (Run(ngettext_in(language, *forms, int(params[number]), **params)),)
    own = {name: (str(params[name]), str(params.get("language", ""))) for name in _OWN if name in params}
    words = {f"word{n}": (word, params.get("words_language", "")) for n, word in enumerate(params.get("words", ()))}
    facts = {
        **{name: value for name, value in params.items() if name != "language"},
        **{name: _marked(name) for name in own},
        "words": _listed(len(words), language),
    }
    message = SENTENCES[code] if code in SENTENCES else EARLIER[code]
    pieces = gettext_in(language, message, **facts).split(_MARK)
    # Ours and theirs take turns, beginning and ending with ours.
    runs = (Run(*(own | words)[piece]) if place % 2 else Run(piece) for place, piece in enumerate(pieces))
    return tuple(run for run in runs if run.words)


@cache
def _listed(count: int, language: str) -> str:
    """The marks of so many words, as a language lists them. Putting a list together takes longer than all the rest."""
    return format_list([_marked(f"word{number}") for number in range(count)], locale=language)


def _marked(name: str) -> str:
    return f"{_MARK}{name}{_MARK}"


def plain(told: Sentence) -> str:
    """A sentence without the difference between our words and theirs."""
    return "".join(run.words for run in told)


def sentences(language: str, reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """One sentence a reason, a move first: it is what a reader asks about."""
    ordered = sorted(reasons, key=lambda reason: reason["code"] not in MOVES)
    return [plain(sentence(language, reason)) for reason in ordered]


def for_teacher(language: str, reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """What may be told to the teacher of these reasons, each thing once."""
    found = (FOR_TEACHERS[reason["code"]] for reason in reasons if reason["code"] in FOR_TEACHERS)
    return [gettext_in(language, message) for message in dict.fromkeys(found)]


def why(languages: Iterable[str], reasons: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The reasons in one paragraph per language, as they are stored with a proposal."""
    told = list(reasons)
    return {language: " ".join(sentences(language, told)) for language in languages}
