"""How reasons stand on the desk: whose words are whose, what is to be weighed, and the word for the chance."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.cast import Cast
from tests.web.world import World

QUOTED = {"quote": "Camino el arroyo <b>después</b> de llover", "language": "es", "fund": "El agua"}
ANSWERED = {"part": "to walk the wash with us", "language": "en", "words": ["arroyo", "agua"], "words_language": "es"}
FOUND: list[dict[str, Any]] = [
    {"code": "own_words", "params": QUOTED},
    {"code": "answers_part", "params": ANSWERED},
    {"code": "far", "params": {"miles": 19.0}},
]


@pytest.fixture
def desk(session: Session, cast: Cast, world: World, browse) -> Any:  # type: ignore[no-untyped-def]
    """The page of the request, in a language, with reasons and a relevance for the first person."""

    def page(reasons: list[dict[str, Any]], relevance: float = 0.8, language: str = "en") -> str:
        world.first.reasons, world.first.relevance = reasons, relevance
        world.second.reasons, world.second.relevance = FOUND[:2], 0.5
        cast.marisol.language = language
        session.flush()
        return str(browse(cast.marisol).get(f"/desk/{world.asked.id}").get_data(as_text=True))

    return page


def test_a_person_s_words_keep_their_language_and_voice(desk: Any) -> None:
    page = desk(FOUND)
    assert "“Camino el arroyo &lt;b&gt;después&lt;/b&gt; de llover”" in page
    assert '<p class="match__fund" lang="es">' in page
    assert 'Answers “<span class="voice" lang="en">to walk the wash with us</span>”: both speak of ' in page
    assert '<span class="voice" lang="es">arroyo</span> and <span class="voice" lang="es">agua</span>.' in page


def test_what_is_around_the_request_follows_the_move_and_names_loads(desk: Any) -> None:
    up = {"code": "moved_up_boost", "params": {"before": 4, "after": 1, "group": "practice"}}
    waited = {"code": "waited_reached_less", "params": {"weeks": 6}}
    full = {"code": "closer_full", "params": {"name": "Rosa <R.>", "visits": 2}}
    page = desk([*FOUND, up, waited, full])
    said = (
        "Up 3 places: knowledge that comes from practice is seldom shown. This class has waited 6 weeks, and its school"
        " was reached less than others. Rosa &lt;R.&gt; would be closer, but has given all 2 visits of that month."
    )
    assert said in page and page.index(said) < page.index("both speak of")
    assert "lleva 6 semanas esperando" in desk([waited], language="es")


def test_what_counts_against_is_set_apart_and_said_once(desk: Any) -> None:
    page = desk(FOUND)
    assert "<strong>To weigh.</strong> Is 19.0 miles away" in page
    assert page.count("miles away") == 1
    assert "To weigh." not in desk(FOUND[:2])


@pytest.mark.parametrize(
    ("relevance", "word"), [(0.7, "Likely"), (0.69, "Possible"), (0.4, "Possible"), (0.39, "Long shot")]
)
def test_the_word_for_the_chance_follows_the_relevance(desk: Any, relevance: float, word: str) -> None:
    said = {each for each in ("Likely", "Possible", "Long shot") if f">{each}</span>" in desk(FOUND, relevance)}
    assert said == {word, "Possible"}


def test_where_next_to_nothing_is_written_the_number_is_not_trusted(desk: Any) -> None:
    page = desk([{"code": "little_in_common", "params": {}}, {"code": "thin_profile", "params": {}}], 0.95)
    assert "Little to go on</span>" in page and ">Likely</span>" not in page
    assert "a call would tell more" in page


def test_reasons_of_before_are_still_told(desk: Any) -> None:
    page = desk([{"code": "words_shared", "params": {"fund": "Reading a wash", "words": ["arroyo", "wash"]}}])
    assert "both speak of" in page and "Reading a wash" in page
    assert "Their words are close." in desk([])


def test_spanish_says_the_same_in_spanish(desk: Any) -> None:
    page = desk(FOUND, language="es")
    for words in ("Responde a «", "en ambos se habla de", "Por considerar.", "Probable", "a 19.0 millas"):
        assert words in page
