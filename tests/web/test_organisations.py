"""An organisation's people: who sees them, who joins by its link, who leaves, and where its name stands."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Introduction, IntroductionState, Membership, Partner, PartnerKind, Role
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.test_account import partner_form
from tests.web.test_partners import profile
from tests.web.world import World

Browse = Callable[[Account | None], Browser]


@pytest.fixture
def museum(session: Session, cast: Cast) -> Partner:
    """An organisation whose contact is Hortensia."""
    account = f.AccountFactory(name="Hortensia Blaine")
    f.MembershipFactory(region=cast.region, account=account, role=Role.PARTNER)
    house = f.PartnerFactory(
        region=cast.region,
        account_id=account.id,
        name="Museo del Riel",
        kind=PartnerKind.ORGANISATION,
        contact_name="Hortensia Blaine",
    )
    f.FundFactory(region=cast.region, owner=house, title="Running a narrow-gauge engine")
    session.flush()
    return house


@pytest.fixture
def contact(session: Session, museum: Partner, browse: Browse) -> Browser:
    return browse(session.get_one(Account, museum.account_id))


@pytest.fixture
def ramon(session: Session, cast: Cast, browse: Browse) -> Browser:
    return browse(session.get_one(Account, cast.ramon.account_id))


def colleague_link(contact: Browser) -> str:
    page = contact.get("/profile/organisation").get_data(as_text=True)
    found = re.search(r'value="http://[^/"]+(/join/by/[\w.-]+)"', page)
    assert found is not None, page
    return found.group(1)


def belongs(session: Session, partner: Partner) -> int | None:
    return session.scalar(select(Partner.organisation_id).where(Partner.id == partner.id))


def test_the_contact_sees_what_people_share_and_nothing_private(
    session: Session, cast: Cast, museum: Partner, contact: Browser
) -> None:
    assert "Nobody yet" in contact.get("/profile/organisation").get_data(as_text=True)
    cast.ramon.organisation_id = museum.id
    cast.ramon.phone, cast.ramon.clearance_issuer, cast.ramon.paused_at = "520-555-0177", "Valley Office", f.NOW
    fresh = f.PartnerFactory(region=cast.region, name="Lucho Neri", organisation_id=museum.id, reviewed_at=None)
    page = contact.get("/profile/organisation").get_data(as_text=True)
    assert "2 people" in page
    for shown in (cast.ramon.name, fresh.name, cast.ramon.funds[0].title, "Takes a break", "A coordinator still reads"):
        assert shown in page
    for hidden in (cast.ramon.phone, cast.ramon.email, "Valley Office", "clearance", "capacity", cast.esperanza.name):
        assert hidden not in page
    assert f"/people/{cast.ramon.id}" not in page.replace(f"/organisation/people/{cast.ramon.id}", "")


def test_the_contact_lets_somebody_go_who_keeps_their_profile(
    session: Session, cast: Cast, museum: Partner, contact: Browser
) -> None:
    cast.ramon.organisation_id = museum.id
    answer = contact.post(f"/profile/organisation/people/{cast.ramon.id}/remove")
    assert answer.headers["Location"] == "/profile/organisation"
    assert belongs(session, cast.ramon) is None
    assert session.get_one(Partner, cast.ramon.id).reviewed_at is not None
    for nobody_of_theirs in (cast.ramon, cast.esperanza, cast.paz):
        assert contact.post(f"/profile/organisation/people/{nobody_of_theirs.id}/remove").status_code == 404


def test_a_newcomer_joins_the_organisation_by_its_link(
    session: Session, cast: Cast, museum: Partner, contact: Browser, visitor: Browser
) -> None:
    path = colleague_link(contact)
    assert "as one of Museo del Riel" in visitor.get(path).get_data(as_text=True)
    assert visitor.post(path, partner_form()).status_code == 200
    joined = session.scalars(select(Partner).where(Partner.email == "lucho@people.example")).one()
    assert (joined.organisation_id, joined.kind, joined.reviewed_at) == (museum.id, PartnerKind.PERSON, None)
    membership = session.scalars(select(Membership).where(Membership.account_id == joined.account_id)).one()
    assert membership.vouched_by_id == museum.account_id


def test_who_has_a_profile_is_asked_one_question(
    session: Session, cast: Cast, museum: Partner, contact: Browser, ramon: Browser
) -> None:
    path = colleague_link(contact)
    page = ramon.get(path).get_data(as_text=True)
    assert "Do you belong to Museo del Riel?" in page
    assert "More about it" not in page
    assert belongs(session, cast.ramon) is None
    assert ramon.post(path).headers["Location"] == "/profile"
    assert belongs(session, cast.ramon) == museum.id
    assert "You do already" in ramon.get(path).get_data(as_text=True)
    assert "Museo del Riel" in ramon.get("/profile").get_data(as_text=True)
    assert "an organization itself" in contact.get(path).get_data(as_text=True)
    assert contact.post(path).status_code == 409


def test_a_link_ends_with_the_organisation_or_its_contact(
    session: Session, cast: Cast, museum: Partner, contact: Browser, visitor: Browser, ramon: Browser
) -> None:
    path = colleague_link(contact)
    museum.kind = PartnerKind.PERSON
    assert visitor.get(path).status_code == 410
    museum.kind, museum.account_id = PartnerKind.ORGANISATION, None
    assert ramon.post(path).status_code == 410
    assert belongs(session, cast.ramon) is None


def test_one_of_its_people_sees_it_and_leaves(session: Session, cast: Cast, museum: Partner, ramon: Browser) -> None:
    assert "You come as yourself" in ramon.get("/profile/organisation").get_data(as_text=True)
    cast.ramon.organisation_id = museum.id
    page = ramon.get("/profile/organisation").get_data(as_text=True)
    for shown in ("You and Museo del Riel", "Hortensia Blaine sees", "Running a narrow-gauge engine"):
        assert shown in page
    assert museum.email not in page
    assert ramon.post("/profile/organisation/leave").headers["Location"] == "/profile"
    assert belongs(session, cast.ramon) is None


def test_a_coordinator_says_where_somebody_belongs(
    session: Session, cast: Cast, museum: Partner, browse: Browse
) -> None:
    office = browse(cast.marisol)
    afar = f.PartnerFactory(region=cast.next_door, name="Río Abajo Press", kind=PartnerKind.ORGANISATION)
    merged = f.PartnerFactory(
        region=cast.region, name="Museo (2)", kind=PartnerKind.ORGANISATION, reviewed_at=None, merged_into_id=museum.id
    )
    path = f"/people/{cast.ramon.id}/organisation"
    page = office.get(path).get_data(as_text=True)
    assert museum.name in page
    assert afar.name not in page and merged.name not in page
    for refused in (afar.id, merged.id, cast.esperanza.id):
        assert office.post(path, {"organisation": refused}).status_code == 422
    assert office.post(path, {"organisation": museum.id}).headers["Location"] == f"/people/{cast.ramon.id}"
    assert "Ramón Escalante, Museo del Riel" in office.get(f"/people/{cast.ramon.id}").get_data(as_text=True)
    assert "Ramón Escalante, Museo del Riel" in office.get("/people").get_data(as_text=True)
    assert "Ramón Escalante" in office.get(f"/people/{museum.id}/organisation").get_data(as_text=True)
    assert office.post(path, {"organisation": ""}).status_code == 302
    assert belongs(session, cast.ramon) is None


def test_neither_side_of_it_becomes_the_other(
    session: Session, cast: Cast, museum: Partner, contact: Browser, ramon: Browser, browse: Browse
) -> None:
    cast.ramon.organisation_id = museum.id
    assert "Leave it first" in ramon.post("/profile", profile()).get_data(as_text=True)
    as_person = profile(kind="person")
    assert "Let them go first" in contact.post("/profile", as_person).get_data(as_text=True)
    answer = browse(cast.marisol).post(f"/people/{museum.id}/profile", as_person)
    assert (answer.status_code, "Let them go first" in answer.get_data(as_text=True)) == (422, True)
    assert session.scalar(select(Partner.kind).where(Partner.id == museum.id)) is PartnerKind.ORGANISATION


def test_both_names_stand_on_the_desk_on_the_invitation_and_for_the_teacher_after_a_yes(
    session: Session, cast: Cast, museum: Partner, world: World, browse: Browse, link: Callable[[Introduction], str]
) -> None:
    cast.esperanza.organisation_id = world.invited.partner.organisation_id = museum.id
    office, teacher = browse(cast.marisol), browse(cast.ana.account)
    assert "Esperanza Ochoa, Museo del Riel" in office.get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert "Museo del Riel" in browse(None).get(link(world.invited)).get_data(as_text=True)
    page = f"/requests/{world.invited.request_id}"
    assert "Museo del Riel" not in teacher.get(page).get_data(as_text=True)
    world.invited.state = IntroductionState.ACCEPTED
    world.invited.state = IntroductionState.INTRODUCED
    shown = teacher.get(page).get_data(as_text=True)
    assert f"{world.invited.partner.name}, Museo del Riel" in shown
