"""The pages anyone may read, the language switch and the two addresses for machines."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.cast import Cast
from tests.web.conftest import Browser


def test_the_landing_page_counts_what_the_network_has(visitor: Browser, cast: Cast) -> None:
    page = visitor.get("/").get_data(as_text=True)
    assert "Palo Fierro" in page
    assert "neighbors sharing what they know" in page


def test_a_first_page_exists_before_any_region_does(visitor: Browser) -> None:
    assert [visitor.get(path).status_code for path in ("/", "/how", "/privacy", "/join", "/login")] == [200] * 5
    assert visitor.get("/join/teacher").status_code == 404


def test_a_chosen_language_stays_and_the_account_remembers_it(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ana.account)
    assert '<html lang="en">' in browser.get("/how").get_data(as_text=True)
    answer = browser.get("/language/es?next=/how")
    assert answer.headers["Location"] == "/how"
    assert '<html lang="es">' in browser.get("/how").get_data(as_text=True)
    session.refresh(cast.ana.account)
    assert cast.ana.account.language == "es"


def test_a_browser_s_own_language_is_heard(visitor: Browser, cast: Cast) -> None:
    page = visitor.get("/how", headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})
    assert '<html lang="es">' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "how",
        "",
        "/\t/evil.example",
    ],
)
def test_the_language_switch_leads_nowhere_else(visitor: Browser, cast: Cast, elsewhere: str) -> None:
    answer = visitor.get("/language/en", query_string={"next": elsewhere})
    assert answer.headers["Location"] == "/"


def test_a_language_we_do_not_have_is_not_found(visitor: Browser, cast: Cast) -> None:
    assert visitor.get("/language/tlh").status_code == 404
