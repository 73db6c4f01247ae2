"""The pages anyone may read, the language switch and the two addresses for machines."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, AuditEvent, Partner
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.test_route_permissions import TABLE


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


def test_what_a_partner_lets_everybody_read_stands_there_and_is_gone_with_one_tap(
    session: Session, cast: Cast, browse
) -> None:
    """Off at first; then without how it was learnt, a name only where it is wanted, nothing that reaches anybody."""
    own, everybody = browse(session.get(Account, cast.esperanza.account_id)), browse(None)
    title = cast.esperanza.funds[0].title
    assert title not in _read(everybody, "/funds")
    for form, name_shown in (({}, False), ({"named": "y"}, True), ({}, False)):
        own.post("/profile/public", form)
        page = _read(everybody, "/funds")
        assert title in page
        assert ("Esperanza" in page) is name_shown
        for kept in ("Ochoa", "since 1988", cast.esperanza.phone, cast.esperanza.email):
            assert kept not in page, kept
        assert "Esperanza" in _read(own, "/profile")
    assert title in _read(own, "/profile/preview").split('id="nobody"')[1]
    own.post("/profile/private")
    assert title not in _read(everybody, "/funds")
    told = session.scalars(select(AuditEvent.detail).where(AuditEvent.tag.like("partners:partner:made_%")))
    assert [each.get("said") for each in told] == [None] * 4


def test_what_is_said_on_the_phone_is_noted_as_said_to_a_coordinator(session: Session, cast: Cast, browse) -> None:
    marisol, path = browse(cast.marisol), f"/people/{cast.ramon.id}"
    assert "May everybody read what you know?" in _read(marisol, f"{path}/profile")
    marisol.post(f"{path}/public", {"named": "y"})
    session.refresh(cast.ramon)
    assert cast.ramon.public_since is not None and cast.ramon.public_name
    marisol.post(f"{path}/private")
    session.refresh(cast.ramon)
    assert cast.ramon.public_since is None and not cast.ramon.public_name
    called = {"name": "Lupe Soto", "phone": "520-555-0100", "language": "es", "told_in": "es", "title": "Leer el cielo"}
    marisol.post("/people/new", {**called, "story": "Mi papá", "monthly_capacity": "1", "public": "unnamed"})
    lupe = session.scalars(select(Partner).where(Partner.name == "Lupe Soto")).one()
    assert lupe.public_since is not None and not lupe.public_name
    # Nobody has read it yet, so nobody else does either.
    assert "Leer el cielo" not in _read(browse(None), "/funds")
    details = session.scalars(select(AuditEvent.detail).where(AuditEvent.tag.like("partners:partner:made_%"))).all()
    assert [each["said"] for each in details] == ["to_coordinator"] * 3


def test_words_that_say_who_somebody_is_are_held_back_and_the_owner_is_told(
    session: Session, cast: Cast, browse
) -> None:
    f.FundFactory(region=cast.region, owner=cast.ramon, title="Roads", text="Ask for Escalante, 520-555-0123.")
    f.FundFactory(region=cast.region, owner=cast.ramon, title="Escalante's dog")
    own = browse(session.get(Account, cast.ramon.account_id))
    own.post("/profile/public")
    page = _read(browse(None), "/funds")
    assert "Roads" in page
    assert "Escalante" not in page and "0123" not in page
    assert _read(own, "/profile").count("its words say who you are") == 2


def test_a_door_leads_a_teacher_to_a_request_that_begins_with_the_fund(session: Session, cast: Cast, browse) -> None:
    fund = cast.ramon.funds[0]
    cast.ramon.public_since = f.NOW
    assert f'href="/requests/new?idea={fund.id}"' in _read(browse(None), "/funds")
    assert fund.title in _read(browse(cast.ana.account), f"/requests/new?idea={fund.id}")
    cast.ramon.paused_at, cast.ramon.paused_until = f.NOW, f.NOW.date().replace(year=2027)
    page = _read(browse(None), "/funds")
    assert fund.title in page and "idea=" not in page


def test_the_map_and_its_table_say_the_same_and_lead_to_the_funds_of_an_area(cast: Cast, browse) -> None:
    empty = _read(browse(None), "/map")
    assert "There is no map yet" in empty and "<svg class" in empty and "only-wide" not in empty
    f.PartnerFactory.create_batch(2, region=cast.region, neighbourhood="Bledsoe Siding", public_since=f.NOW)
    for partner in [
        *f.PartnerFactory.create_batch(5, region=cast.region, neighbourhood="Las Norias", public_since=f.NOW),
        *f.PartnerFactory.create_batch(3, region=cast.region, neighbourhood="Caliche Wells", public_since=f.NOW),
    ]:
        f.FundFactory(region=cast.region, owner=partner)
    page = _read(browse(None), "/map")
    assert page.count(">Las Norias<") == 3
    assert page.count(">5 neighbors<") == 2
    assert "3 more neighbors live where" in page
    assert "Caliche" not in page and "Bledsoe" not in page
    link = re.search(r'href="(/funds\?area=[^"]+)"', page)
    assert link is not None
    there = _read(browse(None), unescape(link[1]))
    assert there.count('class="card card--partner') == 5
    # A place too small to be named is none to look in: its name opens nothing that everything does not.
    assert _read(browse(None), "/funds?area=Caliche+Wells").count('class="card card--partner') == 8


def test_the_landing_page_shows_real_pairings_or_none(session: Session, cast: Cast, browse) -> None:
    assert "The first visits are still to come." in _read(browse(None), "/")
    told = f.FundFactory(region=cast.region, owner=cast.ramon, text="The wash says where it goes next. " * 3)
    cast.ramon.public_since = f.NOW
    page = _read(browse(None), "/")
    assert page.count('class="pair"') == 1
    assert told.text.strip() in page and "since 1988" not in page
    assert f"/n/{cast.next_door.slug}" in page


def test_every_network_has_its_own_address_on_which_all_doors_stay(
    app: Flask, session: Session, cast: Cast, browse
) -> None:
    """Whoever looks, and wherever they work; what its own address shows is its own."""
    cast.paz.public_since = f.NOW
    paz = f.FundFactory(region=cast.next_door, owner=cast.paz, title="Weaving on two sticks")
    here = f"/n/{cast.next_door.slug}"
    own = [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/n/<network>")]
    assert {rule.removeprefix("/n/<network>") or "/" for rule in own} <= {row.split(" ", 1)[1] for row in TABLE}
    for who in (None, cast.marisol):
        browser = browse(who)
        for rule in own:
            page = _read(browser, rule.replace("<network>", cast.next_door.slug).replace("<figure>", "headline"))
            if rule.endswith(".csv"):
                continue
            assert "Río Abajo" in page, rule
            assert cast.region.email not in page, rule
            assert f'href="{here}/funds"' in page, rule
        assert paz.title in _read(browser, f"{here}/funds")
    assert paz.title not in _read(browse(None), "/funds")
    assert browse(None).get("/n/nowhere").status_code == 404


def test_what_turns_are_taken_by_are_the_numbers_in_effect(session: Session, cast: Cast, browse) -> None:
    numbers = {"alpha": 4.0, "alpha2": 2.0, "beta": 0.25, "half_life_days": 90.0, "oldest_days": 17.0}
    f.EquityPolicyFactory(region=cast.region, version=2, numbers=numbers, dial=42.0)
    page = _read(browse(None), "/how/turns")
    for said in ("42 of 100", "97%", "0.25", "after 90 days", "longer than 17 days", 'href="/fairness"'):
        assert said in page, said


def test_searchers_find_public_pages_and_copies_are_asked_about(cast: Cast, browse) -> None:
    cast.ramon.public_since = f.NOW
    everybody = browse(None)
    for path, index in (("/", "index"), ("/funds", "index"), ("/map", "index"), ("/funds?words=wash", "noindex")):
        answer = everybody.get(path)
        page = answer.get_data(as_text=True)
        assert f'<meta name="robots" content="{index}, follow">' in page, path
        assert page.count('<meta name="description"') == 1, path
        assert answer.headers["Cache-Control"] == "no-cache", path
        kept = {"If-None-Match": answer.headers["ETag"]}
        assert everybody.get(path, headers=kept).status_code == 304, path
    assert '<meta name="robots" content="noindex">' in _read(everybody, "/login")
    assert browse(cast.ana.account).get("/funds").headers["Cache-Control"] == "no-store"


def _read(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")
