"""What a teacher reads of the people around the school, and how a request begins with it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import Fund
from tests import factories as f
from tests.cast import Cast


def told(
    cast: Cast, title: str, *, text: str = "", story: str = "", about: dict[str, Any] | None = None, **who: Any
) -> Fund:
    owner = f.PartnerFactory(region=cast.region, **who)
    return f.FundFactory(region=cast.region, owner=owner, title=title, text=text or title, story=story, **(about or {}))


def test_funds_are_shown_without_what_says_whose_they_are(cast: Cast, browse, queries: list[str]) -> None:
    told(cast, "Radios that speak again", text="Esperanza taught me tubes.", story="Ask Lupita.", name="Lupita Soto")
    told(cast, "The forge of Genaro Ruelas", name="Genaro Ruelas")
    told(cast, "Bread at four", text="Call 520-555-0188 before dawn.", name="Otilia Paz")
    told(cast, "Wells dug by hand", neighbourhood="Barrio Solo")
    browser = browse(cast.ana.account)
    browser.get("/ideas")
    queries.clear()
    page = browser.get("/ideas").get_data(as_text=True)
    assert len(queries) <= 12
    assert "Radios that speak again" in page and "Esperanza taught me tubes." in page
    assert "Lupita" not in page and "Soto" not in page
    assert "Genaro" not in page and "forge" not in page
    assert "Bread at four" in page and "555-0188" not in page
    assert "Wells dug by hand" in page and "Barrio Solo" not in page, "one who lives there would be known by it"


def test_a_neighborhood_of_five_is_named(cast: Cast, browse) -> None:
    for number in range(5):
        told(cast, f"Thing {number}", neighbourhood="Barrio Grande")
    assert "Barrio Grande" in browse(cast.ana.account).get("/ideas").get_data(as_text=True)


@pytest.mark.parametrize(
    "who",
    [{"paused_at": f.NOW}, {"reviewed_at": None}, {"monthly_capacity": 0}],
    ids=["paused", "not reviewed", "none"],
)
def test_who_cannot_be_asked_is_not_shown(cast: Cast, browse, who: dict[str, Any]) -> None:
    told(cast, "Hidden for now", **who)
    assert "Hidden for now" not in browse(cast.ana.account).get("/ideas").get_data(as_text=True)


def test_who_must_not_meet_a_teacher_is_shown_to_others_only(cast: Cast, browse) -> None:
    apart = told(cast, "Kept apart")
    f.SeparationFactory(region=cast.region, teacher=cast.ana, partner=apart.partner)
    assert "Kept apart" not in browse(cast.ana.account).get("/ideas").get_data(as_text=True)
    assert f"“{apart.title}”" not in browse(cast.ana.account).get(f"/requests/new?idea={apart.id}").get_data(
        as_text=True
    )
    assert "Kept apart" in browse(cast.tomas.account).get("/ideas").get_data(as_text=True)


def test_funds_are_chosen_by_subject_and_grade(cast: Cast, browse) -> None:
    told(cast, "Only math, fifth grade", about={"subjects": ["math"], "grades": [5]})
    told(cast, "Anything for anybody")
    browser = browse(cast.ana.account)
    both = browser.get("/ideas?subject=math&grade=5").get_data(as_text=True)
    assert "Only math" in both and "Anything for" in both
    for other in ("subject=arts", "subject=math&grade=0"):
        page = browser.get(f"/ideas?{other}").get_data(as_text=True)
        assert "Only math" not in page and "Anything for" in page
    for odd in ("subject=alchemy&grade=99", "grade=x&page=-1", "page=99999999999999999999"):
        assert browser.get(f"/ideas?{odd}").status_code == 200


def test_a_request_begins_with_what_somebody_knows(session: Session, cast: Cast, browse) -> None:
    fund = told(cast, "Radios that speak again", about={"subjects": ["cte"]})
    browser = browse(cast.ana.account)
    path = f"/requests/new?idea={fund.id}"
    assert path in browser.get("/ideas").get_data(as_text=True)
    page = browser.get(path).get_data(as_text=True)
    assert "knows this: “Radios that speak again”." in page
    assert '<option selected value="cte">' in page
    hidden = told(cast, "The forge of Genaro Ruelas", name="Genaro Ruelas")
    assert "Genaro" not in browser.get(f"/requests/new?idea={hidden.id}").get_data(as_text=True)
