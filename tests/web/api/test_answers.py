"""What partners and teachers say by a program is what they would say on their pages; and who is with the class."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.audit import Tag
from models import AnswerVia, AuditEvent, Clearance, Introduction, IntroductionState, OutboxItem, Visit
from tests import factories as f
from tests.cast import Cast
from tests.web.api.conftest import Programs
from tests.web.api.test_shown import CONTACT, keys
from tests.web.test_route_permissions import account_of

OTHER = [{"starts_at": f"2026-10-0{day}T17:00:00Z", "ends_at": f"2026-10-0{day}T18:00:00Z"} for day in (5, 7)]


def test_a_partner_reads_what_is_asked_and_answers_once(
    session: Session, cast: Cast, invited: Introduction, program: Programs
) -> None:
    caller, path = program(account_of("partner", session, cast)), f"/invitations/{invited.id}"
    asked = caller.call("GET", path).get_json()
    assert (asked["state"], asked["answerable"], asked["text"]) == ("open", True, invited.request.text)
    assert not keys(asked) & (CONTACT | {"place", "room"}) and "room 12" not in str(asked), "nobody has said yes"
    past = [{**OTHER[0], "starts_at": "2026-09-14T15:00:00Z"}]
    for verb, sent, code in (
        ("accept", {"window_id": None}, "date_gone"),
        ("accept", {"window_id": 10**9}, "date_gone"),
        ("propose-times", {"times": past}, "invalid"),
        ("propose-times", {"times": OTHER * 3}, "invalid"),
        ("not-now", {"pause_until": "2026-09-14"}, "invalid"),
        ("not-now", {"reason": "too dull"}, "invalid"),
    ):
        refused = caller.call("POST", f"{path}/{verb}", sent)
        assert (refused.status_code, refused.get_json()["code"]) == (422, code), (verb, sent)
    assert invited.state is IntroductionState.INVITED

    said = {"reason": "busy", "pause_until": "2026-11-02"}
    declined = caller.call("POST", f"{path}/not-now", said, Idempotency_Key="n")
    assert (declined.status_code, declined.get_json()["state"]) == (200, "not_now")
    assert "reason" not in str(declined.get_json()) and str(cast.esperanza.paused_until) == "2026-11-02"
    assert caller.call("GET", path).get_json()["answerable"], "until the next person is asked"
    window = asked["windows"][1]
    yes = [caller.call("POST", f"{path}/accept", {"window_id": window["id"]}, Idempotency_Key="y") for _ in range(2)]
    assert [each.status_code for each in yes] == [200, 200] and yes[1].headers["Idempotency-Replayed"] == "true"
    session.refresh(invited)
    assert (invited.state, invited.answered_via) == (IntroductionState.ACCEPTED, AnswerVia.PAGE)
    assert invited.answered_by_id == cast.esperanza.account_id
    assert caller.call("GET", path).get_json()["chosen"] == {n: window[n] for n in ("starts_at", "ends_at")}
    late = caller.call("POST", f"{path}/not-now", {})
    assert (late.status_code, late.get_json()["code"]) == (409, "answered_yes")
    letters = session.scalars(select(OutboxItem.kind).where(OutboxItem.kind.like("%introduction_%"))).all()
    assert len(letters) == len(set(letters)) == 2, "each side is told once"


def test_a_teacher_takes_one_of_the_times_of_somebody_whose_name_she_does_not_read(
    session: Session, cast: Cast, invited: Introduction, program: Programs
) -> None:
    partner, teacher = program(account_of("partner", session, cast)), program(cast.ana.account)
    told = partner.call("POST", f"/invitations/{invited.id}/propose-times", {"times": OTHER}).get_json()
    assert told["state"] == "other_times"
    path = f"/introductions/{invited.id}"
    before = [teacher.call("GET", at).get_json() for at in (path, f"{path}/times")]
    times = before[1]["items"]
    assert "Esperanza" not in str(before) and [set(each) for each in times] == [{"id", "starts_at", "ends_at"}] * 2
    assert teacher.call("POST", f"{path}/choose-time", {"time_id": 10**9}).get_json()["code"] == "date_gone"
    chosen = teacher.call("POST", f"{path}/choose-time", {"time_id": times[1]["id"]}).get_json()
    assert (chosen["state"], set(chosen["partner"])) == ("accepted", {"name"})
    visit = session.scalars(select(Visit).where(Visit.introduction_id == invited.id)).one()
    assert visit.starts_at.isoformat() == "2026-10-07T17:00:00+00:00"
    invited.state = IntroductionState.WITHDRAWN
    for verb, json in (("times", None), ("choose-time", {"time_id": None})):
        hidden = teacher.call("GET" if json is None else "POST", f"{path}/{verb}", json)
        assert hidden.status_code == 403, "of what came to nothing her pages do not tell"


def test_whoever_is_with_the_class_is_written_down_by_the_school_and_kept_from_the_partner(
    session: Session, cast: Cast, invited: Introduction, program: Programs
) -> None:
    invited.state, cast.esperanza.clearance = IntroductionState.SCHEDULED, Clearance.NONE
    f.ClearanceRuleFactory(region=cast.region)
    visit = f.VisitFactory(region=cast.region, of=invited)
    path, plan = f"/visits/{visit.id}", {"supervised": True, "staff_name": "Ms. Nuñez", "room": "Room 7"}
    partner, staff = program(account_of("partner", session, cast)), program(cast.ben)
    teacher = program(cast.ana.account)
    unnamed = teacher.call("PUT", f"{path}/plan", {**plan, "staff_name": " "}, Accept_Language="es").get_json()
    assert unnamed["errors"]["json"] == {"staff_name": ["Escriba quién se queda con el grupo."]}
    written = teacher.call("PUT", f"{path}/plan", plan).get_json()
    assert (written["plan"]["room"], written["wants_clearance"]) == ("Room 7", False)
    alone = staff.call("PUT", f"{path}/plan", {"supervised": False}).get_json()
    assert (alone["plan"]["room"], alone["wants_clearance"]) == ("", True)
    assert partner.call("PUT", f"{path}/plan", plan).status_code == 403
    assert not {"plan", "place", "wants_clearance"} & set(partner.call("GET", path).get_json())
    sides = select(AuditEvent.detail["side"].as_string()).where(AuditEvent.tag == Tag.VISIT_PLANNED)
    assert session.scalars(sides.order_by(AuditEvent.id)).all() == ["teacher", "coordinator"]
