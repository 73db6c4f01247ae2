"""What the ranker reads of a profile: the texts to embed, and the words to count.

Each depends on one profile alone, so a reading is made once and kept for as long as the profile stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from matching.language import Language, language_of
from matching.words import is_concept, single_terms

PIECE_WORDS = 20
TITLE_WORDS = 12
CONCEPT_EMPHASIS = 0.7
"""A concept of the glossary counts less than a word: in its own language it says again what its word has said."""

_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|\n+")
_FEWEST_DISTINCT = 1.5  # prose of n words has several times as many distinct ones as 1.5 sqrt(n)
_TOO_SHORT_TO_JUDGE = 12


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text that hold a letter or a digit."""
    return [part.strip() for part in _SENTENCE_END.split(text) if any(map(str.isalnum, part))]


def pieces(text: str, words: int = PIECE_WORDS) -> list[str]:
    """Cut a text into pieces of whole sentences, each of some `words` words; none where it says nothing.

    One thing said in passing is found by its own piece, however long the text around it is, and the embedding model
    stops reading at 256 word pieces anyway. A sentence of more than twice the length is cut between words.
    """
    cut: list[str] = []
    current: list[str] = []
    for sentence in sentences(text):
        for part in _shorten(sentence.split(), words):
            if current and len(current) + len(part) > words:
                cut.append(" ".join(current))
                current = []
            current = current + part
    return [*cut, " ".join(current)] if current else cut


def _shorten(sentence: list[str], words: int) -> list[list[str]]:
    """The sentence's words in one part, or in several where it is longer than two pieces."""
    if len(sentence) <= 2 * words:
        return [sentence]
    return [sentence[start : start + words] for start in range(0, len(sentence), words)]


def title(text: str) -> str:
    """What a text calls itself: its first line or sentence, no longer than a title."""
    first = next(iter(sentences(text)), "")
    return " ".join(first.split()[:TITLE_WORDS])


def unstuffed(text: str) -> str:
    """The text with each sentence once, or nothing where what is left says the same few words over and over.

    Repeating is no more evidence than saying it once, and a heap of words is no fund of knowledge. Prose never comes
    near the limit: even a page of it has some ten times as many distinct words.
    """
    said = sentences(text)
    if len(set(said)) < len(said):
        text = "\n".join(dict.fromkeys(said))
    words = text.casefold().split()
    distinct = {word.strip(".,;:!?") for word in words}
    heaped = len(words) >= _TOO_SHORT_TO_JUDGE and len(distinct) < _FEWEST_DISTINCT * sqrt(len(words))
    return "" if heaped else text


@dataclass(frozen=True, slots=True)
class Profile:
    """One partner as the ranker reads it: what they say of themselves, and their funds. Never their name."""

    about: str
    funds: tuple[str, ...]


def whole_text(profile: Profile) -> str:
    """The whole profile in one text, as it was written."""
    return "\n".join(text for text in (profile.about, *profile.funds) if text)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one profile.

    Attributes
    ----------
    pieces
        For each fund its pieces, in order. What the same partner has said before is left out: a copied fund has none.
    whole, titles
        The whole profile, and what its funds call themselves, as one text each.
    terms, counts
        [t] numbers of the profile's terms (`Reader`), ascending, and how often each occurs.
    words
        How many different telling words the profile has.
    language
        The language most of it seems to be in; None where the words do not tell.
    """

    pieces: tuple[tuple[str, ...], ...]
    whole: str
    titles: str
    terms: NDArray[np.int32]
    counts: NDArray[np.float32]
    words: int
    language: Language | None


class Reader:
    """Reads profiles, and numbers the terms it meets; a number once given stays."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._concepts: list[int] = []

    @property
    def size(self) -> int:
        """How many different terms were met so far."""
        return len(self._numbers)

    @property
    def emphasis(self) -> NDArray[np.float32]:
        """[V] how much each term met so far counts."""
        emphasis = np.ones(self.size, dtype=np.float32)
        emphasis[self._concepts] = CONCEPT_EMPHASIS
        return emphasis

    def read(self, profile: Profile) -> Reading:
        """Read one profile; new terms are numbered."""
        funds = [unstuffed(fund) for fund in profile.funds]
        said: set[str] = set()
        cut = tuple(tuple(piece for piece in pieces(fund) if _is_new(piece, said)) for fund in funds)
        whole = "\n".join(dict.fromkeys(text for text in (unstuffed(profile.about), *funds) if text.strip()))
        counted = Counter(single_terms(whole))
        numbers = np.array([self._number(term) for term in counted], dtype=np.int32)
        order = np.argsort(numbers)
        return Reading(
            pieces=cut,
            whole=whole,
            titles="\n".join(dict.fromkeys(found for fund in funds if (found := title(fund)))),
            terms=numbers[order],
            counts=np.fromiter(counted.values(), dtype=np.float32)[order],
            words=_telling(counted),
            language=language_of(whole),
        )

    def ask(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32], int]:
        """A request's known terms, how often each occurs, and how many different telling words it has in all."""
        counted = Counter(single_terms(text))
        known = sorted((self._numbers[term], count) for term, count in counted.items() if term in self._numbers)
        return (
            np.array([number for number, _ in known], dtype=np.int32),
            np.array([count for _, count in known], dtype=np.float32),
            _telling(counted),
        )

    def _number(self, term: str) -> int:
        number = self._numbers.get(term)
        if number is None:
            number = self._numbers[term] = len(self._numbers)
            if is_concept(term):
                self._concepts.append(number)
        return number

    def number(self, term: str) -> int | None:
        """The number of a term, None for one never met."""
        return self._numbers.get(term)


def _is_new(piece: str, said: set[str]) -> bool:
    key = " ".join(piece.casefold().split())
    if key in said:
        return False
    said.add(key)
    return True


def _telling(terms: Iterable[str]) -> int:
    return sum(not is_concept(term) for term in terms)


def piece_texts(readings: Sequence[Reading]) -> list[str]:
    """The pieces of all funds, fund by fund, partner by partner."""
    return [piece for reading in readings for fund in reading.pieces for piece in fund]
