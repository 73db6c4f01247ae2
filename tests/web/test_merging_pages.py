"""Two profiles side by side, made one and two again; and what a coordinator does for somebody on the phone."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, IntroductionState, Partner
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.test_people_table import asked, partner, text


@pytest.fixture
def office(cast: Cast, browse) -> Browser:
    """Marisol's browser."""
    return browse(cast.marisol)


@pytest.fixture
def twin(cast: Cast) -> Partner:
    """Ramón once more, with his address in capitals and no clearance known."""
    cast.ramon.phone = ""
    return partner(
        cast,
        "Ramon Escalante",
        email=cast.ramon.email.upper(),
        phone="520-555-0166",
        clearance="unknown",
        clearance_expires_on=None,
    )


def test_a_pair_is_shown_compared_and_made_one(session: Session, cast: Cast, twin: Partner, office: Browser) -> None:
    assert "may be the same person" in text(office.get("/people"))
    page = text(office.get("/people/duplicates"))
    assert "Both have the same e-mail" in page
    here = f"/people/{cast.ramon.id}/merge/{twin.id}"
    compared = office.get(here)
    page = text(compared)
    assert "What Ramon Escalante knows" in page and "Where they differ" in page
    # The one with a phone, and of two clearances the one that counts, stand ready.
    assert f'name="phone" value="{twin.id}" checked' in compared.get_data(as_text=True)
    assert f'name="clearance" value="{cast.ramon.id}" checked' in compared.get_data(as_text=True)
    assert "Please choose one." in text(office.post(here, {"name": str(twin.id)}))
    sent = {"keep": str(cast.ramon.id), "phone": str(twin.id), "name": str(cast.ramon.id)}
    assert office.post(here, sent).headers["Location"] == f"/people/{cast.ramon.id}"
    assert office.post(here, sent).headers["Location"] == f"/people/{cast.ramon.id}", "a second click leads there, too"
    session.expire_all()
    assert (cast.ramon.phone, cast.ramon.name, twin.merged_into_id) == (
        "520-555-0166",
        "Ramón Escalante",
        cast.ramon.id,
    )
    page = text(office.get("/people"))
    assert "Ramon Escalante" not in page and "may be the same person" not in page
    assert "Took in another profile: Ramon Escalante" in text(office.get(f"/people/{cast.ramon.id}"))


def test_a_merge_is_taken_back_from_the_page_of_the_one_that_went(
    session: Session, cast: Cast, twin: Partner, office: Browser
) -> None:
    office.post(f"/people/{cast.ramon.id}/merge/{twin.id}", {"keep": str(cast.ramon.id)})
    page = text(office.get(f"/people/{twin.id}"))
    assert "This profile was merged into another." in page and "Possible until Wednesday, October 14" in page
    assert "Change it for them" not in page
    assert office.get(f"/people/{twin.id}/profile").status_code == 404
    assert office.post(f"/people/{twin.id}/unmerge").headers["Location"] == f"/people/{twin.id}"
    session.expire_all()
    assert twin.merged_into_id is None and len(twin.funds) == 1
    assert office.post(f"/people/{twin.id}/unmerge").status_code == 409


def test_a_merge_that_cannot_be_says_why_and_keeps_the_choices(
    session: Session, cast: Cast, twin: Partner, office: Browser
) -> None:
    invited = asked(cast, twin, IntroductionState.INVITED, 1)
    answer = office.post(f"/people/{cast.ramon.id}/merge/{twin.id}", {"keep": str(cast.ramon.id)})
    assert answer.status_code == 422
    page = text(answer)
    assert f"next in line for “{invited.request.title}”" in page
    assert f'value="{cast.ramon.id}" checked' in answer.get_data(as_text=True)
    session.expire_all()
    assert twin.merged_into_id is None


def test_two_people_are_told_apart(cast: Cast, twin: Partner, office: Browser) -> None:
    assert office.post(f"/people/{twin.id}/apart/{cast.ramon.id}").headers["Location"] == "/people/duplicates"
    assert "Nobody seems to be here twice." in text(office.get("/people/duplicates"))


def test_nobody_is_merged_across_regions(cast: Cast, office: Browser) -> None:
    for path in (f"/people/{cast.ramon.id}/merge/{cast.paz.id}", f"/people/{cast.ramon.id}/merge/{cast.ramon.id}"):
        assert office.get(path).status_code == 404
        assert office.post(path, {"keep": str(cast.ramon.id)}).status_code == 404
    assert office.post(f"/people/{cast.paz.id}/unmerge").status_code == 404


def on_behalf(session: Session) -> list[str]:
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    return [event.tag for event in events if event.detail.get("on_behalf")]


def test_somebody_on_the_phone_pauses_and_is_back(session: Session, cast: Cast, office: Browser) -> None:
    home = f"/people/{cast.ramon.id}"
    assert "Pause for them" in text(office.get(home))
    assert office.post(f"{home}/pause", {"until": "2026-09-14"}).headers["Location"] == home
    session.refresh(cast.ramon)
    assert cast.ramon.paused_at is None
    office.post(f"{home}/pause", {"until": "2026-11-02"})
    session.refresh(cast.ramon)
    assert (cast.ramon.paused_at, cast.ramon.paused_until) == (f.NOW, date(2026, 11, 2))
    assert "No invitations before Monday, November 2, 2026." in text(office.get(home))
    office.post(f"{home}/resume")
    office.post(f"{home}/pause")
    session.refresh(cast.ramon)
    assert (cast.ramon.paused_at, cast.ramon.paused_until) == (f.NOW, None)
    assert "No invitations until they say so." in text(office.get(home))
    assert on_behalf(session) == ["partners:partner:paused", "partners:partner:resumed", "partners:partner:paused"]


def test_a_fund_is_taken_out_for_somebody(session: Session, cast: Cast, office: Browser) -> None:
    fund = cast.ramon.funds[0].id
    path = f"/people/{cast.ramon.id}/funds/{fund}/remove"
    assert office.post(path).headers["Location"] == f"/people/{cast.ramon.id}"
    session.expire_all()
    assert cast.ramon.funds == []
    assert on_behalf(session) == ["partners:fund:removed"]
    assert office.post(path).status_code == 404
    assert office.post(f"/people/{cast.ramon.id}/funds/{cast.esperanza.funds[0].id}/remove").status_code == 404


def test_a_persons_page_tells_of_invitations_and_visits(session: Session, cast: Cast, office: Browser) -> None:
    at = f.NOW - f.timedelta(days=30)
    met = asked(cast, cast.ramon, IntroductionState.MET, 40)
    f.VisitFactory(region=cast.region, of=met, starts_at=at, ends_at=at + f.timedelta(hours=1))
    asked(cast, cast.ramon, IntroductionState.LAPSED, 20)
    page = text(office.get(f"/people/{cast.ramon.id}"))
    for said in (
        "Last visit Saturday, August 15, 2026",
        "1 this school year",
        "Silent since Aug 25, 1 unanswered",
        "said yes, visit Aug 15",
        "no answer",
        "Notes, for coordinators only",
    ):
        assert said in page
    assert "Not invited yet." in text(office.get(f"/people/{cast.esperanza.id}"))
