"""The people table: what it says of everybody, filters, orders, pages, and what is done for those picked."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.queries import people_table
from models import (
    AuditEvent,
    CapacityUnit,
    Clearance,
    Introduction,
    IntroductionState,
    MailKind,
    OutboxItem,
    Partner,
    Role,
    SavedView,
    SuppressionReason,
)
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser

TODAY = date(2026, 9, 14)


@pytest.fixture
def office(cast: Cast, browse) -> Browser:
    """Marisol's browser."""
    return browse(cast.marisol)


def text(page: Any) -> str:
    """What a reader sees of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.get_data(as_text=True))))


def names(page: Any) -> list[str]:
    """Who is in the table, in its order."""
    rows = re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', page.get_data(as_text=True))
    return [unescape(row) for row in rows]


def partner(cast: Cast, name: str, **more: Any) -> Partner:
    made: Partner = f.PartnerFactory(region=cast.region, name=name, **more)
    f.FundFactory(region=cast.region, owner=made, title=f"What {name} knows")
    return made


def asked(cast: Cast, who: Partner, state: IntroductionState, days_ago: int, **more: Any) -> Introduction:
    """An invitation that left some days ago."""
    at = f.NOW - timedelta(days=days_ago)
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    suggested = f.ProposalFactory(region=cast.region, of=request, who=who, what=who.funds[0])
    made: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=suggested, coordinator=cast.marisol, state=state, invited_at=at, **more
    )
    return made


def test_a_row_says_what_a_coordinator_needs(session: Session, cast: Cast, office: Browser) -> None:
    cast.esperanza.neighbourhood, cast.esperanza.sharing = "Barrio Las Norias", ["no_recording"]
    cast.esperanza.radius_miles = 8
    f.FundFactory(region=cast.region, owner=cast.esperanza, title="Masa")
    held = asked(cast, cast.esperanza, IntroductionState.INVITED, 3)
    session.scalars(select(CapacityUnit).where(CapacityUnit.introduction_id == held.id)).one().period = date(2026, 9, 1)
    page = text(office.get("/people"))
    for said in (
        "Barrio Las Norias · travels 8 mi",
        "and 1 more",
        "No recording or photos",
        "1 held, 1 free",
        "Cleared to Jun 2027",
        "Sep 11",
        "1 under way",
        "2 of 2 people",
    ):
        assert said in page
    assert "New" not in page.split("Community partners")[-1]


def test_silence_is_what_was_not_answered_since_the_last_answer(session: Session, cast: Cast) -> None:
    asked(cast, cast.ramon, IntroductionState.LAPSED, 90)
    asked(cast, cast.ramon, IntroductionState.NOT_NOW, 60, answered_at=f.NOW - timedelta(days=58))
    for days in (40, 20):
        asked(cast, cast.ramon, IntroductionState.LAPSED, days)
    asked(cast, cast.ramon, IntroductionState.INVITED, 1)
    table = people_table.Table(cast.region, people_table.Filters(), f.NOW)
    line = table.of_partner(session, cast.ramon)
    assert (line.unanswered, line.silent_since) == (2, f.NOW - timedelta(days=40))
    assert (line.ahead, line.year, line.visited_at) == (1, 0, None)
    assert line.invited_at == f.NOW - timedelta(days=1)


def test_a_visit_counts_in_its_school_year_once_it_has_been(session: Session, cast: Cast) -> None:
    for days, state in ((30, IntroductionState.MET), (120, IntroductionState.REFLECTED)):
        at = f.NOW - timedelta(days=days)
        f.VisitFactory(
            region=cast.region,
            of=asked(cast, cast.ramon, state, days + 10),
            starts_at=at,
            ends_at=at + timedelta(hours=1),
        )
    f.VisitFactory(region=cast.region, of=asked(cast, cast.ramon, IntroductionState.CANCELLED, 5))
    line = people_table.Table(cast.region, people_table.Filters(), f.NOW).of_partner(session, cast.ramon)
    assert (line.ahead, line.year, line.visited_at) == (0, 1, f.NOW - timedelta(days=30))


def test_each_filter_leaves_whom_it_says(session: Session, cast: Cast, office: Browser) -> None:
    ends = {"clearance_expires_on": TODAY + timedelta(days=20)}
    partner(cast, "Soon", **ends)
    partner(cast, "Over", clearance_expires_on=TODAY - timedelta(days=1))
    partner(cast, "Underway", clearance=Clearance.IN_PROCESS, clearance_expires_on=None)
    partner(cast, "Without", clearance=Clearance.NONE, clearance_expires_on=None)
    partner(cast, "Resting", paused_at=f.NOW, paused_until=TODAY + timedelta(days=30), languages=["ood"])
    partner(cast, "Unread", reviewed_at=None)
    partner(cast, "Fresh", joined_on=TODAY - timedelta(days=5))
    partner(cast, "Nothing", monthly_capacity=0)
    asked(cast, partner(cast, "Mute"), IntroductionState.LAPSED, 30)
    both = ["Esperanza Ochoa", "Ramón Escalante"]
    rest = ["Fresh", "Mute", "Nothing", "Resting", "Unread"]
    shown = {
        "clearance=soon": ["Soon"],
        "clearance=ended": ["Over"],
        "clearance=counts&sort=name": sorted(["Soon", *rest, *both]),
        "clearance=in_process": ["Underway"],
        "clearance=none": ["Without"],
        "month=full": ["Nothing"],
        "standing=paused": ["Resting"],
        "standing=silent": ["Mute"],
        "standing=new": ["Fresh"],
        "standing=review": ["Unread"],
        "language=ood": ["Resting"],
        "q=what+fresh": ["Fresh"],
        "q=escalánte&standing=active": ["Ramón Escalante"],
        "clearance=whatever&q=mute&month=1&standing=%00"[:30]: ["Mute"],
    }
    for query, people in shown.items():
        assert names(office.get(f"/people?{query}")) == people, query
    assert "Resting" not in names(office.get("/people?month=free"))
    assert "Paused to Oct 14" in text(office.get("/people?standing=paused"))
    page = text(office.get("/people?clearance=soon&language=en&q=knows"))
    assert "1 of 11 people" in page
    for chip in ("“knows” : remove", "Language: English : remove", "Clearance: ends within 45 days : remove"):
        assert chip in page
    assert 'href="/people?language=en&amp;clearance=soon"' in office.get(
        "/people?clearance=soon&language=en&q=knows"
    ).get_data(as_text=True)


def test_orders_go_both_ways(cast: Cast, office: Browser) -> None:
    early = partner(cast, "Ágata", clearance_expires_on=TODAY + timedelta(days=9), monthly_capacity=5)
    asked(cast, early, IntroductionState.LAPSED, 30)
    assert names(office.get("/people"))[0] == "Ágata"
    by_name = names(office.get("/people?sort=name"))
    assert by_name == ["Ágata", "Esperanza Ochoa", "Ramón Escalante"]
    assert names(office.get("/people?sort=-name")) == by_name[::-1]
    assert names(office.get("/people?sort=month"))[0] == "Ágata"
    asked(cast, cast.ramon, IntroductionState.INVITED, 2)
    assert names(office.get("/people?sort=invited")) == ["Esperanza Ochoa", "Ágata", "Ramón Escalante"]
    assert names(office.get("/people?sort=-load"))[0] == "Ramón Escalante"
    assert names(office.get("/people?sort=silent"))[0] == "Ágata"
    page = office.get("/people?sort=-name").get_data(as_text=True)
    assert 'aria-sort="descending"' in page and page.count("aria-sort") == 1
    assert names(office.get("/people?sort=colour")) == names(office.get("/people"))


def test_the_headline_counts_clearances_that_end_and_visits_behind_them(
    session: Session, cast: Cast, office: Browser
) -> None:
    assert "end in the next 45 days" not in text(office.get("/people"))
    cast.esperanza.clearance_expires_on = TODAY + timedelta(days=10)
    cast.ramon.clearance_expires_on = TODAY + timedelta(days=45)
    f.VisitFactory(region=cast.region, of=asked(cast, cast.esperanza, IntroductionState.SCHEDULED, 5))
    f.VisitFactory(region=cast.region, of=asked(cast, cast.ramon, IntroductionState.SCHEDULED, 5))
    page = text(office.get("/people"))
    assert "2 clearances end in the next 45 days. 1 of them before a visit already agreed." in page


@pytest.mark.parametrize("many", [5, 60])
def test_a_page_asks_few_questions_whatever_the_size(
    session: Session, cast: Cast, office: Browser, queries: list[str], many: int
) -> None:
    cast.esperanza.account_id = None
    for number in range(many - 2):
        who = partner(cast, f"N{number}", reviewed_at=None if number % 3 == 0 else f.NOW, phone=f"520-555-0{number:03}")
        if number < 5 and who.reviewed_at:
            asked(cast, who, IntroductionState.INVITED, number)
    session.commit()
    for path in (
        "/people",
        "/people?q=knows&standing=active&sort=load",
        f"/people/{cast.ramon.id}",
        "/people/teachers",
    ):
        session.expunge_all()
        queries.clear()
        page = office.get(path).get_data(as_text=True)
        assert len(queries) <= 12, (path, len(queries), queries)
    assert ("1 to 20 of 60" in office.get("/people").get_data(as_text=True)) is (many == 60)
    assert len(names(office.get("/people?page=3"))) == (20 if many == 60 else 5)
    assert len(page) < 60_000


def test_nobody_and_one(session: Session, cast: Cast, browse) -> None:
    there = browse(cast.olga)
    assert "Filter people" not in there.get("/people").get_data(as_text=True)
    cast.paz.merged_into_id, cast.paz.reviewed_at = f.PartnerFactory(region=cast.next_door).id, None
    assert names(there.get("/people")) != ["Paz Peralta"], "whoever was merged is not listed"
    nowhere = f.RegionFactory()
    lone = f.AccountFactory()
    f.MembershipFactory(region=nowhere, account=lone, role=Role.COORDINATOR)
    assert "Nobody has shared what they know yet." in text(browse(lone).get("/people"))
    assert "No teacher has joined yet." in text(browse(lone).get("/people/teachers"))


def test_a_view_is_kept_and_let_go(session: Session, cast: Cast, browse, office: Browser) -> None:
    query = "clearance=soon&sort=name&page=7&x=%3Cb%3E"
    assert office.post("/people/views", {"name": "Renew", "query": query}).headers["Location"] == (
        "/people?clearance=soon&sort=name"
    )
    [view] = session.scalars(select(SavedView)).all()
    assert (view.query, view.account_id) == ("clearance=soon&sort=name", cast.marisol.id)
    assert "Renew" in text(office.get("/people"))
    assert "Renew" not in text(browse(cast.ben).get("/people"))
    assert office.post("/people/views", {"name": " ", "query": query}).status_code == 302
    assert browse(cast.ben).post(f"/people/views/{view.id}/remove").status_code == 404
    office.post(f"/people/views/{view.id}/remove")
    assert session.scalars(select(SavedView)).all() == []


def renewals(session: Session) -> list[int]:
    items = session.scalars(select(OutboxItem).where(OutboxItem.kind == "clearance_renewal").order_by(OutboxItem.id))
    return [item.payload["partner_id"] for item in items]


def test_help_with_renewing_goes_once_a_month_to_whom_it_helps(session: Session, cast: Cast, office: Browser) -> None:
    soon = {"clearance_expires_on": TODAY + timedelta(days=20)}
    one, none = partner(cast, "Sana Haddad", **soon), partner(cast, "Doña Chayo", email="", **soon)
    quiet = partner(cast, "Quiet", email=" Quiet@people.example", **soon)
    f.SuppressionFactory(region=cast.region, kind=MailKind.ASKING, reason=SuppressionReason.ASKED)
    away = f.PartnerFactory(region=cast.next_door, **soon)
    everybody = [one.id, none.id, quiet.id, cast.ramon.id, away.id]
    picked = {"who": [*everybody, "x", "9" * 12], "back": "/people?clearance=soon"}
    assert office.post("/people/picked/renewals", picked).headers["Location"] == "/people?clearance=soon"
    page = text(office.get("/people"))
    assert "A mail leaves to 1 person." in page
    assert "please call: Doña Chayo and Quiet." in page
    assert "Nothing to renew now: Ramón Escalante." in page
    office.post("/people/picked/renewals", picked)
    assert "within the last 30 days: Sana Haddad." in text(office.get("/people"))
    assert renewals(session) == [one.id]
    office.post("/people/picked/renewals", {"back": "//elsewhere.example"})
    assert "Nobody is picked." in text(office.get("/people"))


def test_addresses_of_those_picked_are_shown_once_and_it_is_recorded(
    session: Session, cast: Cast, office: Browser
) -> None:
    quiet = partner(cast, "Quiet", email="quiet@people.example", phone="520-555-0199")
    f.SuppressionFactory(region=cast.region, kind=None)
    picked = {"who": [cast.ramon.id, cast.esperanza.id, quiet.id, cast.paz.id]}
    page = office.post("/people/picked/write", picked).get_data(as_text=True)
    assert f"mailto:?bcc={cast.esperanza.email},{cast.ramon.email}" in page
    assert cast.paz.email not in page and quiet.email not in page
    assert "520-555-0199" in page
    seen = session.scalars(select(AuditEvent.subject_id).where(AuditEvent.tag == "people:contacts:seen")).all()
    assert sorted(seen) == sorted([cast.ramon.id, cast.esperanza.id, quiet.id])
    assert office.post("/people/picked/write", {}).status_code == 302


def test_teachers_are_found_with_their_requests(session: Session, cast: Cast, office: Browser) -> None:
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    page = text(office.get("/people/teachers?q=robl"))
    assert "Ana Luisa Robles Tres Hermanas Middle School since Aug 2026 2 days ago 1" in page
    assert "Tomás Quiroz" not in page
    assert "Waits for your word" in text(office.get("/people/teachers?q=hermanas"))
    assert "No teacher and no school is called so." in text(office.get("/people/teachers?q=%25"))
    assert "Otto Ortiz" not in text(office.get("/people/teachers"))
