"""A reader of drafts: what neighbors look for in a request, what a draft holds of it, and what would help most.

It knows words, not meanings, in English and Spanish. So it only ever suggests, two things at most, and what it has not
found may well be there: nothing waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MOST_OPEN = 2
ENOUGH_WORDS = 15
GOOD_WORDS = (40, 120)


class Point(StrEnum):
    """What neighbors look for, in the order in which a reader wants to know it."""

    QUESTION = "question"
    VISITOR = "visitor"
    MAKING = "making"
    BRINGS = "brings"
    AFTER = "after"
    LANGUAGES = "languages"


class Code(StrEnum):
    """What a suggestion says: that something is missing, or too vague to picture."""

    SHORT = "short"
    NO_QUESTION = "no_question"
    NO_VISITOR = "no_visitor"
    VAGUE_VISITOR = "vague_visitor"
    NO_MAKING = "no_making"
    VAGUE_TOPIC = "vague_topic"
    NO_BRINGS = "no_brings"
    NO_AFTER = "no_after"
    NO_LANGUAGES = "no_languages"


@dataclass(frozen=True)
class Draft:
    """The words of a request on its way, and the languages in which a visitor could speak."""

    title: str = ""
    text: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """What a draft holds. ``open`` are the suggestions that would help most; ``words`` how many its text has."""

    done: tuple[Point, ...]
    open: tuple[Code, ...]
    words: int


def look(draft: Draft) -> Look:
    """Read a draft."""
    said = f"{draft.title}\n{draft.text}"
    words = len(re.findall(r"\w+", draft.text))
    holds = {point: _holds(point, said) for point in _SIGNS}
    holds[Point.LANGUAGES] = bool(draft.languages)
    vague = {code for code, signs in _VAGUE.items() if signs.search(said)}
    # "Show us your work and talk about it" is no longer vague: the other words say what happens.
    if holds[Point.VISITOR]:
        vague.discard(Code.VAGUE_VISITOR)
    done = tuple(point for point in Point if holds[point])
    return Look(done, tuple(_open(words, holds, vague))[:MOST_OPEN], words)


def _open(words: int, holds: dict[Point, bool], vague: set[Code]) -> Iterable[Code]:
    """What to say, the most helpful first: more words, then plainer ones, then what is missing."""
    if words < ENOUGH_WORDS:
        yield Code.SHORT
    yield from (code for code in _VAGUE if code in vague)
    for point in Point:
        if not holds[point] and not (point is Point.VISITOR and Code.VAGUE_VISITOR in vague):
            yield _MISSING[point]


def _holds(point: Point, said: str) -> bool:
    return any(signs.search(said) for signs in _SIGNS[point])


def _any_of(*parts: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(parts)})\b", re.IGNORECASE)


_MISSING = {
    Point.QUESTION: Code.NO_QUESTION,
    Point.VISITOR: Code.NO_VISITOR,
    Point.MAKING: Code.NO_MAKING,
    Point.BRINGS: Code.NO_BRINGS,
    Point.AFTER: Code.NO_AFTER,
    Point.LANGUAGES: Code.NO_LANGUAGES,
}
_STUDENTS = (
    r"(?:students|kids|children|graders|sophomores|juniors|seniors|they|we|class|"
    r"alumn[oa]s|estudiantes|niñ[oa]s|grupo|clase|ell[oa]s)"
)
_SIGNS: dict[Point, tuple[re.Pattern[str], ...]] = {
    Point.QUESTION: (
        re.compile(r"[?¿]|^(?:how|what|why|who|where|when|which|cómo|qué|por qué|quién|dónde|cuándo)\b", re.I | re.M),
        _any_of("why", r"(?:keep|kept|are) asking", r"wonder\w*", "curious", "puzzled", r"wants? to know"),
        _any_of("por qué", r"preguntan?", "preguntándose", r"curios\w+", "quieren saber"),
    ),
    Point.VISITOR: (
        _any_of(
            r"(?:who|to|can|could|would|and|then|come|us) (?:\w+ )?(?:show|teach|walk|listen|look|taste|cook|sing|play"
            r"|dance|watch|judge|demonstrate|guide|answer|try|help|build|make|explain|stand|take|turn|sit|stay|see|read|bring"
            r"|meet|work|tell|be interviewed|be asked)",
            r"(?:grinding|testing|walking|listening|cooking|singing|playing|working) (?:\w+ ){0,4}(?:with|beside) us",
            r"hands[- ]on|side by side",
        ),
        _any_of(
            r"(?:nos|les|se|que|y|venga a|para) (?:\w+ )?(?:enseñ|muestr|mostr|camin|escuch|mir|cocin|cant|toqu|toc"
            r"|bail|prueb|prob|trai|cuent|cont|expli|trabaj|guí|respond|ayud|cos|bord|teng|suba|vea)\w*",
            r"(?:enseñar|mostrar|contar|explicar|ayudar|acompañar)(?:nos|les)",
        ),
    ),
    Point.MAKING: (
        _any_of(
            r"(?:build|mak|draw|paint|writ|mapp?|measur|record|design|grow|plant|cook|bak|sew|film|weav|model|collect|"
            r"compar|study|read|prepar|plann?|interview|explor|learn|rehears|count|trac|track|keep)ing",
            r"(?:built|made|drew|drawn|painted|wrote|written|mapped|measured|recorded|designed|collected|compared)",
            r"(?:model|map|mural|podcast|garden|film|play|song|poster|diary|project|exhibit|comic|robot)s?",
        ),
        _any_of(
            r"(?:constru|hac|dibuj|pint|escrib|mid|grab|diseñ|sembr|cultiv|cocin|horn|tej|film|recog|compar|v|bord|"
            r"estudi|le|prepar|entrevist|explor|aprend|ensay|cont|junt)(?:ando|iendo|yendo|amos|emos|imos)",
            r"(?:maqueta|modelo|mapa|mural|podcast|huerto|película|obra|canción|cartel|diario|proyecto|manta)s?",
        ),
    ),
    Point.BRINGS: (
        _any_of(
            rf"{_STUDENTS} (?:already |all |both )?(?:know|knew|can|bring|speak|live|have)",
            r"(?:their|our|the) (?:families|grandparents|grandmothers|parents|neighborhood|street)",
        ),
        _any_of(
            rf"{_STUDENTS} (?:ya |todos |todas )?(?:saben|conocen|pueden|traen|viven|han|hablan|tienen)",
            r"sus (?:familias|abuel[oa]s|padres|calles|barrios|casas)",
        ),
    ),
    Point.AFTER: (
        _any_of(
            r"(?:afterwards?|later|in the end|at the end|then they|next month|by (?:december|may|spring|june))",
            r"(?:will|to|and|can|they|we) (?:present|exhibit|perform|publish|share|send|invite|hang|give)",
            r"(?:in return|thank[- ]you|invited? back|is invited|exhibition|showcase|family night)",
        ),
        _any_of(
            r"(?:después|al final|más tarde|luego|a cambio)",
            r"(?:presentar|exponer|publicar|compartir|enviar|mandar|invitar|colgar)\w*",
            r"(?:exposición|feria|noche de familias|agradecimiento)",
        ),
    ),
}
_VAGUE: dict[Code, re.Pattern[str]] = {
    Code.VAGUE_VISITOR: _any_of(
        r"(?:guest|motivational) speakers?",
        r"(?:speak|talk|talking|give a talk|presentation) (?:to|about|on)",
        r"(?:a|any) (?:talk|speech|lecture|presentation)",
        r"career day",
        r"(?:una|alguna) (?:plática|charla|conferencia|presentación)",
        r"(?:hablar?|hable|platicar?|platique)(?:nos|les)? (?:de|sobre|con)",
    ),
    Code.VAGUE_TOPIC: _any_of(
        r"(?:something|anything|stuff|things) (?:about|on|like|related to|to do with)",
        r"(?:any|whatever) (?:topic|subject)",
        r"(?:algo|cualquier cosa|cosas) (?:de|sobre|relacionad[oa]s?)",
        r"cualquier tema",
    ),
}
