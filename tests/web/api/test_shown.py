"""The API shows what the page of the same role shows, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, Clearance, IntroductionState, RequestState, Visit
from tests import factories as f
from tests.cast import Cast
from tests.web.api.conftest import Program, Programs
from tests.web.test_route_permissions import account_of
from tests.web.world import World

LISTS = ("/requests", "/partners", "/funds", "/proposals", "/introductions", "/visits")
CONTACT = {"contact_name", "email", "phone"}
STAFF_ONLY = {"held_for", "assigned_to", "due_at", "proposal_id", "first_id", "cancel_reason"}


def keys(told: Any) -> set[str]:
    """Every name in an answer, at any depth."""
    if isinstance(told, dict):
        return set(told) | {name for each in told.values() for name in keys(each)}
    return {name for each in told for name in keys(each)} if isinstance(told, list) else set()


def all_of(caller: Program) -> dict[str, Any]:
    """What a token can list, by noun; None for what it may not."""
    answers = {path: caller.call("GET", path) for path in LISTS}
    return {path: each.get_json()["items"] if each.status_code == 200 else None for path, each in answers.items()}


def test_each_role_reads_what_its_pages_show(session: Session, cast: Cast, world: World, program: Programs) -> None:
    draft = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.DRAFT, posted_at=None)
    for proposal, state in ((world.first, IntroductionState.INVITED), (world.second, IntroductionState.NOT_NOW)):
        f.IntroductionFactory(region=cast.region, suggested=proposal, coordinator=cast.ben, state=state)
    f.LearningRequestFactory(region=cast.next_door, asked_by=cast.otto, title="Asked elsewhere")
    told = {role: all_of(program(account_of(role, session, cast))) for role in
            ("teacher", "colleague", "partner", "neighbor", "coordinator", "funder")}  # fmt: skip
    may_list = {role: {path for path in LISTS if lists[path] is not None} for role, lists in told.items()}
    assert may_list == {
        "teacher": {"/requests", "/introductions", "/visits"},
        "colleague": {"/requests", "/introductions", "/visits"},
        "partner": {"/partners", "/funds", "/introductions", "/visits"},
        "neighbor": {"/partners", "/funds", "/introductions", "/visits"},
        "coordinator": set(LISTS),
        "funder": set(),
    }
    for role, lists in told.items():
        assert "Asked elsewhere" not in str(lists), role
        assert not keys(lists) & CONTACT, (role, "contacts stand in no list")
        assert role == "coordinator" or not keys(lists) & STAFF_ONLY, role
    assert told["colleague"] == {**dict.fromkeys(LISTS), "/requests": [], "/introductions": [], "/visits": []}

    listed = {role: {each["id"] for each in told[role]["/requests"]} for role in ("teacher", "coordinator")}
    assert listed["teacher"] - listed["coordinator"] == {draft.id}, "a draft is its teacher's alone"
    names = {each["state"]: each["partner"] for each in told["teacher"]["/introductions"]}
    assert names["invited"] is None and names["approved"] is None, "no name before a yes"
    assert "not_now" not in names and "Ramón" not in str(told["teacher"]) and "Esperanza" not in str(told["teacher"])
    assert set(names["met"]) == {"name"}, "and then the name, no more"
    asked = [each["state"] for each in told["partner"]["/introductions"]]
    assert asked == ["invited"], "of what was not sent a partner hears nothing"
    assert {each["id"] for each in told["partner"]["/partners"]} == {cast.esperanza.id}
    assert {each["partner_id"] for each in told["neighbor"]["/funds"]} == {cast.ramon.id}
    assert "plan" in told["teacher"]["/visits"][0] and "plan" in told["coordinator"]["/visits"][0]


def test_contacts_are_read_one_by_one_and_each_look_of_the_staff_is_in_the_record(
    session: Session, cast: Cast, world: World, program: Programs
) -> None:
    looks = select(AuditEvent.actor_id).where(AuditEvent.tag == "people:contacts:seen")
    own = program(account_of("partner", session, cast)).call("GET", f"/partners/{cast.esperanza.id}").get_json()
    assert own["email"] == cast.esperanza.email and session.scalars(looks).all() == []
    staff = program(cast.marisol)
    assert staff.call("GET", f"/partners/{cast.esperanza.id}").get_json()["email"] == cast.esperanza.email
    assert session.scalars(looks).all() == [cast.marisol.id]
    changed = staff.call("PATCH", f"/partners/{cast.esperanza.id}", {"about": "Bakes at four."}).get_json()
    assert changed["about"] == "Bakes at four." and not CONTACT & set(changed)
    cast.ramon.reviewed_at, cast.ramon.merged_into_id = None, cast.esperanza.id
    gone = staff.call("GET", f"/partners/{cast.ramon.id}")
    assert (gone.status_code, gone.get_json()["code"]) == (410, "merged")
    assert gone.get_json()["merged_into"] == cast.esperanza.id


def test_the_partner_of_a_visit_learns_no_room(session: Session, cast: Cast, world: World, program: Programs) -> None:
    visit = session.scalars(select(Visit).where(Visit.introduction_id == world.told.introduction_id)).one()
    visit.room, visit.place = "Room 12", "Room 12"
    partner = visit.introduction.partner
    partner.account_id = f.AccountFactory(name="Petra").id
    account = session.get_one(type(cast.marisol), partner.account_id)
    f.MembershipFactory(region=cast.region, account=account, role="partner")
    session.refresh(account)
    answers = {
        who: program(owner).call("GET", f"/visits/{visit.id}").get_data(as_text=True)
        for who, owner in (("partner", account), ("teacher", cast.ana.account), ("staff", cast.ben))
    }
    assert {who for who, told in answers.items() if "Room 12" in told} == {"teacher", "staff"}


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_pages_of_a_list_hold_each_row_once(cast: Cast, world: World, program: Programs, limit: int) -> None:
    caller, seen = program(cast.ada), []
    path = f"/requests?limit={limit}"
    for _ in range(9):
        answer = caller.call("GET", path)
        seen += [each["id"] for each in answer.get_json()["items"]]
        if answer.get_json()["next"] is None:
            break
        assert f"after={answer.get_json()['next']}" in answer.headers["Link"]
        path = f"/requests?limit={limit}&after={answer.get_json()['next']}"
    whole = [each["id"] for each in caller.call("GET", "/requests?limit=100").get_json()["items"]]
    assert len(whole) >= 3 and seen == whole == sorted(set(whole))
    assert caller.call("GET", "/requests?state=posted&limit=0").status_code == 422
    assert caller.call("GET", "/requests?stat=posted").status_code == 422, "a slip of the pen is not overlooked"


def test_filters_leave_those_for_which_all_of_them_hold_and_show_nobody_more(
    session: Session, cast: Cast, world: World, program: Programs
) -> None:
    staff, own = program(cast.marisol), program(account_of("partner", session, cast))
    cast.esperanza.paused_at, cast.esperanza.neighbourhood, cast.esperanza.languages = (
        f.NOW,
        "El Río Viejo",
        ["yaq"],
    )
    cast.esperanza.clearance, cast.esperanza.clearance_expires_on = Clearance.CLEARED, date(2026, 10, 1)
    cast.esperanza.funds[0].subjects, cast.ramon.reviewed_at = ["music"], None
    visit = session.scalars(select(Visit).where(Visit.introduction_id == world.told.introduction_id)).one()
    # Half past six in the evening of the 12th, where the region is.
    visit.starts_at, visit.ends_at = (datetime(2026, 9, 13, hour, 30, tzinfo=UTC) for hour in (1, 2))

    def found(caller: Program, path: str) -> list[int]:
        return [each["id"] for each in caller.call("GET", path).get_json()["items"]]

    for query, who in (
        ("paused=true", cast.esperanza),
        ("language=yaq&paused=true", cast.esperanza),
        ("neighbourhood=el%20rio%20viejo", cast.esperanza),
        ("subject=music", cast.esperanza),
        ("clearance_ends_before=2026-10-02", cast.esperanza),
        ("reviewed=false", cast.ramon),
    ):
        assert found(staff, f"/partners?{query}") == [who.id], query
        assert found(own, f"/partners?{query}") == [each.id for each in (who,) if who is cast.esperanza], query
    for query in ("language=yaq&paused=false", "clearance_ends_before=2026-10-01", "subject=math&paused=true"):
        assert found(staff, f"/partners?{query}") == [], query
    for query, holds in (
        ("from=2026-09-12&until=2026-09-12&state=met", True),
        ("from=2026-09-13", False),
        ("until=2026-09-11", False),
        ("from=0001-01-01&until=9999-12-31", True),
        ("state=cancelled", False),
    ):
        assert found(staff, f"/visits?{query}") == [visit.id] * holds, query
        assert found(own, f"/visits?{query}") == [], "a visit of somebody else's"
