"""What people read exists in both languages, and never speaks badly of a school or a neighbor."""

from __future__ import annotations

import re
from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.architecture.conftest import ROOT, sources

SPANISH = ROOT / "matchmaker" / "translations" / "es" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "mark": None,
    "mark_plural": (1, 2),
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
OPTIONS = {"**": {"trimmed": "true", "silent": "false"}}
NOT_SAID = re.compile(
    r"\b(low[- ]income|underserved|at[- ]risk|disadvantaged|failing school|needy|worst[- ]off|deprived|deficient"
    r"|volunteer hours|human resource|end user|declin(?:e|ed|ing) the invitation|reject(?:ed|ion)?"
    r"|bajos recursos|desfavorecid|marginad|necesitad[oa]s|en riesgo|rechaz)",
    re.IGNORECASE,
)
IN_BRACES = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
NOT_SHOWN = re.compile(r"\bTitle I\b|\boops\b|\bups\b", re.IGNORECASE)


def wanted() -> Catalog:
    """Every message that code and templates ask for."""
    catalogue = Catalog()
    methods = [("matchmaker/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
    for folder in ("matchmaker", "templates"):
        inside = [(pattern.removeprefix(f"{folder}/"), by) for pattern, by in methods if pattern.startswith(folder)]
        for found in extract_from_dir(ROOT / folder, inside, options_map=OPTIONS, keywords=KEYWORDS):
            _file, _line, message, _comments, context = found
            catalogue.add(message, context=context)
    return catalogue


def spanish() -> Catalog:
    return read_po(BytesIO(SPANISH.read_bytes()), locale="es")


def of(catalogue: Catalog, message: Message) -> Message | None:
    """A message of one catalogue in another."""
    return catalogue.get(message.id if isinstance(message.id, str) else message.id[0], message.context)


def test_the_spanish_catalogue_is_complete_and_holds_nothing_else() -> None:
    have, asked = spanish(), wanted()
    missing = []
    for message in asked:
        found = of(have, message)
        words = [] if found is None else found.string if isinstance(found.string, tuple) else [found.string]
        if message.id and (found is None or found.fuzzy or not words or not all(words)):
            missing.append(message.id)
    assert missing == [], f"{len(missing)} messages have no Spanish"
    assert [message.id for message in have if message.id and of(asked, message) is None] == []


def test_a_translation_fills_the_same_places() -> None:
    for message in spanish():
        if not message.id:
            continue
        sources_ = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        asked = {name for text in sources_ for name in re.findall(r"%\((\w+)\)", text)}
        for text in filter(None, strings):
            assert set(re.findall(r"%\((\w+)\)", text)) <= asked, message.id


def test_spanish_readers_are_addressed_as_usted() -> None:
    familiar = re.compile(r"\b(tú|contigo|tienes|puedes|quieres|eres|has dicho)\b", re.IGNORECASE)
    for message in spanish():
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert not any(familiar.search(text) for text in strings if text), message.id


def test_schools_and_neighbors_are_spoken_of_by_what_they_have() -> None:
    said = [text for message in wanted() for text in ([message.id] if isinstance(message.id, str) else message.id)]
    said += [text for m in spanish() for text in (m.string if isinstance(m.string, tuple) else (m.string,)) if text]
    for text in said:
        assert not NOT_SAID.search(text), text
        assert not NOT_SHOWN.search(text), text
    for file in sorted((ROOT / "templates").rglob("*.*")):
        assert not NOT_SAID.search(IN_BRACES.sub("", file.read_text(encoding="utf-8"))), file


def test_these_checks_read_something() -> None:
    assert len(list(wanted())) > 200
    assert list(sources())
    assert NOT_SAID.search("for at-risk and low-income schools")
