"""The page that says how the work stands, and the buttons that mend it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, IntroductionState, OutboxItem, QueueName, Suppression, SuppressionReason
from tests import factories as f
from tests.cast import Cast


def shown(browser, path: str = "/admin/health") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def alive(*but: str) -> None:
    """Every process has just given a sign of life, but for some."""
    for name in {"mail", "ranking", "planning", "webhooks", "clock"} - set(but):
        f.HeartbeatFactory(name=name)


def stuck(cast: Cast, **more: object) -> OutboxItem:
    given = {"kind": "vouched", "region_id": cast.region.id, "failed_at": f.NOW, "last_error": "550 no such user"}
    item: OutboxItem = f.OutboxItemFactory(**{**given, **more})
    return item


def tags(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)))


def test_all_well_is_said(cast: Cast, browse) -> None:
    alive()
    page = shown(browse(cast.ada))
    assert "Nothing is stuck." in page and "Mail goes to everybody." in page
    assert page.count("working") >= 4 and "away" not in page.split("<main")[1]
    assert 'href="/admin/health" aria-current="page"' in page


def test_a_silent_process_is_told_with_minutes_and_what_is_safe(cast: Cast, browse) -> None:
    alive("mail", "clock")
    f.HeartbeatFactory(name="mail", at=f.NOW - timedelta(minutes=7))
    page = shown(browse(cast.ada))
    assert "Job sender: no sign of life for 7 minutes." in page
    assert "Approving, posting and answering still work." in page
    assert "Clock: never seen so far." in page
    assert "Planner:" not in page


def test_a_planner_at_work_is_not_away(cast: Cast, browse) -> None:
    alive("planning")
    f.HeartbeatFactory(name="planning", at=f.NOW - timedelta(minutes=9))
    f.PlanFactory(region=cast.region, state="running", finished_at=None, heartbeat_at=f.NOW)
    assert "Planner:" not in shown(browse(cast.ada))


def test_what_is_stuck_is_told_with_kind_reason_and_since_when(cast: Cast, browse) -> None:
    stuck(cast, kind="account", payload={"page": "https://matchmaker.example/reset/secret-link"})
    stuck(cast, failed_at=None, attempts=4, due_at=f.NOW + timedelta(minutes=1), kind="propose", queue="ranking")
    stuck(cast, region_id=cast.next_door.id, last_error="next door")
    stuck(cast, region_id=None, last_error="nobody's")
    page = shown(browse(cast.ada))
    assert "Mail about an account" in page and "550 no such user" in page and "since Mon, Sep 14, 9:00 AM" in page
    assert "Failed 4 times" in page and "Ranking of a request" in page and "Do it again" in page
    assert "secret-link" not in page and "next door" not in page and "nobody" not in page.split("<main")[1]


def test_sending_again_puts_it_back_in_line(session: Session, cast: Cast, browse) -> None:
    item = stuck(cast, attempts=9)
    answer = browse(cast.ada).post(f"/admin/outbox/{item.id}/retry")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/health")
    assert (item.failed_at, item.attempts, item.due_at, item.done_at) == (None, 0, f.NOW, None)
    assert tags(session) == ["admin:outbox:retried"]


def test_what_was_done_meanwhile_is_not_done_again(session: Session, cast: Cast, browse) -> None:
    item = stuck(cast, failed_at=None, done_at=f.NOW)
    assert browse(cast.ada).post(f"/admin/outbox/{item.id}/retry").status_code == 409
    assert browse(cast.ada).post(f"/admin/outbox/{item.id}/drop", {"reason": "over"}).status_code == 409
    assert item.done_at == f.NOW and tags(session) == []


def test_a_mail_is_let_go_for_a_reason_that_the_audit_keeps(session: Session, cast: Cast, browse) -> None:
    item = stuck(cast)
    assert browse(cast.ada).post(f"/admin/outbox/{item.id}/drop", {"reason": "told"}).status_code == 302
    assert (item.failed_at, item.done_at) == (None, f.NOW)
    [event] = session.scalars(select(AuditEvent))
    assert (event.tag, event.actor_id) == ("admin:outbox:dropped", cast.ada.id)
    assert event.detail == {"kind": "vouched", "reason": "told"}


@pytest.mark.parametrize(
    ("state", "kind"),
    [(IntroductionState.APPROVED, "invitation"), (IntroductionState.ACCEPTED, "introduction_partner")],
)
def test_a_mail_that_somebody_waits_for_cannot_be_let_go(
    session: Session, cast: Cast, browse, state: IntroductionState, kind: str
) -> None:
    proposal = f.ProposalFactory(region=cast.region)
    introduction = f.IntroductionFactory(region=cast.region, suggested=proposal, state=state)
    item = stuck(cast, kind=kind, payload={"introduction_id": introduction.id})
    page = shown(browse(cast.ada))
    assert f'href="/desk/{introduction.request_id}"' in page
    answer = browse(cast.ada).post(f"/admin/outbox/{item.id}/drop", {"reason": "over"})
    assert answer.status_code == 409 and "it cannot be let go" in answer.get_data(as_text=True)
    assert item.failed_at == f.NOW


def test_a_ranking_is_never_let_go(cast: Cast, browse) -> None:
    item = stuck(cast, queue=QueueName.RANKING, kind="propose")
    assert browse(cast.ada).post(f"/admin/outbox/{item.id}/drop", {"reason": "over"}).status_code == 409
    assert item.failed_at == f.NOW


def test_an_address_that_came_back_is_written_to_again(session: Session, cast: Cast, browse) -> None:
    quiet = f.SuppressionFactory(region=cast.region, reason=SuppressionReason.BOUNCED)
    page = shown(browse(cast.ada))
    assert "quiet@people.example" in page and "Mails came back" in page and "They asked for mails again" not in page
    assert tags(session) == ["people:contacts:seen"]
    assert browse(cast.ada).post(f"/admin/suppressions/{quiet.id}/lift").status_code == 302
    assert session.scalars(select(Suppression)).all() == []
    assert tags(session)[1:] == ["admin:suppression:lifted"]


@pytest.mark.parametrize("reason", [SuppressionReason.ASKED, SuppressionReason.COMPLAINED])
def test_who_asked_to_be_left_alone_is_unless_they_ask_again(
    session: Session, cast: Cast, browse, reason: SuppressionReason
) -> None:
    quiet = f.SuppressionFactory(region=cast.region, reason=reason)
    assert "They asked for mails again" in shown(browse(cast.ada))
    assert browse(cast.ada).post(f"/admin/suppressions/{quiet.id}/lift").status_code == 422
    assert session.scalars(select(Suppression)).all() == [quiet]
    assert browse(cast.ada).post(f"/admin/suppressions/{quiet.id}/lift", {"asked": "y"}).status_code == 302
    assert session.scalars(select(Suppression)).all() == []


def test_the_page_asks_little(session: Session, cast: Cast, browse, queries: list[str]) -> None:
    for number in range(25):
        introduction = f.IntroductionFactory(region=cast.region, suggested=f.ProposalFactory(region=cast.region))
        stuck(cast, kind="invitation", payload={"introduction_id": introduction.id})
        f.SuppressionFactory(region=cast.region, email=f"quiet{number}@people.example")
    f.PlanFactory(region=cast.region)
    browser = browse(cast.ada)
    session.commit()
    queries.clear()
    page = shown(browser)
    assert "1 to 20 of 25" in page and page.count("Send again") == 20
    assert len(queries) <= 12, "\n".join(queries)
    assert len(page.encode()) < 60_000


def test_the_page_in_spanish(cast: Cast, browse) -> None:
    alive("mail")
    f.HeartbeatFactory(name="mail", at=f.NOW - timedelta(minutes=7))
    stuck(cast)
    browser = browse(cast.ada)
    browser.get("/language/es")
    page = shown(browser)
    assert "Nothing" not in page and "Send again" not in page and "Enviar otra vez" in page


@pytest.mark.parametrize(("minutes", "said"), [(1, False), (3, True)])
def test_the_desk_says_when_no_mail_leaves(cast: Cast, browse, minutes: int, said: bool) -> None:
    f.HeartbeatFactory(name="mail", at=f.NOW - timedelta(minutes=minutes))
    page = shown(browse(cast.marisol), "/desk")
    assert ("The job sender has been silent for 3 minutes." in page) is said
    assert ("Approving still works" in page) is said


def test_a_sender_that_never_ran_is_missed_once_a_mail_is_late(cast: Cast, browse) -> None:
    assert "The job sender" not in shown(browse(cast.marisol), "/desk")
    f.OutboxItemFactory(region_id=cast.region.id, due_at=f.NOW - timedelta(minutes=5))
    assert "The job sender has been silent for 5 minutes." in shown(browse(cast.marisol), "/desk")
