"""What the coach says of drafts."""

from __future__ import annotations

import pytest

from matchmaker.services import coach
from matchmaker.services.coach import Code, Draft, Point

WHOLE = Draft(
    "Why does our arroyo flood so fast?",
    "My seventh graders live along the arroyo, and they keep asking why. We are building scale models. I would love "
    "someone who could walk the wash with us and look at them. They know these streets in the rain. In May they "
    "present to the street committee, and our guest is invited back.",
    ("en", "es"),
)
ENTERO = Draft(
    "¿Por qué crece tan rápido el arroyo?",
    "Mis alumnos de séptimo viven junto al arroyo y preguntan por qué. Estamos construyendo maquetas. Quisiera a "
    "alguien que nos muestre cómo camina el agua. Ellos conocen estas calles con "
    "lluvia. Al final van a presentar su trabajo.",
    ("es",),
)


@pytest.mark.parametrize("draft", [WHOLE, ENTERO], ids=["en", "es"])
def test_a_whole_draft_needs_nothing(draft: Draft) -> None:
    seen = coach.look(draft)
    assert seen.done == tuple(Point)
    assert seen.open == ()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", Code.SHORT),
        ("Bugs.", Code.SHORT),
        (
            "I am looking for a guest speaker for my class of twenty-four seventh graders who like science very much.",
            Code.VAGUE_VISITOR,
        ),
        (
            "Busco a una persona para mi grupo de tercero que venga el jueves por la mañana a dar una plática.",
            Code.VAGUE_VISITOR,
        ),
        (
            "We would like to learn something about water with a visitor who could then show us how it is found.",
            Code.VAGUE_TOPIC,
        ),
        (
            "Queremos aprender algo sobre el agua con una persona que nos muestre cómo se limpia bien.",
            Code.VAGUE_TOPIC,
        ),
    ],
)
def test_what_would_help_most_comes_first(text: str, first: Code) -> None:
    assert coach.look(Draft(text=text)).open[0] is first


@pytest.mark.parametrize(
    "text", ["", "Bugs.", "a talk about something like things", WHOLE.text, ENTERO.text, "¿" * 5000]
)
def test_never_more_than_two_suggestions_and_no_advice_twice(text: str) -> None:
    seen = coach.look(Draft(text=text))
    assert len(seen.open) == len(set(seen.open)) <= coach.MOST_OPEN


@pytest.mark.parametrize(
    ("draft", "line", "missing"),
    [
        (WHOLE, "In May they present to the street committee, and our guest is invited back.", Code.NO_AFTER),
        (ENTERO, "Al final van a presentar su trabajo.", Code.NO_AFTER),
        (WHOLE, "I would love someone who could walk the wash with us and look at them.", Code.NO_VISITOR),
        (ENTERO, "Quisiera a alguien que nos muestre cómo camina el agua.", Code.NO_VISITOR),
    ],
)
def test_a_thing_left_out_is_noticed(draft: Draft, line: str, missing: Code) -> None:
    assert line in draft.text
    assert coach.look(Draft(draft.title, draft.text.replace(line, ""), draft.languages)).open == (missing,)


def test_the_languages_of_a_visit_are_asked_for_last() -> None:
    assert coach.look(Draft(WHOLE.title, WHOLE.text)).open == (Code.NO_LANGUAGES,)
