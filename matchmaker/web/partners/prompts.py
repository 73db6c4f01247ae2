"""Invitations to remember: a partner is asked one question at a time. None of them is a category, none is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class Prompt:
    """A question, and what may help somebody who thinks they have nothing to answer."""

    question: LazyString
    hint: LazyString


PROMPTS: Mapping[str, Prompt] = {
    "asked": Prompt(
        _("What do people come to you for?"),
        _("A fence, a fever, a form to fill in, a song for a wedding. What did somebody last ask of you?"),
    ),
    "family": Prompt(
        _("What did your family teach you?"),
        _("At the stove, on the land, on the road, at a counter. Something you now do without thinking."),
    ),
    "lived": Prompt(
        _("What have you lived through that a class should hear of?"),
        _("Only what you want to tell. You decide each time whom you tell it to."),
    ),
    "hands": Prompt(
        _("What do your hands know?"),
        _("Think of your tools. Which one would you save from a fire?"),
    ),
    "place": Prompt(
        _("Which place do you know better than most?"),
        _("A street, a wash, a field, a church, a shop floor. How was it, and what has changed?"),
    ),
    "solved": Prompt(
        _("What hard thing did you work out by yourself?"),
        _("With numbers, with people, with a machine, with the weather."),
    ),
    "carried": Prompt(
        _("Which song, story or saying do you carry?"),
        _("Who gave it to you, and when is it told?"),
    ),
}


def next_for(funds: int) -> str:
    """The question that comes after so many answers; after the last one, the first again."""
    return list(PROMPTS)[funds % len(PROMPTS)]
