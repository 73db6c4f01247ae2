"""English that is left where Spanish is read: messages nobody translated, and words that never went through gettext."""

from __future__ import annotations

import re
from functools import cache

from babel.messages.pofile import read_po

from matchmaker.i18n import TRANSLATIONS

FEWEST_LETTERS = 4
ONLY_ENGLISH = re.compile(
    r"\b(the|and|with|your|yours|of|for|this|that|these|those|you|are|was|were|will|not|have|from|what|when|who|how|why"
    r"|they|their|there|been|which|would|can|should|at|by|or|an|it|is|be|we|our|as soon|more|less|than|all|here|new"
    r"|none|yes|every|each|next|before|after)\b",
    re.IGNORECASE,
)
"""Words that no Spanish sentence holds. (``no``, ``me``, ``has``, ``son``, ``pan`` and their like are in both.)"""
NAMES = re.compile(r"National Center for Education Statistics")
"""What has no other name."""
TITLES = "title"
"""Its words cannot be marked with a language each, and it may hold somebody's own."""
WRITTEN = "textarea"
"""Somebody's own words, still being written."""
_PLACE = re.compile(r"%\((\w+)\)[sd]|%%")


@cache
def english_in(text: str, element: str) -> str | None:
    """What is English about words that a reader of Spanish gets in an element; None if nothing is."""
    if element == WRITTEN:
        return None
    if text in _messages() or _patterns().fullmatch(text):
        return f"not translated: {text!r}"
    found = None if element == TITLES else ONLY_ENGLISH.search(NAMES.sub("", text))
    return f"{found[0]!r} in {text!r}" if found else None


@cache
def _catalogue() -> frozenset[str]:
    """The English of every message whose Spanish differs, singulars and plurals."""
    with (TRANSLATIONS / "es" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        found: set[str] = set()
        for message in read_po(file, locale="es"):
            english = message.id if isinstance(message.id, tuple) else (message.id,)
            spanish = message.string if isinstance(message.string, tuple) else (message.string,)
            found.update(" ".join(text.split()) for text in english if text and text not in spanish)
        return frozenset(found)


@cache
def _messages() -> frozenset[str]:
    return frozenset(text for text in _catalogue() if not _PLACE.search(text))


@cache
def _patterns() -> re.Pattern[str]:
    """Any message with places to fill, filled."""
    places = [text for text in _catalogue() if _PLACE.search(text)]
    long_enough = [t for t in places if len(re.findall(r"[a-zA-Z]", _PLACE.sub("", t))) >= FEWEST_LETTERS]
    return re.compile("|".join(_filled(text) for text in sorted(long_enough)))


def _filled(text: str) -> str:
    parts = _PLACE.split(text)
    return "".join(re.escape(part) if at % 2 == 0 else ".+" if part else "%" for at, part in enumerate(parts))
