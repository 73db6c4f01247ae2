"""A candidate's reasons as the desk shows them: their own words first, then why, then the one thing to weigh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _

from matching import explain
from matchmaker import reasons
from matchmaker.queries.candidates import Candidate

CONFIDENCE: Mapping[str, LazyString] = {
    "likely": _("Likely"),
    "possible": _("Possible"),
    "long_shot": _("Long shot"),
    "little_to_go_on": _("Little to go on"),
}
"""The word for rho, the calibrated chance that a coordinator approves and the partner accepts."""
IN_THE_ROW = ("near", "date_fit", "language_fit")
"""What speaks for a candidate and stands among the facts of the row anyway."""


@dataclass(frozen=True)
class Told:
    """One candidate's reasons, in the reader's language.

    Attributes
    ----------
    quote
        The partner's own words, with the language they were written in; None for reasons of before quotes.
    why
        Sentences, a move first, then what is around the request.
    weigh
        What counts against, None where nothing does.
    confidence, word
        How likely a yes is: the code and what is said for it.
    """

    quote: reasons.Run | None
    why: tuple[reasons.Sentence, ...]
    weigh: reasons.Sentence | None
    confidence: str
    word: str


def of(candidate: Candidate) -> Told:
    """The reasons of one candidate, each said once."""
    language = str(get_locale() or "en")
    by_code = {reason["code"]: reason for reason in candidate.reasons}
    quotes = [by_code[code]["params"] for code in explain.QUOTE_CODES if code in by_code]
    moves = [code for code in by_code if code in explain.MOVE_CODES]
    around = [code for code in by_code if code in explain.AROUND_CODES]
    elsewhere = (*moves, *around, *explain.QUOTE_CODES, *explain.AGAINST_CODES, *IN_THE_ROW)
    others = [code for code in by_code if code not in elsewhere]
    weigh = next((code for code in by_code if code in explain.AGAINST_CODES), None)
    sure = explain.confidence(candidate.relevance, by_code)
    return Told(
        quote=reasons.Run(quotes[0]["quote"], quotes[0]["language"]) if quotes else None,
        why=tuple(reasons.sentence(language, by_code[code]) for code in (*moves, *around, *others)),
        weigh=reasons.sentence(language, by_code[weigh]) if weigh else None,
        confidence=sure,
        word=str(CONFIDENCE[sure]),
    )
