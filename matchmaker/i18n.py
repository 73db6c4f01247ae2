"""The languages people read, and gettext for the rooms that must not know Flask."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations

LANGUAGES = ("en", "es")
TRANSLATIONS = Path(__file__).parent / "translations"


@cache
def catalogue(language: str) -> NullTranslations:
    """The message catalogue of a language; English is the source and needs none."""
    return Translations.load(TRANSLATIONS, [language])


def gettext_in(language: str, message: str, **facts: object) -> str:
    """A message in a language, its named places filled with ``facts``."""
    return catalogue(language).ugettext(message) % facts


def ngettext_in(language: str, one: str, many: str, count: int, **facts: object) -> str:
    """A message in the form its number asks for."""
    return catalogue(language).ungettext(one, many, count) % facts


def mark(message: str) -> str:
    """Mark a message for the catalogue where it is written down but not yet said."""
    return message


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """Mark a message with a number in it, in both of its English forms."""
    return one, many
