"""Reasons become plain sentences in every language of a region."""

from __future__ import annotations

from typing import Any

import pytest

from matching import explain
from matchmaker import reasons
from matchmaker.i18n import LANGUAGES

FACTS: dict[str, dict[str, Any]] = {
    "fund_answers": {"fund": "Mending radios", "words": ["circuits"]},
    "words_shared": {"fund": "Mending radios", "words": ["circuits", "radios"]},
    "profile_answers": {"words": ["circuits"]},
    "kept_by_need": {"after": 1, "otherwise": 3},
    "near": {"miles": 1.8},
    "far": {"miles": 19.0},
    "date_fit": {"share": 1.0},
    "date_few": {"share": 0.5},
    **{code: {"before": 4, "after": 2} for code in ("moved_up_boost", "moved_up_free")},
    **{code: {"before": 1, "after": 2} for code in ("moved_down_busy", "moved_down_boost")},
}
CODES = (*explain.TEXT_CODES, *explain.MOVE_CODES, *explain.FIT_CODES)


def reason(code: str) -> dict[str, Any]:
    return {"code": code, "params": FACTS.get(code, {})}


@pytest.mark.parametrize("code", CODES)
def test_every_code_that_can_be_found_has_its_sentence(code: str) -> None:
    said = {language: reasons.sentences(language, [reason(code)]) for language in LANGUAGES}
    for [sentence] in said.values():
        assert sentence.endswith(".") and "%(" not in sentence and len(sentence.split()) <= 30
    assert said["en"] != said["es"]


def test_no_sentence_is_written_for_a_code_that_nobody_finds() -> None:
    assert set(reasons.SENTENCES) | set(reasons.MOVES) == set(CODES)


def test_a_move_comes_first() -> None:
    told = [reason("fund_answers"), reason("near"), reason("moved_up_boost")]
    first, second, third = reasons.sentences("en", told)
    assert first.startswith("Up 2 places") and "Mending radios" in second and "1.8 miles" in third


@pytest.mark.parametrize(("after", "said"), [(3, "Up 1 place:"), (1, "Up 3 places:")])
def test_places_are_counted(after: int, said: str) -> None:
    move = {"code": "moved_up_free", "params": {"before": 4, "after": after}}
    assert reasons.sentences("en", [move])[0].startswith(said)


def test_why_is_a_paragraph_in_each_language() -> None:
    told = (reason(code) for code in ("fund_answers", "subject_fit"))
    found = reasons.why(["en", "es"], told)
    assert set(found) == {"en", "es"}
    assert found["en"].count(".") == 2 and found["es"].count(".") == 2


def test_what_a_person_wrote_is_shown_as_it_is() -> None:
    odd = {"code": "fund_answers", "params": {"fund": "100% agave %(fund)s <b>", "words": []}}
    assert "100% agave %(fund)s <b>" in reasons.sentences("es", [odd])[0]
