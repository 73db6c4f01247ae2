"""The rule table, what is kept of a clearance, and the plan of a visit with and without signing in."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.web.clearances import words
from models import Clearance, ClearanceRule, FamilySchool, Introduction, IntroductionState, Task, Visit
from tests import factories as f
from tests.cast import Cast

EITHER = {"supervised": "any", "repeated": "any", "own_child": "any", "overnight": "any"}
PLAN = {"supervised": "yes", "staff_name": "Ana Luisa Robles", "second_adult": "Ms. Begay", "sign_in": "Front office"}


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.get_data(as_text=True)))


def rules(session: Session, cast: Cast) -> list[ClearanceRule]:
    found = select(ClearanceRule).where(ClearanceRule.region_id == cast.region.id).order_by(ClearanceRule.position)
    return list(session.scalars(found))


@pytest.fixture
def visit(cast: Cast) -> Visit:
    """Ana's class and Ramón, the day after tomorrow."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.ramon)
    introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.SCHEDULED
    )
    starts_at = f.NOW + timedelta(days=2)
    agreed: Visit = f.VisitFactory(
        region=cast.region, of=introduction, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)
    )
    return agreed


def plan_page(visit: Visit, link: Any, *, side: str = "teacher") -> str:
    introduction: Introduction = visit.introduction
    reader_id = introduction.request.teacher_id if side == "teacher" else introduction.partner_id
    return f"{link(introduction, purpose=tokens.Purpose.VISIT, recipient=f'{side}:{reader_id}')}/plan"


class TestRules:
    def test_a_row_is_read_as_a_sentence(self, cast: Cast, browse) -> None:
        f.ClearanceRuleFactory(region=cast.region)
        f.ClearanceRuleFactory(
            region=cast.region, position=2, supervised=False, repeated=None, required=True, note="State law"
        )
        page = text(browse(cast.marisol).get("/clearances"))
        assert (
            "Needs no clearance when somebody of the school is in the room throughout and it is the only visit to the"
            " school in a school year." in page
        )
        assert "Needs a clearance when nobody of the school is in the room. State law" in page
        assert "Where no row fits: needs a clearance." in page
        assert "An admin of the network can change these rows." in page

    def test_a_row_that_can_decide_nothing_says_so(self, cast: Cast, browse) -> None:
        f.ClearanceRuleFactory(region=cast.region, repeated=None)
        f.ClearanceRuleFactory(region=cast.region, position=2, supervised=True, repeated=True, required=True)
        assert words.never_reached(rules(f.current(), cast)) == {1}
        assert text(browse(cast.ada).get("/clearances")).count("Decides nothing") == 1

    def test_an_admin_adds_moves_and_removes_and_the_page_tells_it(self, session: Session, cast: Cast, browse) -> None:
        admin = browse(cast.ada)
        admin.post("/clearances/rules", {**EITHER, "overnight": "yes", "required": "yes", "note": "Camp"})
        admin.post("/clearances/rules", {**EITHER, "supervised": "no", "required": "yes"})
        first, second = rules(session, cast)
        assert (first.overnight, first.supervised, first.note) == (True, None, "Camp")
        admin.post(f"/clearances/rules/{second.id}/move", {"way": "up"})
        session.expire_all()
        assert rules(session, cast) == [second, first]
        admin.post(f"/clearances/rules/{second.id}/remove")
        assert rules(session, cast) == [first]
        page = text(admin.get("/clearances"))
        assert "Ada Admin removed a row : Needs a clearance when nobody of the school is in the room." in page.replace(
            "row:", "row :"
        )

    @pytest.mark.parametrize("sent", [EITHER, {**EITHER, "required": "perhaps"}, {**EITHER, "note": "x" * 301}])
    def test_a_row_that_cannot_be_used_is_not_added(self, session: Session, cast: Cast, browse, sent: Any) -> None:
        assert browse(cast.ada).post("/clearances/rules", sent).status_code == 422
        assert rules(session, cast) == []

    def test_visits_ahead_say_what_they_want(self, session: Session, cast: Cast, visit: Visit, browse) -> None:
        page = text(browse(cast.marisol).get("/clearances"))
        assert "Somebody in the room: no plan yet" in page and "A clearance that reaches the day" not in page
        cast.ramon.clearance, visit.planned_at = Clearance.UNKNOWN, f.NOW
        page = text(browse(cast.marisol).get("/clearances"))
        assert "no plan yet" not in page and "A clearance that reaches the day" in page
        f.ClearanceRuleFactory(region=cast.region)
        assert "Every visit of the next 30 days has the clearance it needs" in text(
            browse(cast.marisol).get("/clearances")
        )


class TestWhatIsKept:
    def test_a_coordinator_writes_down_four_facts(self, session: Session, cast: Cast, browse) -> None:
        sent = {"status": "cleared", "issuer": "State", "issued_on": "2026-09-01", "ends_on": "2032-09-01"}
        page = f"/people/{cast.ramon.id}/clearance"
        assert "no report, no copy" in text(browse(cast.marisol).get(page))
        answer = browse(cast.marisol).post(page, {**sent, "schools": [str(cast.school.id)]})
        assert answer.headers["Location"] == f"/people/{cast.ramon.id}"
        session.refresh(cast.ramon)
        assert (cast.ramon.clearance_issuer, cast.ramon.clearance_expires_on) == ("State", date(2032, 9, 1))
        assert session.scalars(select(FamilySchool.school_id)).all() == [cast.school.id]
        assert 'value="2032-09-01"' in browse(cast.marisol).get(page).get_data(as_text=True)

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"status": ""}, "Please choose one."),
            ({"ends_on": "soon"}, "Please choose a day"),
            ({"ends_on": "0001-01-01"}, "Please choose a day"),
            ({"issued_on": "2026-02-02", "ends_on": "2026-02-01"}, "after the one it was issued on"),
            ({"schools": ["999999"]}, "999999"),
        ],
    )
    def test_what_cannot_be_kept_is_said_beside_the_field(
        self, session: Session, cast: Cast, browse, wrong: dict[str, Any], said: str
    ) -> None:
        answer = browse(cast.marisol).post(f"/people/{cast.ramon.id}/clearance", {"status": "cleared", **wrong})
        assert answer.status_code == 422
        assert said in text(answer)
        session.refresh(cast.ramon)
        assert cast.ramon.clearance_expires_on == date(2027, 6, 30)


class TestPlan:
    def test_the_teacher_writes_it_by_the_link_of_a_mail(
        self, session: Session, cast: Cast, visit: Visit, visitor, link
    ) -> None:
        page = plan_page(visit, link)
        assert visitor.get(page).status_code == 200
        session.refresh(visit)
        assert visit.planned_at is None
        answer = visitor.post(page, {**PLAN, "room": "Room 12"})
        assert answer.headers["Location"] == page.removesuffix("/plan")
        session.refresh(visit)
        assert (visit.staff_name, visit.second_adult, visit.room) == ("Ana Luisa Robles", "Ms. Begay", "Room 12")
        shown = text(visitor.get(page.removesuffix("/plan")))
        assert "Ana Luisa Robles stays with the class" in shown and "Room 12" not in shown

    def test_a_link_never_shows_the_room_and_an_empty_field_keeps_it(
        self, session: Session, visit: Visit, visitor, link
    ) -> None:
        visit.room = "Room 12"
        page = plan_page(visit, link)
        shown = text(visitor.get(page)) + visitor.get(page).get_data(as_text=True)
        assert "Room 12" not in shown and "leave this empty to keep it" in shown
        visitor.post(page, {**PLAN, "room": ""})
        session.refresh(visit)
        assert visit.room == "Room 12"

    def test_a_partners_link_opens_no_plan(self, visit: Visit, visitor, link) -> None:
        assert visitor.get(plan_page(visit, link, side="partner")).status_code == 404
        assert "Who is with the class" not in text(visitor.get(plan_page(visit, link, side="partner")[: -len("/plan")]))

    def test_signed_in_the_teacher_sees_her_room(self, session: Session, cast: Cast, visit: Visit, browse) -> None:
        visit.room = "Room 12"
        ana = browse(cast.ana.account)
        assert 'value="Room 12"' in ana.get(f"/supervision/{visit.id}").get_data(as_text=True)
        answer = ana.post(f"/supervision/{visit.id}", {**PLAN, "room": ""})
        assert answer.headers["Location"] == f"/requests/{visit.introduction.request_id}"
        session.refresh(visit)
        assert visit.room == ""

    def test_nobody_in_the_room_is_flagged_at_once(self, session: Session, cast: Cast, visit: Visit, browse) -> None:
        f.ClearanceRuleFactory(region=cast.region, repeated=None)
        cast.ramon.clearance = Clearance.IN_PROCESS
        page = browse(cast.marisol)
        page.post(f"/supervision/{visit.id}", {"supervised": "no"})
        assert "needs a clearance that is not on file yet" in text(page.get("/clearances"))
        task = session.scalars(select(Task)).one()
        assert task.owner_id == cast.marisol.id

    @pytest.mark.parametrize("wrong", [{}, {"supervised": "yes"}, {**PLAN, "staff_name": "x" * 121}])
    def test_a_plan_that_cannot_be_used_is_not_saved(
        self, session: Session, visit: Visit, visitor, link, wrong
    ) -> None:
        assert visitor.post(plan_page(visit, link), wrong).status_code == 422
        session.refresh(visit)
        assert visit.planned_at is None

    def test_a_visit_that_was_called_off_has_nothing_to_plan(self, visit: Visit, visitor, link) -> None:
        visit.cancelled_at, visit.cancelled_by = f.NOW, "teacher"
        assert "nothing left to plan" in text(visitor.get(plan_page(visit, link)))
        assert visitor.post(plan_page(visit, link), PLAN).status_code == 409
