"""Words that may name a student. Better one question too many than one child's name sent out."""

from __future__ import annotations

import re

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
    My Our The These Those Your Their Some Many All Most Each Every No And For With As English Spanish
    Mi Su Tu Un Una Room
    Two Three Four Five Six Seven Eight Nine Ten First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth
    Eleventh Twelfth Mis Nuestros Nuestras Los Las Sus Unos Unas El La High Middle Elementary School Council Government
    Body Center Union Club Science Art Math Music History Theater Robotics
    """.split()  # noqa: SIM905
)


def possible(text: str) -> list[str]:
    """What may be a student's name in a text, each once, in order; empty when nothing looks like one."""
    found: list[str] = []
    for pattern in (_WITH_INITIAL, _AFTER_STUDENT, _BEFORE_STUDENT):
        for match in pattern.finditer(text):
            name = match.group(1).strip()
            if name.split()[0] not in _NOT_NAMES and name not in found:
                found.append(name)
    return found
