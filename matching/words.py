"""The keys a text is indexed by, and the words two texts share.

English and Spanish go through one analysis, since one region's partners write in either and many in both: each word is
stemmed by the language of its sentence, and what the glossary knows gets one more key that is the same in both.
Light enough that explanations can be made without the lexical index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from matching.glossary import bundled
from matching.language import STOP_WORDS, Piece, fold, read, stem

__all__ = [
    "STOP_WORDS",
    "concept_key",
    "fold",
    "is_concept",
    "named_words",
    "shared_words",
    "single_terms",
    "stem",
    "terms",
]


def concept_key(concept: str) -> str:
    """The key of a concept of the glossary; no word of a text begins like it."""
    return "~" + concept.replace(" ", "_")


def is_concept(key: str) -> bool:
    """Whether a key is a concept's, and not a word's."""
    return key.startswith("~")


def terms(text: str) -> list[str]:
    """Keys of the single words of a text, then of its neighbouring pairs, then of its concepts."""
    return _keys(text, pairs=True)


def single_terms(text: str) -> list[str]:
    """Keys of the single words of a text, then of its concepts."""
    return _keys(text, pairs=False)


def _keys(text: str, pairs: bool) -> list[str]:
    glossary = bundled()
    words: list[str] = []
    concepts: list[str] = []
    for piece in read(text):
        spanish = piece.language == "es"
        words += [word.spanish if spanish else word.english for word in piece.words]
        concepts += [concept_key(mention.concept) for mention in glossary.mentions(piece)]
    neighbours = [f"{first} {second}" for first, second in pairwise(words)] if pairs else []
    return words + neighbours + concepts


def shared_words(
    request_text: str, other_text: str, weight: Callable[[str], float] | None = None, limit: int = 4
) -> tuple[str, ...]:
    """The words both texts hold, or say in the other language, as the second writes them, the most telling first.

    Parameters
    ----------
    request_text, other_text
        Any texts; neither needs to be clean.
    weight
        How telling a key is, usually `LexicalIndex.rarity`; without it, longer words come first.
    limit
        At most this many words.
    """
    wanted = {key for keys, _ in named_words(request_text) for key in keys}
    telling = weight or (lambda key: float(len(key)))
    found: dict[str, float] = {}
    for keys, form in named_words(other_text):
        shared = wanted.intersection(keys)
        if shared and not form.isdigit():
            found.setdefault(form, max(map(telling, shared)))
    ordered = sorted(found, key=lambda form: -found[form])
    return tuple(ordered[:limit])


def named_words(text: str) -> Iterator[tuple[set[str], str]]:
    """Each word of a text that carries meaning: all keys it can be met by, and how it is written."""
    for piece in read(text):
        yield from _named(piece)


def _named(piece: Piece) -> Iterator[tuple[set[str], str]]:
    concepts = {mention.start: mention.concept for mention in bundled().mentions(piece) if mention.length == 1}
    for place, word in enumerate(piece.words):
        keys = {word.key(piece.language)}
        if place in concepts:
            keys.add(concept_key(concepts[place]))
        yield keys, word.form.lower()
