"""The schools in line, one school's facts with what each adds, and changing them with a source."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, IntroductionState, School
from tests import factories as f
from tests.cast import Cast

FIGURE = {
    "poverty": "known",
    "poverty_value": "61.5",
    "poverty_measure": "direct certification",
    "poverty_year": "2025",
    "poverty_source": "State table 7, October count",
}
NOTHING = {"poverty": "unknown", "poverty_measure": "direct certification", "locale": "", "title_i": "unknown"}


def facts(school: School) -> tuple[Any, ...]:
    return (school.poverty_value, school.poverty_measure, school.poverty_year, school.poverty_source, school.locale,
            school.title_i)  # fmt: skip


def changes(session: Session) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).where(AuditEvent.tag == "equity:school:documented")))


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.get_data(as_text=True)))


def test_every_fact_is_shown_with_its_measure_its_source_and_what_it_adds(cast: Cast, browse) -> None:
    school = f.SchoolFactory(
        region=cast.region, poverty_value=40, poverty_measure="direct certification", poverty_year=2025,
        poverty_source="State table 7", locale="rural-remote", title_i=True,
    )  # fmt: skip
    page = text(browse(cast.marisol).get(f"/schools/{school.id}"))
    assert "40 % direct certification, 2025 State table 7 +0.05" in page
    assert "Countryside, remote Types of the National Center for Education Statistics, as loaded +0.02" in page
    assert "Title I Takes part As loaded +0.02" in page
    assert "1, and what each fact adds; at most 1.50. 1.09" in page


def test_what_is_unknown_is_labelled_and_never_zero(cast: Cast, browse) -> None:
    f.SchoolFactory(region=cast.region, locale="rural-remote", title_i=False)
    page = text(browse(cast.marisol).get(f"/schools/{cast.school.id}"))
    assert page.count("Not known Counts as the middle of the region's schools, never as zero.") == 3
    assert "Not known Counts as the middle of the region's schools, never as zero. +0.02" in page
    assert " 0 %" not in page


def test_calibration_and_past_service_are_told(cast: Cast, browse) -> None:
    browser = browse(cast.marisol)
    assert "Nothing has been settled yet" in text(browser.get(f"/schools/{cast.school.id}"))
    for state in (IntroductionState.MET, IntroductionState.LAPSED):
        done = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state="done")
        f.IntroductionFactory(region=cast.region, suggested__of=done, state=state)
    waiting = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title="Who built the old depot?")
    page = text(browser.get(f"/schools/{cast.school.id}"))
    assert "Documented need counts at 20 % of what it could." in page
    assert "1 visit held or agreed" in page and "1 request ended with nobody" in page
    assert waiting.title in page


def test_schools_stand_in_line_by_what_the_network_owes(cast: Cast, browse) -> None:
    needs = f.SchoolFactory(region=cast.region, name="Caliche Wells", locale="rural-remote", title_i=True)
    f.SchoolFactory(region=cast.region, name="Mirador", locale="city-large", title_i=False)
    page = text(browse(cast.marisol).get("/schools"))
    assert page.index("Caliche Wells") < page.index("Mirador")
    assert "in part unknown" in page
    assert "Place 1 of 3 in the region" in text(browse(cast.ben).get(f"/schools/{needs.id}"))


def test_pages_that_name_a_school_lead_to_it(session: Session, cast: Cast, world, browse) -> None:
    link = f'href="/schools/{cast.school.id}"'
    browser = browse(cast.marisol)
    assert link in browser.get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert link in browser.get("/people/teachers").get_data(as_text=True)
    assert link in browser.get("/schools").get_data(as_text=True)
    assert "/schools/" not in browse(cast.ana.account).get(f"/requests/{world.asked.id}").get_data(as_text=True)


def test_an_admin_documents_facts_with_their_sources(session: Session, cast: Cast, browse) -> None:
    browser, path = browse(cast.ada), f"/schools/{cast.school.id}"
    sent = {
        **FIGURE,
        "locale": "town-remote",
        "locale_source": "NCES 2025",
        "title_i": "no",
        "title_i_source": "Letter",
    }
    assert browser.post(f"{path}/facts", sent).headers["Location"] == path
    session.refresh(cast.school)
    figure = (61.5, "direct certification", 2025, "State table 7, October count")
    assert facts(cast.school) == (*figure, "town-remote", False)
    [change] = changes(session)
    assert (change.actor_id, change.subject_id) == (cast.ada.id, cast.school.id)
    assert change.detail["before"]["poverty_value"] is None and change.detail["after"]["poverty_value"] == 61.5
    assert change.detail["sources"] == {"locale": "NCES 2025", "title_i": "Letter"}
    page = text(browse(cast.marisol).get(path))
    assert "Ada Admin on" in page and "Locale: not known before, Town, remote now · NCES 2025" in page
    assert "Town, remote NCES 2025" in page


def test_saving_the_same_again_leaves_no_line(session: Session, cast: Cast, browse) -> None:
    browser, path = browse(cast.ada), f"/schools/{cast.school.id}/facts"
    sent = {**FIGURE, "locale": "", "title_i": "unknown"}
    browser.post(path, sent)
    browser.post(path, sent)
    assert len(changes(session)) == 1


def test_unknown_is_a_choice_and_takes_the_whole_figure_away(session: Session, cast: Cast, browse) -> None:
    browser, path = browse(cast.ada), f"/schools/{cast.school.id}/facts"
    browser.post(path, {**FIGURE, "title_i": "yes", "title_i_source": "Letter"})
    browser.post(path, {**FIGURE, **NOTHING})
    session.refresh(cast.school)
    assert facts(cast.school) == (None,) * 6
    assert changes(session)[-1].detail["after"] == dict.fromkeys(
        ("poverty_measure", "poverty_source", "poverty_value", "poverty_year", "title_i")
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"poverty_value": ""}, "a percentage from 0 to 100"),
        ({"poverty_value": "101"}, "a percentage from 0 to 100"),
        ({"poverty_value": "nan"}, "a percentage from 0 to 100"),
        ({"poverty_value": "-1"}, "a percentage from 0 to 100"),
        ({"poverty_value": "many"}, "a percentage from 0 to 100"),
        ({"poverty_year": "25"}, "four digits"),
        ({"poverty_year": "9" * 12}, "four digits"),
        ({"poverty_source": " "}, "where this comes from"),
        ({"poverty_measure": "guessed"}, "Please choose one."),
        ({"locale": "town-remote"}, "where this comes from"),
        ({"locale": "moon"}, "Please choose one."),
        ({"title_i": "yes"}, "where this comes from"),
        ({"title_i": ""}, "Please choose one."),
    ],
)
def test_a_fact_without_its_source_or_out_of_range_is_asked_about(
    session: Session, cast: Cast, browse, changed: dict[str, str], said: str
) -> None:
    answer = browse(cast.ada).post(
        f"/schools/{cast.school.id}/facts", {**FIGURE, "locale": "", "title_i": "unknown", **changed}
    )
    assert answer.status_code == 422
    assert said in text(answer)
    session.refresh(cast.school)
    assert facts(cast.school) == (None,) * 6
    assert changes(session) == []


def test_zero_is_a_figure_and_a_comma_is_read(session: Session, cast: Cast, browse) -> None:
    browser, path = browse(cast.ada), f"/schools/{cast.school.id}/facts"
    for given, stored in (("0", 0.0), ("12,5 %", 12.5)):
        browser.post(path, {**FIGURE, "poverty_value": given, "locale": "", "title_i": "unknown"})
        session.refresh(cast.school)
        assert cast.school.poverty_value == stored


def test_the_page_is_whole_in_spanish(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ada)
    browser.post(f"/schools/{cast.school.id}/facts", {**FIGURE, "locale": "", "title_i": "unknown"})
    browser.get("/language/es")
    page = text(browser.get(f"/schools/{cast.school.id}"))
    assert "La necesidad documentada cuenta al 20 %" in page
    assert "certificación directa, 2025" in page
    assert "Cuenta como el punto medio de las escuelas de la región, nunca como cero." in page


def test_the_weight_is_that_of_the_plan_in_effect(session: Session, cast: Cast, browse) -> None:
    other = f.SchoolFactory(region=cast.region, name="Mirador")
    terms = {**asdict(f.NO_TERMS), "school_ids": [cast.school.id, other.id], "school_factor": [0.8, 1.3]}
    plan = f.PlanFactory(region=cast.region, terms=terms)
    browser = browse(cast.marisol)
    assert "The plan in effect" not in text(browser.get(f"/schools/{other.id}"))
    session.refresh(cast.region)
    cast.region.plan_id = plan.id
    page = text(browser.get(f"/schools/{other.id}"))
    assert "Place 1 of 2 in the region" in page and "The plan in effect gives it a weight of 1.30" in page
    listed = text(browser.get("/schools"))
    assert listed.index("Mirador") < listed.index(cast.school.name)
