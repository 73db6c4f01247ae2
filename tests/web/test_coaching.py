"""The coach beside the form, with a script and without one; and the question about students' names."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import LearningRequest
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.test_requests import form

NAMED = "My student Mateo Ruiz keeps a color diary. We are making a map. Could somebody show us how to measure dust?"


def read(browser: Browser, path: str, sent: dict[str, Any]) -> str:
    answer = browser.post(path, sent)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def stored(session: Session) -> int:
    return session.scalar(select(func.count(LearningRequest.id))) or 0


@pytest.mark.parametrize(("path", "do"), [("/requests/look", ""), ("/requests/new", "look")])
def test_a_draft_is_read_without_being_saved(session: Session, cast: Cast, browse, path: str, do: str) -> None:
    browser = browse(cast.ana.account)
    page = read(browser, path, {"text": "Bugs.", "do": do})
    assert "Two or three sentences are enough" in page
    assert page.count('class="coach__todo"') == 2
    assert "Bugs." in page or path.endswith("look")
    assert stored(session) == 0


def test_the_coach_speaks_the_reader_s_language(cast: Cast, browse) -> None:
    browser = browse(cast.ana.account)
    browser.get("/language/es")
    assert "Con dos o tres frases" in read(browser, "/requests/look", {"text": "Bichos."})


@pytest.mark.parametrize("sent", [{}, {"windows-0-date": "soon", "grade": "x", "minutes": "y", "title": "z" * 9000}])
def test_whatever_is_in_the_form_is_read(cast: Cast, browse, sent: dict[str, Any]) -> None:
    assert "coach__todo" in read(browse(cast.ana.account), "/requests/look", sent)


def test_the_beginning_of_a_sentence_is_added_without_a_script(cast: Cast, browse) -> None:
    page = read(browse(cast.ana.account), "/requests/new", form(text="We keep a diary.", do="no_visitor"))
    assert "We keep a diary. I would love somebody who could show us" in page


def test_names_are_asked_about_while_somebody_writes(session: Session, cast: Cast, browse) -> None:
    page = read(browse(cast.ana.account), "/requests/look", form(text=NAMED))
    assert "Is “Mateo Ruiz” a student?" in page
    assert "<mark>Mateo Ruiz</mark>" in page
    assert '<input type="hidden" name="asked" value="Mateo Ruiz">' in page
    assert stored(session) == 0


def test_a_name_is_taken_out_by_a_button(session: Session, cast: Cast, browse) -> None:
    page = read(browse(cast.ana.account), "/requests/new", form(text=NAMED, do="replace", asked=["Mateo Ruiz"]))
    assert "My student keeps a color diary." in page
    assert "Mateo" not in page
    assert stored(session) == 0


def test_an_answer_holds_for_the_names_it_was_given_for(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ana.account)
    page = read(browser, "/requests/new", form(text=NAMED, do="keep", asked=["Mateo Ruiz"]))
    assert "a student?" not in page
    assert '<input type="hidden" name="not_students" value="Mateo Ruiz">' in page
    assert stored(session) == 0
    cleared = {"not_students": ["Mateo Ruiz"]}
    another = browser.post("/requests/new", form(text=f"{NAMED} Lucía Ríos is a student too.", **cleared))
    assert another.status_code == 422
    assert "Is “Lucía Ríos” a student?" in another.get_data(as_text=True)
    assert browser.post("/requests/new", form(text=NAMED, **cleared)).status_code == 302
    assert stored(session) == 1


def test_enter_presses_post_and_no_answer_about_a_student(cast: Cast, browse) -> None:
    page = browse(cast.ana.account).post("/requests/new", form(text=NAMED)).get_data(as_text=True)
    form_of = page[page.index("data-look") :]
    first = form_of[form_of.index("<button") :].partition(">")[0]
    assert "name=" not in first


def test_a_teacher_reads_how_many_may_fit_and_what_they_know_but_no_names(
    session: Session, cast: Cast, browse, queries: list[str]
) -> None:
    for title in ("I repair tube radios", "Esperanza's radio circuits"):
        f.FundFactory(region=cast.region, owner=cast.esperanza, title=title, text="Tubes, radios, circuits.")
    f.FundFactory(
        region=cast.region, owner=cast.ramon, title="Radio circuits by Ramón", text="Tubes, radios, circuits."
    )
    browser, words = browse(cast.ana.account), form(text="My students take radios apart and wonder what tubes do.")
    browser.get("/requests/new")
    queries.clear()
    page = read(browser, "/requests/look", words)
    assert len(queries) <= 12
    assert "About 2 neighbors may fit" in page
    assert "Ramón" not in page and "Esperanza" not in page
    saturday = read(browser, "/requests/look", {**words, "windows-0-date": "2026-10-10", "languages": ["tlh"]})
    assert "About 2 neighbors know something close to this" in saturday, "nobody speaks it"
    assert "We cannot tell yet" in read(browser, "/requests/look", {"text": "Hm."})
    assert "We found nobody yet" in read(browser, "/requests/look", {"text": "Quantum chromodynamics lattice."})
    assert "About 2 neighbors may fit" in read(browser, "/requests/new", {**words, "do": "look"})
