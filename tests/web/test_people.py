"""Vouching, reading profiles, the list of partners, and the record of who saw contacts."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, OutboxItem, Role
from tests import factories as f
from tests.cast import Cast


def contacts_seen(session: Session) -> list[tuple[int | None, str, int | None]]:
    events = session.scalars(select(AuditEvent).where(AuditEvent.tag == "people:contacts:seen").order_by(AuditEvent.id))
    return [(event.actor_id, event.subject_kind, event.subject_id) for event in events]


def test_a_teacher_is_vouched_for_and_can_post(session: Session, cast: Cast, browse) -> None:
    browser, path = browse(cast.marisol), f"/people/teachers/{cast.nueva_membership.id}/vouch"
    assert "to vouch for" in browser.get("/people").get_data(as_text=True)
    assert "Nueva Maestra teaches there" in browser.get("/people/teachers").get_data(as_text=True)
    assert browser.post(path).headers["Location"] == "/people/teachers"
    session.refresh(cast.nueva_membership)
    assert cast.nueva_membership.vouched_by_id == cast.marisol.id
    assert browse(cast.nueva.account).get("/requests/new").status_code == 200
    browser.post(path)
    mails = session.scalars(select(OutboxItem).where(OutboxItem.kind == "vouched")).all()
    assert len(mails) == 1, "vouching again says nothing again"


def test_only_teachers_are_vouched_for(cast: Cast, browse) -> None:
    other = f.MembershipFactory(region=cast.region, account=cast.charlie, role=Role.COORDINATOR, since=None)
    assert browse(cast.marisol).post(f"/people/teachers/{other.id}/vouch").status_code == 404
    assert browse(cast.charlie).get("/desk").status_code == 404


def test_whoever_has_not_confirmed_an_address_is_not_offered(session: Session, cast: Cast, browse) -> None:
    cast.nueva.account.confirmed_at = None
    browser = browse(cast.marisol)
    assert "to vouch for" not in browser.get("/people").get_data(as_text=True)
    assert "Nueva Maestra teaches there" not in browser.get("/people/teachers").get_data(as_text=True)


def test_a_profile_is_read_and_the_partner_found(session: Session, cast: Cast, browse) -> None:
    fresh = f.PartnerFactory(region=cast.region, name="Lucho Barrios", reviewed_at=None)
    f.FundFactory(region=cast.region, owner=fresh, title="Making adobe")
    browser = browse(cast.marisol)
    assert "Making adobe" in browser.get("/people").get_data(as_text=True)
    assert browser.post(f"/people/{fresh.id}/review").status_code == 302
    session.refresh(fresh)
    assert (fresh.reviewed_at, fresh.reviewed_by_id) == (f.NOW, cast.marisol.id)


def test_a_profile_without_a_fund_is_not_passed(session: Session, cast: Cast, browse) -> None:
    fresh = f.PartnerFactory(region=cast.region, reviewed_at=None)
    answer = browse(cast.marisol).post(f"/people/{fresh.id}/review")
    assert answer.status_code == 409
    assert "no fund of knowledge yet" in answer.get_data(as_text=True)


def test_each_look_at_contacts_is_recorded(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ben)
    page = browser.get(f"/people/{cast.esperanza.id}").get_data(as_text=True)
    assert cast.esperanza.email in page
    browser.get(f"/people/{cast.esperanza.id}")
    assert contacts_seen(session) == [(cast.ben.id, "partner", cast.esperanza.id)] * 2


def test_the_lists_show_no_contacts_but_those_of_waiting_teachers(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ben)
    page = browser.get("/people").get_data(as_text=True) + browser.get("/people/teachers").get_data(as_text=True)
    assert cast.esperanza.email not in page
    assert cast.esperanza.phone not in page
    assert cast.ana.account.email not in page
    assert cast.nueva.account.email in page
    assert contacts_seen(session) == [(cast.ben.id, "membership", cast.nueva_membership.id)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("esper", True),
        ("before it RAINS", True),
        ("walked this arroyo", True),
        ("zzz", False),
        ("%", False),
        ("_", False),
    ],
)
def test_partners_are_found_by_name_and_by_what_they_know(cast: Cast, browse, words: str, found: bool) -> None:
    page = browse(cast.marisol).get("/people", query_string={"q": words}).get_data(as_text=True)
    assert ("Esperanza Ochoa" in page) is found


def test_a_search_is_shown_as_words_and_has_an_end(cast: Cast, browse) -> None:
    browser = browse(cast.marisol)
    page = browser.get("/people", query_string={"q": '"><script>alert(1)</script>'}).get_data(as_text=True)
    assert "<script>alert" not in page
    assert browser.get("/people", query_string={"q": "x" * 5000}).status_code == 200


def test_nobody_of_another_region_is_listed(cast: Cast, browse) -> None:
    assert cast.paz.name not in browse(cast.marisol).get("/people").get_data(as_text=True)
