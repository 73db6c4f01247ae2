"""What people teach, make and do, by one name in English and Spanish.

The entries stand in glossary.tsv beside this file, which says at its top how to add one. A concept lets a request for a
"taller de soldadura" meet somebody who welds gates, and tells a model that reads only English what a Spanish text is
about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.language import Language, Piece, fold, read, stem

_OWN_LANGUAGE_ONLY = "="
_BETWEEN_FORMS = "; "
# Shorter stems meet words that have nothing to do with each other: "sold" is soldar and soldado.
_LOOSE_STEM = {"en": 4, "es": 5}
# A listed form that loses more than this to its stem says little about other words of that stem (estudiante, estudio).
_MOST_TAKEN_OFF = 3
_ASKED_EVERY = 6
_READS_FROM = 0.5


class Mention(NamedTuple):
    """A concept in a piece of text: its name, and which of the piece's words say it."""

    concept: str
    start: int
    length: int


Form = tuple[str, ...]
"""The words of a form, without function words and endings of number."""


@dataclass(frozen=True)
class Forms:
    """How concepts are named in texts of one language, the other language's forms included that mean the same there.

    `single` and `stems` (of forms of one word, where the stem is long enough and leads to one concept only) go from a
    word to its concept, `longer` from the first word of a form to the forms it begins, the longest first.
    """

    single: Mapping[str, str]
    longer: Mapping[str, tuple[tuple[Form, str], ...]]
    stems: Mapping[str, str]


@dataclass(frozen=True)
class Glossary:
    """Concepts by the forms that name them, for texts of either language and for those that give no sign of one."""

    forms: Mapping[Language | None, Forms]
    names: tuple[tuple[str, str], ...]
    """The first English and the first Spanish form of each concept."""

    def mentions(self, piece: Piece) -> list[Mention]:
        """The concepts of a piece from left to right, the longest form first; no word is read twice."""
        forms = self.forms[piece.language]
        single, longer, stems = forms.single, forms.longer, forms.stems
        spanish = piece.language == "es"
        found: list[Mention] = []
        free = 0
        for at, word in enumerate(piece.words):
            if at < free:
                continue
            first = word.singular
            mention = _longest(longer[first], piece, at) if first in longer else None
            if mention is None:
                concept = single.get(first) or stems.get(word.spanish if spanish else word.english)
                if concept is None:
                    continue
                mention = Mention(concept, at, 1)
            found.append(mention)
            free = at + mention.length
        return found


def _longest(phrases: Iterable[tuple[Form, str]], piece: Piece, at: int) -> Mention | None:
    for form, concept in phrases:
        if tuple(word.singular for word in piece.words[at : at + len(form)]) == form:
            return Mention(concept, at, len(form))
    return None


def parse(lines: Iterable[str]) -> Glossary:
    """Read lines "English forms <tab> Spanish forms"; lines that begin with # and empty ones are left out.

    Raises
    ------
    ValueError
        Naming the line: without a form in either language, or with a form that another concept has already.
    """
    known: dict[Language, dict[Form, str]] = {"en": {}, "es": {}}
    at_home: set[tuple[Language, Form]] = set()
    names: list[tuple[str, str]] = []
    for number, written in _entries(lines):
        concept, spanish = (forms[0].removeprefix(_OWN_LANGUAGE_ONLY) for forms in written.values())
        names.append((concept, spanish))
        for language, given in ((name, given) for name in known for given in written[name]):
            form = _form(given)
            if not form or known[language].setdefault(form, concept) != concept:
                raise ValueError(f"glossary line {number}: {given!r} is no word, or stands in another line too")
            if given.startswith(_OWN_LANGUAGE_ONLY):
                at_home.add((language, form))
    abroad: dict[Language, dict[Form, str]] = {
        language: {form: concept for form, concept in forms.items() if (language, form) not in at_home}
        for language, forms in known.items()
    }
    return Glossary(
        {
            # The text's own forms come last and so win over a foreign form that looks the same.
            "en": _forms({**abroad["es"], **known["en"]}, _stems("en", known["en"])),
            "es": _forms({**abroad["en"], **known["es"]}, _stems("es", known["es"])),
            None: _forms({**abroad["es"], **abroad["en"]}, {}),
        },
        tuple(names),
    )


def _entries(lines: Iterable[str]) -> Iterator[tuple[int, dict[Language, list[str]]]]:
    """The number of each line that holds an entry, and its forms as they are written, by language."""
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.rstrip("\n").split("\t")
        if len(cells) != 2 or not all(cell.strip() for cell in cells):
            raise ValueError(f"glossary line {number}: expected English forms, one tab, Spanish forms")
        yield number, {"en": cells[0].split(_BETWEEN_FORMS), "es": cells[1].split(_BETWEEN_FORMS)}


def _form(written: str) -> Form:
    return tuple(word.singular for piece in read(written) for word in piece.words)


def _forms(concepts: Mapping[Form, str], stems: Mapping[str, str]) -> Forms:
    longer: dict[str, list[tuple[Form, str]]] = {}
    for form, concept in sorted(concepts.items(), key=lambda entry: -len(entry[0])):
        if len(form) > 1:
            longer.setdefault(form[0], []).append((form, concept))
    return Forms(
        single={form[0]: concept for form, concept in concepts.items() if len(form) == 1},
        longer={first: tuple(entries) for first, entries in longer.items()},
        stems=stems,
    )


def _stems(language: Language, forms: Mapping[Form, str]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for form, concept in forms.items():
        key = stem(form[0], language)
        if len(form) == 1 and len(key) >= _LOOSE_STEM[language] and len(form[0]) - len(key) <= _MOST_TAKEN_OFF:
            found.setdefault(key, set()).add(concept)
    return {key: concepts.pop() for key, concepts in found.items() if len(concepts) == 1}


@lru_cache(maxsize=1)
def bundled() -> Glossary:
    """The glossary that comes with the service, read once."""
    return parse(files("matching").joinpath("glossary.tsv").read_text(encoding="utf-8").splitlines())


@lru_cache(maxsize=1)
def edition() -> str:
    """Six hex digits that change with every change of the glossary."""
    return hashlib.sha256(files("matching").joinpath("glossary.tsv").read_bytes()).hexdigest()[:6]


def in_english(text: str) -> str:
    """A text as a model that reads English only can make the most of it.

    Spanish pieces lose their function words, and what the glossary knows is said in English; the rest (names, words
    both languages share, words it does not know) stays. A text without Spanish comes back as it is.
    """
    pieces = read(text)
    if not any(piece.language == "es" for piece in pieces):
        return text
    return ". ".join(_said(piece) for piece in pieces)


def _said(piece: Piece) -> str:
    if piece.language != "es":
        return " ".join(word.form for word in piece.all_words)
    mentions = {mention.start: mention for mention in bundled().mentions(piece)}
    said: list[str] = []
    at = 0
    while at < len(piece.words):
        found = mentions.get(at)
        said.append(found.concept if found else piece.words[at].form)
        at += found.length if found else 1
    return " ".join(said)


def reads_spanish(encode: Callable[[Sequence[str]], NDArray[np.float32]]) -> bool:
    """Whether an embedding model places the Spanish names of concepts beside their English ones.

    Asks the model itself, on names that do not look alike in the two languages, so that any model can be put in without
    a word about what it reads. `encode` gives vectors [n, d] of length 1.
    """
    asked = [names for names in bundled().names if not _look_alike(*names)][::_ASKED_EVERY]
    english = encode([name for name, _ in asked])
    spanish = encode([name for _, name in asked])
    nearest = np.argmax(spanish @ english.T, axis=1)
    return bool(np.mean(nearest == np.arange(len(asked))) >= _READS_FROM)


def _look_alike(english: str, spanish: str) -> bool:
    return fold(english)[:2] == fold(spanish)[:2]
