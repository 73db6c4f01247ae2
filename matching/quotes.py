"""Which of a person's own words to show: the passage of a fund nearest to a request, and the part it is nearest to.

Nothing is reworded. A passage is a whole sentence, or as much of a long one as can be read at a glance; an ellipsis
says where something was left out. Passages that hold an address or a telephone number are never shown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from matching.words import shared_words, terms

Floats = NDArray[np.float64]

QUOTE_CHARACTERS = 120
PART_CHARACTERS = 90
MOST_PASSAGES = 200
"""So many passages of one text are looked at; what a person wrote after that many sentences is not quoted."""
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


def evidence(
    title: str, text: str, own_words: str, weight: Callable[[str], float] | None = None, heading: str = ""
) -> Evidence:
    """Choose what to show of a request (title, text) and of a fund (own_words).

    Parameters
    ----------
    title, text
        The request's: its title is its topic, each sentence of its text a part.
    own_words
        What the partner wrote; the ranker's text of a fund without its title, or of a whole profile.
    weight
        How telling a word's key is, usually `LexicalIndex.rarity`; without it, all words count the same.
    heading
        The fund's title: it is shown beside the quote, so it is never quoted, but it counts.
    """
    telling = _of_topic(title, weight)
    parts = [title, *passages(text, PART_CHARACTERS)]
    quotable = [passage for passage in passages(own_words, QUOTE_CHARACTERS) if not _CONTACT.search(passage)]
    shared = overlap(parts, quotable, telling) + overlap(parts, [heading], telling)
    # Half a passage's claim to be shown is what it shares with this part, half what it shares with all of them.
    part, quote = nearest(np.where(shared > 0, shared + shared.sum(axis=0), 0.0))
    return Evidence(
        quote=shortened(quotable[quote], QUOTE_CHARACTERS) if quotable else "",
        part=shortened(parts[part], PART_CHARACTERS),
        topic=part == 0,
        words=_telling_words(f"{title}\n{text}", f"{heading}\n{own_words}", telling),
        firm=_firm(parts[part], part == 0, f"{heading}\n{own_words}", telling),
    )


def _firm(part: str, topic: bool, own_words: str, telling: Callable[[str], float]) -> bool:
    wanted = _keys(part)
    shared = wanted & _keys(own_words)
    if topic:
        return sum(map(telling, shared)) >= sum(map(telling, wanted)) / 2 > 0
    # A word and its concept are one word.
    named = sum(key[0].isalnum() for key in shared)
    return max(named, len(shared) - named) >= 2


def _telling_words(request: str, own_words: str, telling: Callable[[str], float]) -> tuple[str, ...]:
    """Shared words worth saying: not those that everybody uses, beside one that few do."""
    said: dict[str, float] = {}
    named: set[str] = set()
    for word in shared_words(request, own_words, telling, 3 * WORDS_SAID):
        keys = _keys(word)
        if named.isdisjoint(keys):
            said[word] = max(map(telling, keys), default=0.0)
            named |= keys
    most = max(said.values(), default=0.0)
    return tuple([word for word, worth in said.items() if worth >= most / 2][:WORDS_SAID])


def overlap(parts: Sequence[str], others: Sequence[str], telling: Callable[[str], float]) -> Floats:
    """[R, S] summed weight of the words that each of R parts shares with each of S passages."""
    theirs = [_keys(other) for other in others]
    found = np.zeros((len(parts), len(others)))
    for row, part in enumerate(parts):
        wanted = _keys(part)
        found[row] = [sum(telling(key) for key in wanted & other) for other in theirs]
    return found


def _of_topic(title: str, weight: Callable[[str], float] | None) -> Callable[[str], float]:
    """The weight of words, twice as much for those of the request's topic."""
    topic = _keys(title)
    return lambda key: (2.0 if key in topic else 1.0) * (weight(key) if weight else 1.0)


def _keys(text: str) -> frozenset[str]:
    """The single words of a text that carry meaning, as keys to compare by."""
    return frozenset(term for term in terms(text) if " " not in term and not term.isdigit())


def count_words(text: str) -> int:
    """How many different words that carry meaning a text holds."""
    return sum(key[0].isalnum() for key in _keys(text))


def nearest(closeness: Floats) -> tuple[int, int]:
    """The part and the passage that are nearest to one another, the first of equals: (0, 0) where nothing is near.

    `closeness` [R, S] may come from `overlap`, or from the vectors of parts and passages.
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
