"""A proposal's reasons as sentences, in any of our languages. Codes and figures come from ``matching.explain``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from matchmaker.i18n import gettext_in, mark, mark_plural, ngettext_in

SENTENCES: Mapping[str, str] = {
    "fund_answers": mark("Close to what was asked: “%(fund)s”."),
    "words_shared": mark("Close to what was asked: “%(fund)s”; both speak of %(words)s."),
    "profile_answers": mark("The whole profile is close to what was asked."),
    "little_in_common": mark("Little in the words connects the two; a person should look twice."),
    "kept_by_need": mark("Stays ahead because this school is earlier in line."),
    "subject_fit": mark("Has named this subject."),
    "subject_other": mark("Has named other subjects."),
    "grade_fit": mark("Likes working with this grade."),
    "grade_other": mark("Has named other grades."),
    "format_fit": mark("Offers this kind of visit."),
    "format_other": mark("Offers only part of what was asked."),
    "language_fit": mark("Speaks a language the class asked for."),
    "language_other": mark("Shares no language with what was asked."),
    "near": mark("Lives close, %(miles)s miles away."),
    "far": mark("Lives %(miles)s miles away, near the edge of how far they travel."),
    "date_fit": mark("The dates suit."),
    "date_few": mark("Only some of the dates suit."),
}
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


def sentences(language: str, reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """One sentence a reason, a move first: it is what a reader asks about."""
    ordered = sorted(reasons, key=lambda reason: reason["code"] not in MOVES)
    return [_sentence(language, reason["code"], reason.get("params", {})) for reason in ordered]


def why(languages: Iterable[str], reasons: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The reasons in one paragraph per language, as they are stored with a proposal."""
    told = list(reasons)
    return {language: " ".join(sentences(language, told)) for language in languages}


def _sentence(language: str, code: str, params: Mapping[str, Any]) -> str:
    if code in MOVES:
        places = abs(int(params["before"]) - int(params["after"]))
        return ngettext_in(language, *MOVES[code], places, n=places)
    facts = {name: ", ".join(value) if isinstance(value, (list, tuple)) else value for name, value in params.items()}
    return gettext_in(language, SENTENCES[code], **facts)
