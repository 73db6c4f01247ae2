"""Which of a person's own words to show: the passage of a fund nearest to a request, and the part it is nearest to.

Nothing is reworded. A passage is a whole sentence, or as much of a long one as can be read at a glance; an ellipsis
says where something was left out. Passages that hold an address or a telephone number are never shown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from matching.words import is_concept, named_words

Floats = NDArray[np.float64]

QUOTE_CHARACTERS = 120
PART_CHARACTERS = 90
MOST_PASSAGES = 200
"""So many passages of one text are looked at; what a person wrote after that many sentences is not quoted."""
READ_CHARACTERS = 4_000
"""Where a text's words are only counted, no more of it is read."""
WORDS_SAID = 3

_ELLIPSIS = "\u2026"
# A sentence ends at its mark only where a capital or an opening mark follows, so that "ft. of" stays in one piece.
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Z]\.)(?<!\b(?:Mr|Dr|Ms|St|Sr|No)\.)(?<!\b(?:Mrs|Dra|Sra|Tel)\.)"
    r"(?:(?<=[.!?\u2026])|(?<=[.!?\u2026][\"\u201d\u00bb)]))\s+(?=[\u00bf\u00a1\"\u201c\u00ab(]?[^\Wa-z])|\n+"
)
_CLAUSE_END = re.compile(r"(?<=[,;:\u2013\u2014])\s+")
_CONTACT = re.compile(r"@|\bwww\.|https?:|\d(?:[\s().-]*\d){6}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a request and a fund say to each other, in the words of both.

    Attributes
    ----------
    quote
        Of the fund, at most some QUOTE_CHARACTERS; empty where there is nothing that can be shown.
    part
        Of the request, at most some PART_CHARACTERS.
    topic
        Whether that part is the request's title.
    words
        Words that the request and the fund share, as the fund writes them, the most telling first. Empty where nothing
        but their meaning can connect the two.
    firm
        Whether the two share two words or more of that part, or half of what the topic's words weigh: one word in
        common may be chance.
    """

    quote: str
    part: str
    topic: bool
    words: tuple[str, ...]
    firm: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read once for all candidates: its title (the topic), and its parts, which begin with the title.

    `keys` are the words of each part, `weights` how telling each word is.
    """

    parts: tuple[str, ...]
    keys: tuple[frozenset[str], ...]
    weights: Mapping[str, float]

    @classmethod
    def of(cls, title: str, text: str, weight: Callable[[str], float] | None = None) -> Asked:
        """Read a request.

        Parameters
        ----------
        title, text
            Its title is its topic, each sentence of its text a part.
        weight
            How telling a word's key is, usually `LexicalIndex.rarity`; without it, all words count the same. Words of
            the topic count twice.
        """
        parts = (title, *passages(text, PART_CHARACTERS))
        keys = tuple(map(_keys, parts))
        weights = {key: weight(key) if weight else 1.0 for key in frozenset().union(*keys)}
        return cls(parts, keys, weights | {key: 2 * weights[key] for key in keys[0]})

    def telling(self, keys: Iterable[str]) -> float:
        """How telling some of the request's words are together."""
        return sum(self.weights[key] for key in keys)


def evidence(asked: Asked, own_words: str, heading: str = "") -> Evidence:
    """Choose what to show of a request and of a fund.

    Parameters
    ----------
    own_words
        What the partner wrote; the ranker's text of a fund without its title, or what they say of themselves.
    heading
        The fund's title: it is shown beside the quote, so it is never quoted, but it counts.
    """
    quotable = [passage for passage in passages(own_words, QUOTE_CHARACTERS) if not _CONTACT.search(passage)]
    named = [_met(asked, passage) for passage in (heading, *quotable)]
    met = [frozenset().union(*(keys for keys, _ in words)) for words in named]
    shared = overlap(asked, met[1:]) + overlap(asked, met[:1])
    # Half a passage's claim to be shown is what it shares with this part, half what it shares with all of them.
    part, quote = nearest(np.where(shared > 0, shared + shared.sum(axis=0), 0.0))
    return Evidence(
        quote=shortened(quotable[quote], QUOTE_CHARACTERS) if quotable else "",
        part=shortened(asked.parts[part], PART_CHARACTERS),
        topic=part == 0,
        words=_telling_words(asked, [word for words in named for word in words]),
        firm=_firm(asked, part, frozenset().union(*met)),
    )


def _met(asked: Asked, passage: str) -> list[tuple[frozenset[str], str]]:
    """The words of a passage that the request has too: the keys they meet by, and how they are written."""
    words = ((asked.weights.keys() & keys, form) for keys, form in named_words(passage))
    return [(frozenset(keys), form) for keys, form in words if keys and not form.isdigit()]


def _firm(asked: Asked, part: int, met: frozenset[str]) -> bool:
    shared = asked.keys[part] & met
    if part == 0:
        return asked.telling(shared) >= asked.telling(asked.keys[0]) / 2 > 0
    # A word and its concept are one word.
    concepts = sum(map(is_concept, shared))
    return max(concepts, len(shared) - concepts) >= 2


def _telling_words(asked: Asked, met: Sequence[tuple[frozenset[str], str]]) -> tuple[str, ...]:
    """Words in common that are worth saying, each in one form: not those that everybody uses.

    Common are words that weigh less than half of the most telling one, or less than most words of the request.
    """
    said: dict[str, float] = {}
    named: set[str] = set()
    for keys, form in sorted(met, key=lambda word: -max(map(asked.weights.__getitem__, word[0]))):
        if named.isdisjoint(keys):
            said[form] = max(map(asked.weights.__getitem__, keys))
        named |= keys
    least = max(max(said.values(), default=0.0) / 2, median_low(asked.weights.values()) if asked.weights else 0.0)
    return tuple([word for word, worth in said.items() if worth >= least][:WORDS_SAID])


def overlap(asked: Asked, met: Sequence[frozenset[str]]) -> Floats:
    """[R, S] summed weight of the words that each of R parts shares with each of S passages, given their keys."""
    return np.array([[asked.telling(keys & other) for other in met] for keys in asked.keys]).reshape(
        len(asked.keys), len(met)
    )


def _keys(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, as keys to compare by."""
    return frozenset(key for keys, form in named_words(text) if not form.isdigit() for key in keys)


def few_words(text: str, fewest: int) -> bool:
    """Whether a text holds fewer than `fewest` different words that carry meaning."""
    found: set[str] = set()
    for line in text[:READ_CHARACTERS].splitlines():
        found.update(form for _, form in named_words(line))
        if len(found) >= fewest:
            return False
    return True


def nearest(closeness: Floats) -> tuple[int, int]:
    """The part and the passage that are nearest to one another, the first of equals: (0, 0) where nothing is near.

    `closeness` [R, S] comes from `overlap`; it may as well be the cosines of parts and passages.
    """
    if not closeness.size:
        return 0, 0
    row, column = divmod(int(closeness.argmax()), closeness.shape[1])
    return row, column


def passages(text: str, characters: int) -> list[str]:
    """The sentences of a text, those longer than `characters` cut between clauses, with an ellipsis at each cut."""
    found: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        for passage in _clauses(" ".join(sentence.split()), characters):
            found.append(passage)
            if len(found) == MOST_PASSAGES:
                return found
    return found


def _clauses(sentence: str, characters: int) -> Iterator[str]:
    """Runs of whole clauses, each of at most `characters` where its clauses are."""
    if not any(character.isalnum() for character in sentence):
        return
    if len(sentence) <= characters:
        yield sentence
        return
    clauses = _CLAUSE_END.split(sentence)
    ends = list(accumulate(len(clause) + 1 for clause in clauses))
    start = 0
    while start < len(clauses):
        # As many clauses as fit, then those before them that still fit: a clause alone says little.
        end = max(bisect_right(ends, (ends[start - 1] if start else 0) + characters), start + 1)
        first = min(bisect_left(ends, ends[end - 1] - characters) + 1, start) if ends[end - 1] > characters else 0
        run = " ".join(clauses[first:end])
        yield (_ELLIPSIS if first else "") + (run if end == len(clauses) else run.rstrip(",;:") + _ELLIPSIS)
        start = end


def shortened(passage: str, characters: int) -> str:
    """A passage cut after a whole word where it is too long, and without its period: the sentence around it has one."""
    told = passage.strip()
    if len(told) > characters + 1:
        kept = told[: characters + 1]
        told = (kept.rsplit(" ", 1)[0] if " " in kept else kept[:characters]).rstrip(" ,;:.\u2013\u2014") + _ELLIPSIS
    return told.removesuffix(".") if not told.endswith("..") else told
