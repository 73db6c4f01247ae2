"""gettext for the rooms that do not know Flask."""

from __future__ import annotations

import re

from matchmaker.i18n import LANGUAGES, gettext_in, ngettext_in
from matchmaker.reasons import MOVES, SENTENCES


def test_english_is_the_message_itself() -> None:
    assert gettext_in("en", "Is close, %(miles)s miles away.", miles=3) == "Is close, 3 miles away."


def test_what_a_catalogue_does_not_hold_is_said_in_english() -> None:
    assert gettext_in("es", "No such message, %(name)s.", name="Ana") == "No such message, Ana."
    assert gettext_in("fr", "Speaks a language the class asked for.") == "Speaks a language the class asked for."


def test_numbers_choose_their_form() -> None:
    one, many = MOVES["moved_down_busy"]
    for language in LANGUAGES:
        said = {count: ngettext_in(language, one, many, count, n=count) for count in (1, 2)}
        assert "1" in said[1] and "2" in said[2]
        assert said[1].replace("1", "#") != said[2].replace("2", "#")


def test_spanish_says_every_reason_in_its_own_words() -> None:
    for message in SENTENCES.values():
        facts = dict.fromkeys(re.findall(r"%\((\w+)\)", message), 1)
        assert gettext_in("es", message, **facts) != gettext_in("en", message, **facts), message
