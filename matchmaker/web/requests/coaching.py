"""What the coach says: the words for its codes, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from matchmaker.services.coach import Code, Point


@dataclass(frozen=True)
class Advice:
    """One suggestion. ``example`` is how somebody else said it; ``opening`` begins a sentence that the teacher ends."""

    title: LazyString
    say: LazyString
    example: LazyString | None = None
    opening: LazyString | None = None


POINTS: Mapping[Point, LazyString] = {
    Point.QUESTION: _("The question."),
    Point.VISITOR: _("What a visitor does."),
    Point.MAKING: _("What they are making."),
    Point.BRINGS: _("What your students bring."),
    Point.AFTER: _("What happens after."),
    Point.LANGUAGES: _("The languages of a visit."),
}

ADVICE: Mapping[Code, Advice] = {
    Code.SHORT: Advice(
        _("A little more."),
        _("Two or three sentences are enough for a neighbor to see themselves in your room."),
        _("My students found old irrigation gates on our street and want to know who opened them, and when."),
    ),
    Code.NO_QUESTION: Advice(
        _("The question."),
        _("What do your students keep asking?"),
        _("They keep asking why the arroyo was dry and then over the road in forty minutes."),
        _("They keep asking why"),
    ),
    Code.NO_VISITOR: Advice(
        _("What a visitor does."),
        _("What would the two of you do with the class? Showing, walking along, trying it out with them?"),
        _("I would love somebody who walks the wash with us and looks at our models."),
        _("I would love somebody who could show us"),
    ),
    Code.VAGUE_VISITOR: Advice(
        _("What a visitor does."),
        _("Many neighbors are shy of giving a talk. Could they show something, or do it with your students?"),
        _("Bring a radio that does not play, and let us listen while you find out why."),
        _("They could bring something and show us how"),
    ),
    Code.NO_MAKING: Advice(
        _("What they are making."),
        _("Is there something in their hands: a model, a map, a bread, a podcast?"),
        _("We are building scale models of the watershed out of plaster."),
        _("We are building"),
    ),
    Code.VAGUE_TOPIC: Advice(
        _("One thing in particular."),
        _("A neighbor answers sooner to one thing than to a whole field."),
        _("Not “something about water” but “how rain finds its way down our street”."),
    ),
    Code.NO_BRINGS: Advice(
        _("What your students bring."),
        _("They know things too; say which."),
        _("They know these streets in the rain."),
        _("My students can show a visitor"),
    ),
    Code.NO_AFTER: Advice(
        _("What happens after."),
        _("Will they present it, send a thank-you, invite the visitor back?"),
        _("In May they present to the street committee, and our guest is invited."),
        _("Afterwards they"),
    ),
    Code.NO_LANGUAGES: Advice(
        _("The languages of a visit."),
        _("Tick every language your class could follow: more neighbors can come."),
    ),
}


AROUND = 32
"""Letters of a sentence shown on each side of a name."""


def excerpt(said: str, name: str) -> tuple[str, str, str]:
    """The words before a name, the name, and the words after it, cut at blanks and marked where they are cut."""
    at = said.find(name)
    before, after = said[:at], said[at + len(name) :]
    if len(before) > AROUND:
        before = "…" + before[-AROUND:].partition(" ")[2]
    if len(after) > AROUND:
        after = after[:AROUND].rpartition(" ")[0] + "…"
    return before, name, after
