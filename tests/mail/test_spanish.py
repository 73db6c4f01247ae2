"""Every sentence of every letter exists in Spanish, with the same places to fill."""

from __future__ import annotations

import re

import pytest
from babel.messages.extract import extract_from_dir

from matchmaker.app import ROOT
from matchmaker.i18n import catalogue

METHODS = [("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.py", "python")]


def sentences() -> list[tuple[str, ...]]:
    """Each message once: a singular with its plural, or one alone."""
    found: set[tuple[str, ...]] = set()
    for folder in ("templates/mail", "matchmaker/mail"):
        for _, _, message, _, _ in extract_from_dir(ROOT / folder, METHODS):
            found.add((message,) if isinstance(message, str) else tuple(message))
    return sorted(found)


def places(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def test_there_are_sentences() -> None:
    assert len(sentences()) > 50


@pytest.mark.parametrize("forms", sentences(), ids=lambda forms: forms[0][:40])
def test_a_sentence_has_its_spanish(forms: tuple[str, ...]) -> None:
    spanish = catalogue("es")

    for number, form in enumerate(forms, start=1):
        said = spanish.ungettext(*forms, number) if len(forms) == 2 else spanish.ugettext(form)
        assert said != form
        assert places(said) == places(form)
