"""What is kept of a person: seen and taken along by themselves, erased when they say so."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from models import Account
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser


def test_somebody_sees_and_takes_along_what_is_theirs(cast: Cast, browse: Callable[..., Browser]) -> None:
    browser = browse(cast.ana.account)
    assert cast.ana.account.email in browser.get("/account/data").get_data(as_text=True)
    answer = browser.get("/account/data.json")
    assert answer.mimetype == "application/json" and "attachment" in answer.headers["Content-Disposition"]
    assert answer.get_json()["account"]["email"] == cast.ana.account.email


def test_erasing_takes_a_tick_and_signs_out(session: Session, cast: Cast, browse: Callable[..., Browser]) -> None:
    account_id = cast.nueva.account_id
    browser = browse(cast.nueva.account)
    refused = browser.post("/account/erase")
    assert refused.status_code == 422 and "Nothing was erased." in refused.get_data(as_text=True)
    assert browser.post("/account/erase", {"sure": "y"}).headers["Location"] == "/"
    assert browser.get("/account/data").headers["Location"].startswith("/login")
    assert session.get_one(Account, account_id, populate_existing=True).name == "\u2014"


def test_whoever_a_class_counts_on_is_told_so(session: Session, cast: Cast, browse: Callable[..., Browser]) -> None:
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    suggested = f.ProposalFactory(region=cast.region, of=request, who=cast.esperanza)
    f.IntroductionFactory(region=cast.region, suggested=suggested, coordinator=cast.marisol, state="introduced")
    answer = browse(cast.ada).post(f"/people/{cast.esperanza.id}/erase", {"sure": "y"})
    assert answer.status_code == 422 and "Please call it off first." in answer.get_data(as_text=True)
    assert cast.esperanza.name == "Esperanza Ochoa"


def test_an_admin_erases_who_has_asked_for_it(session: Session, cast: Cast, browse: Callable[..., Browser]) -> None:
    ada = browse(cast.ada)
    assert ada.post(f"/people/{cast.ramon.id}/erase", {"sure": "y"}).headers["Location"] == "/people"
    path = f"/people/teachers/{cast.nueva_membership.id}"
    assert cast.nueva.account.email in ada.get(f"{path}/data").get_data(as_text=True)
    assert ada.post(f"{path}/erase", {"sure": "y"}).headers["Location"] == "/people"
    session.expire_all()
    assert (cast.ramon.name, cast.nueva.account.name) == ("\u2014", "\u2014")


def test_the_page_asks_few_questions(
    session: Session, cast: Cast, browse: Callable[..., Browser], queries: list[str]
) -> None:
    browser = browse(cast.ana.account)
    for _ in range(3):
        f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    session.commit()
    session.expunge_all()
    queries.clear()
    assert browser.get("/account/data").status_code == 200
    assert len(queries) <= 12, queries
