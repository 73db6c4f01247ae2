"""Words that may name a student. Better one question too many than one child's name sent out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from matchmaker.services.first_names import ALSO_WORDS, FIRST_NAMES

_NAME = r"[A-ZÁÉÍÓÚÑ][a-záéíóúñü'\u2019]+"
# "Mateo G." : a first name with an initial, the way teachers write of a student.
_WITH_INITIAL = re.compile(rf"\b(?!(?:Mr|Mrs|Ms|Dr|St|Sr|Sra|Dra|Prof)\b)({_NAME} [A-ZÁÉÍÓÚÑ])\.(?=\s|$|,|;|\))")
# "my student Mateo", "mi alumna Lucía Ríos", "one of my kids, Mateo"
_AFTER_STUDENT = re.compile(
    r"\b(?i:student|students|pupil|kid|kids|child|alumn[oa]s?|estudiantes?|niñ[oa]s?)\b"
    rf"(?: (?i:named|called|llamad[oa]s?|de nombre))?,? ({_NAME}(?: {_NAME})?)"
)
# "Mateo is a student", "Lucía, a seventh grader", "Mateo, alumno de"
_BEFORE_STUDENT = re.compile(
    rf"\b({_NAME}(?: {_NAME})?),? (?:(?:is|who is|es|que es) )?(?:(?:a|an|one of my|un|una|mi) )?"
    r"(?:(?:[a-z]+ )?graders?\b|students?\b|alumn[oa]s?\b|estudiantes?\b)"
)
_NOT_NAMES = frozenset(
    # One line of words reads better than a tall list of quoted ones.
    """
    My Our The These Those Your Their Her His Some Several Many All Most Each Every No And For With As English Spanish
    Mi Su Tu Un Una Room Yesterday Today Tomorrow Once Often Please Ayer Hoy Cuando
    How Which What Whose Are Do Cuántos Cuántas Cuáles Qué Otros Otras Varios Varias Algunos Algunas Muchos Muchas
    Estos Estas Esos Esas Todos Todas Hay
    Two Three Four Five Six Seven Eight Nine Ten First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth
    Eleventh Twelfth Mis Nuestros Nuestras Los Las Sus Unos Unas El La High Middle Elementary School Council Government
    Body Center Union Club Science Art Math Music History Theater Robotics
    """.split()  # noqa: SIM905
)


_SHORTENED = ("Mr", "Mrs", "Ms", "Dr", "St", "Sr", "Sra")
_WORDS = ("Coach", "San", "Santa", "Saint", "[Dd]on", "[Dd]oña", "[Ss]eñor", "[Ss]eñora", "[Mm]aestr[oa]")
# A first name that many children bear, with whatever name follows: not of an adult with a title, not of a saint's town.
_NOT_A_CHILD = "".join(
    rf"(?<!\b{title} )" for title in (*_SHORTENED, *(f"{title}\\." for title in _SHORTENED), *_WORDS)
)
_BARE = str.maketrans("ÁÉÍÓÚÑáéíóúñ", "AEIOUNaeioun")
_ALL_WAYS = FIRST_NAMES | {name.lower() for name in FIRST_NAMES - ALSO_WORDS}
_KNOWN = re.compile(
    rf"\b{_NOT_A_CHILD}({'|'.join(sorted(_ALL_WAYS | {name.translate(_BARE) for name in _ALL_WAYS}))})\b"
    r"(?: ([A-ZÁÉÍÓÚÑ][a-záéíóúñü]+))?"
)
# Streets and schools are named after people.
_PLACES = re.compile(
    r"(?:Street|Avenue|Road|Lane|Park|School|Elementary|Middle|High|Library|Creek|River|Wash|Mountain|Peak|Bridge|Hall)$"
)
# "…and Xochitl wants to know", "le dijo Nayeli": what people do, after a name that no list has.
_ACTS = re.compile(
    rf"(?<![.?!¿¡\n] )(?<!^){_NOT_A_CHILD}\b({_NAME}) (?:asked|asks|wants|wonders|wondered|said|says|loves|drew|wrote|"
    r"hates|thinks|brought|told|noticed|and (?:his|her) |preguntó|pregunta|quiere|dijo|dice|dibujó|escribió|trajo|"
    r"contó|piensa|y su )",
    re.MULTILINE,
)
# "Nayeli's grandmother", "la abuela de Itzel", "a girl named Aponi"
_KIN = re.compile(
    rf"\b({_NAME})[\u2019']s (?:mom|mother|dad|father|grandmother|grandfather|grandma|grandpa|aunt|uncle|brother|"
    r"sister|family|group|table|team|parents|project|drawing|idea|question)\b"
)
_KIN_OF = re.compile(
    r"\b(?:mamá|papá|madre|padre|abuela|abuelo|abuelita|abuelito|tía|tío|herman[oa]|familia|grupo|equipo|dibujo|idea|"
    rf"mother|father|grandmother|grandfather|family) (?:de|of) ({_NAME})\b"
)
_CALLED = re.compile(
    rf"\b(?i:(?:boy|girl|niñ[oa]|chic[oa]|one|un[oa]|se),? (?:named|called|llamad[oa]|llama|de nombre)) ({_NAME})"
)
_ABOUT_CHILDREN = (_KNOWN, _ACTS, _KIN, _KIN_OF, _CALLED)
_NOBODY = _NOT_NAMES | frozenset(
    """
    They We She He Everyone Everybody Nobody Somebody Someone One Students Kids Children Parents Families Teachers It
    Who That This What Which Another Other But So Then When While Because Arizona Tucson Sonora Mexico México Grade
    Class Ellos Ellas Nosotros Nadie Alguien Todos Todas Uno Una Dios God Spring Fall Winter Summer Tierra Sol Luna
    """.split()  # noqa: SIM905
)


def possible(text: str) -> list[str]:
    """What may be a student's name in a text, each once, in order; empty when nothing looks like one."""
    return _found(text, (_WITH_INITIAL, _AFTER_STUDENT, _BEFORE_STUDENT), _NOT_NAMES)


def in_request(text: str) -> list[str]:
    """The same of what a class asks for, where hardly anybody but students is called by a first name.

    So every first name that children bear is asked about, and whoever draws, wonders or has a grandmother.
    """
    named = possible(text)
    for name in _found(text, _ABOUT_CHILDREN, _NOBODY):
        if not any(name in longer or longer in name for longer in named) and not _PLACES.search(name):
            named.append(name)
    return named


def without(text: str, names: Iterable[str], instead: str) -> str:
    """A text with the names taken out; ``instead`` stands where one was, but not behind a word that says it already."""
    for name in dict.fromkeys(part for whole in names for part in (whole, whole.split()[0])):
        said = re.compile(rf"(?i:\b(student|pupil|kid|child|alumn[oa]|estudiante|niñ[oa]),?) {re.escape(name)}(?!\w)")
        text = said.sub(r"\1", text)
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)\.?", instead, text)
    return text


def _found(text: str, patterns: Iterable[re.Pattern[str]], not_names: frozenset[str]) -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        for match in pattern.finditer(text):
            name = " ".join(part for part in match.groups() if part).strip()
            if name.split()[0] not in not_names and name not in found:
                found.append(name)
    return found
