"""Reasons become plain sentences in every language of a region."""

from __future__ import annotations

from typing import Any

import pytest

from matching import explain
from matchmaker import reasons
from matchmaker.i18n import LANGUAGES

PART = {"part": "How do fractions become bread?", "language": "en"}
FACTS: dict[str, dict[str, Any]] = {
    "own_words": {"fund": "Masa y fracciones", "quote": "Con las manos se mide", "language": "es"},
    "about_words": {"quote": "Vivo en Las Norias", "language": "es"},
    "answers_topic": {**PART, "words": ["bread"], "words_language": "en"},
    "answers_part": {**PART, "words": ["bread", "fractions"], "words_language": "en"},
    "touches": {**PART, "words": ["pan"], "words_language": "es"},
    "meaning_only": PART,
    "meaning_across": PART,
    "fund_answers": {"fund": "Mending radios", "words": ["circuits"]},
    "words_shared": {"fund": "Mending radios", "words": ["circuits", "radios"]},
    "profile_answers": {"words": ["circuits"]},
    "kept_by_need": {"after": 1, "otherwise": 3},
    "near": {"miles": 1.8},
    "far": {"miles": 19.0},
    "date_fit": {"share": 1.0},
    "date_few": {"share": 0.5},
    "waited_reached_less": {"weeks": 6},
    "waited": {"weeks": 2},
    "closer_full": {"name": "Rosa Rentería", "visits": 2},
    "closer_busy": {"name": "Rosa Rentería", "held": 2, "visits": 4},
    "closer_planned": {"name": "Rosa Rentería", "classes": 2},
    **{code: {"before": 4, "after": 2} for code in ("moved_up_boost", "moved_up_free")},
    **{code: {"before": 1, "after": 2} for code in ("moved_down_busy", "moved_down_boost")},
}


def reason(code: str) -> dict[str, Any]:
    return {"code": code, "params": FACTS.get(code, {})}


@pytest.mark.parametrize("code", [*explain.CODES, *reasons.EARLIER])
def test_every_code_that_can_be_found_or_was_stored_has_its_sentence(code: str) -> None:
    said = {language: reasons.sentences(language, [reason(code)]) for language in LANGUAGES}
    for [sentence] in said.values():
        assert sentence.endswith(".") and "%(" not in sentence and "\0" not in sentence
        assert len(sentence.split()) <= 30
    assert said["en"] != said["es"]


def test_no_sentence_is_written_for_a_code_that_nobody_finds() -> None:
    assert set(reasons.SENTENCES) | set(reasons.MOVES) | set(reasons.COUNTED) == set(explain.CODES)
    assert set(reasons.FOR_TEACHERS) < set(explain.CODES)


@pytest.mark.parametrize(
    ("group", "said"), [("practice", "from practice"), ("credentialed", "training"), ("new", "people new")]
)
def test_a_boost_names_the_group_whose_knowledge_is_seldom_shown(group: str, said: str) -> None:
    told = {"code": "moved_up_boost", "params": {"before": 4, "after": 1, "group": group}}
    english, spanish = (reasons.sentences(language, [told])[0] for language in LANGUAGES)
    assert english.startswith("Up 3 places: ") and said in english
    assert spanish.startswith("Sube 3 lugares: ")


def test_a_coordinator_reads_who_had_no_room_and_how_much_they_gave() -> None:
    assert reasons.sentences("en", [reason("closer_full")]) == [
        "Rosa Rentería would be closer, but has given all 2 visits of that month."
    ]
    assert "planned for 2 classes" in reasons.sentences("en", [reason("closer_planned")])[0]


def test_a_teacher_reads_neither_names_nor_loads() -> None:
    for language in LANGUAGES:
        told = reasons.for_teacher(language, [reason(code) for code in explain.CODES])
        assert len(told) == len(reasons.FOR_TEACHERS)
        for sentence in told:
            assert len(sentence.split()) <= 30 and "%(" not in sentence
            assert "Rosa" not in sentence and not any(letter.isdigit() for letter in sentence)
    twice = [reason("closer_full"), reason("closer_full"), reason("own_words")]
    assert len(reasons.for_teacher("en", twice)) == 1


def test_a_move_comes_first() -> None:
    told = [reason("own_words"), reason("near"), reason("moved_up_boost")]
    first, second, third = reasons.sentences("en", told)
    assert first.startswith("Up 2 places") and "Masa y fracciones" in second and "1.8 miles" in third


@pytest.mark.parametrize(("after", "said"), [(3, "Up 1 place:"), (1, "Up 3 places:")])
def test_places_are_counted(after: int, said: str) -> None:
    move = {"code": "moved_up_free", "params": {"before": 4, "after": after}}
    assert reasons.sentences("en", [move])[0].startswith(said)


def test_why_is_a_paragraph_in_each_language() -> None:
    told = (reason(code) for code in ("own_words", "subject_fit"))
    found = reasons.why(["en", "es"], told)
    assert set(found) == {"en", "es"}
    assert found["en"].count(".") == 2 and found["es"].count(".") == 2


def test_a_person_s_words_are_told_apart_in_the_language_they_were_written_in() -> None:
    for language in LANGUAGES:
        runs = reasons.sentence(language, reason("own_words"))
        own = [(run.words, run.language) for run in runs if run.language is not None]
        assert own == [("Masa y fracciones", "es"), ("Con las manos se mide", "es")]
        assert all(run.words for run in runs)
    [part, word] = [run for run in reasons.sentence("en", reason("touches")) if run.language is not None]
    assert (part.language, word.words, word.language) == ("en", "pan", "es")


def test_words_in_common_are_listed_as_people_say_them() -> None:
    assert "bread and fractions" in reasons.sentences("en", [reason("answers_part")])[0]
    assert "bread y fractions" in reasons.sentences("es", [reason("answers_part")])[0]


def test_what_a_person_wrote_is_shown_as_it_is() -> None:
    odd = {"code": "about_words", "params": {"quote": "100% agave %(fund)s <b>", "language": "en"}}
    assert "100% agave %(fund)s <b>" in reasons.sentences("es", [odd])[0]
