"""A mail that comes back leaves again, or not any more; and a person hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import inbound, outbox
from matchmaker.inbound import Taken
from matchmaker.services import bounces
from matchmaker.settings import Settings
from models import (
    Introduction,
    IntroductionState,
    OutboxItem,
    Suppression,
    SuppressionReason,
    Task,
    TaskKind,
)
from tests import factories as f
from tests.cast import Cast
from tests.mail.reported import arf, dsn, lines

LATER = f.NOW + timedelta(minutes=10)


@pytest.fixture
def sent(cast: Cast) -> OutboxItem:
    """An invitation to Esperanza that left just now."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza, what=cast.esperanza.funds[0])
    introduction: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.INVITED
    )
    item: OutboxItem = f.OutboxItemFactory(
        region_id=cast.region.id,
        payload={"introduction_id": introduction.id},
        recipient=cast.esperanza.email,
        done_at=f.NOW,
    )
    return item


def taken(session: Session, settings: Settings, raw: bytes, at: datetime = LATER) -> Taken:
    return inbound.take(session, raw, settings, at)


def tasks(session: Session) -> list[Task]:
    return list(session.scalars(select(Task)))


def left_alone(session: Session) -> list[tuple[str, object, SuppressionReason]]:
    return [(row.email, row.kind, row.reason) for row in session.scalars(select(Suppression))]


def test_for_good_the_address_is_left_alone_and_a_coordinator_calls(
    session: Session, sent: OutboxItem, cast: Cast, settings: Settings
) -> None:
    assert taken(session, settings, dsn("failed", "5.1.1", uid=sent.uid)) is Taken.REPORT

    assert left_alone(session) == [(cast.esperanza.email, None, SuppressionReason.BOUNCED)]
    [task] = tasks(session)
    assert (task.kind, task.owner_id, task.partner_id) == (
        TaskKind.MAIL_CAME_BACK,
        cast.marisol.id,
        cast.esperanza.id,
    )
    assert task.detail == {"side": "partner", "letter": "invitation", "why": "bounced"}
    assert sent.bounces == 1 and sent.done_at == f.NOW and "5.1.1" in (sent.last_error or "")
    assert cast.esperanza.email not in (sent.last_error or "")


def test_the_same_report_twice_is_one(session: Session, sent: OutboxItem, settings: Settings) -> None:
    for status in ("5.1.1", "4.4.7"):
        for _ in range(2):
            taken(session, settings, dsn("failed", status, uid=sent.uid))

    assert sent.bounces == 2 and len(tasks(session)) == len(left_alone(session)) == 1


def test_for_a_while_it_leaves_again_three_times(session: Session, sent: OutboxItem, settings: Settings) -> None:
    at = LATER
    for number, patience in enumerate(bounces.PATIENCE, start=1):
        taken(session, settings, dsn("failed", "4.4.7", uid=sent.uid), at)
        assert (sent.done_at, sent.failed_at, sent.due_at, sent.bounces) == (None, None, at + patience, number)
        assert taken(session, settings, dsn("failed", "4.4.7", uid=sent.uid), at) is Taken.REPORT
        assert sent.bounces == number, "a second report of the same sending"
        at = sent.done_at = sent.due_at + timedelta(minutes=1)
    assert tasks(session) == left_alone(session) == []

    taken(session, settings, dsn("failed", "4.4.7", uid=sent.uid), at)

    assert sent.done_at == at and len(tasks(session)) == len(left_alone(session)) == 1


def test_a_server_that_still_tries_needs_nobody(session: Session, sent: OutboxItem, settings: Settings) -> None:
    taken(session, settings, dsn("delayed", "4.4.1", uid=sent.uid))

    assert (sent.bounces, sent.done_at) == (0, f.NOW) and tasks(session) == left_alone(session) == []


def test_a_server_that_refuses_us_costs_nobody_their_mail(
    session: Session, sent: OutboxItem, settings: Settings
) -> None:
    taken(session, settings, dsn("failed", "5.7.26", uid=sent.uid))

    assert left_alone(session) == [] and [task.detail["why"] for task in tasks(session)] == ["refused"]


def test_a_complaint_is_heard(session: Session, sent: OutboxItem, cast: Cast, settings: Settings) -> None:
    f.SuppressionFactory(region=cast.region, email=cast.esperanza.email, kind=None)
    taken(session, settings, arf("abuse", uid=sent.uid))

    assert left_alone(session) == [(cast.esperanza.email, None, SuppressionReason.COMPLAINED)]
    assert [task.detail["why"] for task in tasks(session)] == ["complained"]


def test_a_report_without_the_mail_is_about_the_newest_to_that_address(
    session: Session, sent: OutboxItem, cast: Cast, settings: Settings
) -> None:
    older = f.OutboxItemFactory(region_id=cast.region.id, recipient=sent.recipient, done_at=f.NOW - timedelta(days=2))
    taken(session, settings, dsn("failed", "5.1.1", original=False, address=cast.esperanza.email))

    assert (sent.bounces, older.bounces) == (1, 0)


def test_a_report_about_anything_else_changes_nothing(
    session: Session, sent: OutboxItem, cast: Cast, settings: Settings
) -> None:
    late = f.NOW + bounces.RECENT + timedelta(hours=1)
    for raw, at in (
        (dsn("failed", "5.1.1"), LATER),
        (dsn("failed", "5.1.1", original=False, address="stranger@elsewhere.example"), LATER),
        (dsn("failed", "5.1.1", original=False, address=cast.esperanza.email), late),
    ):
        assert taken(session, settings, raw, at) is Taken.NOTHING
    assert tasks(session) == left_alone(session) == [] and sent.bounces == 0


def test_a_letter_about_an_account_is_not_sent_again(session: Session, cast: Cast, settings: Settings) -> None:
    """Its link is gone from the outbox; whoever misses it asks for another."""
    item = f.OutboxItemFactory(
        kind="account", region_id=cast.region.id, recipient=cast.ana.account.email, done_at=f.NOW
    )
    taken(session, settings, dsn("failed", "4.4.7", uid=item.uid, address=cast.ana.account.email))

    assert item.done_at == f.NOW and tasks(session) == []
    assert left_alone(session) == [(cast.ana.account.email, None, SuppressionReason.BOUNCED)]


def test_a_region_without_coordinators_still_leaves_the_address_alone(
    session: Session, sent: OutboxItem, cast: Cast, settings: Settings
) -> None:
    for account in (cast.marisol, cast.ben, cast.ada):
        for membership in account.memberships:
            membership.until = f.NOW - timedelta(days=1)
    session.flush()
    taken(session, settings, dsn("failed", "5.1.1", uid=sent.uid))

    assert len(left_alone(session)) == 1 and tasks(session) == []


def test_what_could_not_leave_is_somebodys_task(session: Session, sent: OutboxItem, cast: Cast) -> None:
    sent.done_at, sent.failed_at, sent.recipient = None, f.NOW, None
    bounces.put_aside(session, sent, LATER)

    [task] = tasks(session)
    assert (task.detail["why"], task.introduction_id) == ("not_sent", sent.payload["introduction_id"])


def test_what_came_back_or_was_put_aside_can_be_sent_again(session: Session, sent: OutboxItem) -> None:
    outbox.retry(session, sent, LATER)
    assert (sent.done_at, sent.failed_at, sent.due_at, sent.attempts) == (None, None, LATER, 0)


ANSWER = (
    "From: Esperanza <esperanza@people.example>",
    "To: Palo Fierro <talk+abc@reply.valley.example>",
    "Subject: Re: Tuesday",
)


def test_an_answer_is_handed_over_with_its_code(
    session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[tuple[str, str]] = []

    def hear(session: Session, settings: Settings, code: str, mail: EmailMessage, now: datetime) -> None:
        got.append((code, str(mail["Subject"])))

    monkeypatch.setitem(inbound.ANSWERS, "talk", hear)
    with_domain = replace(settings, reply_domain="reply.valley.example")

    assert inbound.take(session, lines(*ANSWER, "", "Yes."), with_domain, LATER) is Taken.ANSWER
    assert inbound.take(session, lines(*ANSWER, "", "Yes."), settings, LATER) is Taken.NOTHING
    away = lines(*ANSWER, "Auto-Submitted: auto-replied", "", "I am away.")
    assert inbound.take(session, away, with_domain, LATER) is Taken.NOTHING
    blind = lines("From: a@b.example", "To: undisclosed-recipients:;", "", "Yes.")
    to = ["talk+def@reply.valley.example"]
    assert inbound.take(session, blind, with_domain, LATER, to) is Taken.ANSWER
    assert got == [("abc", "Re: Tuesday"), ("def", "None")]


def test_the_command_reads_one_mail(app: Flask, session: Session, sent: OutboxItem, cast: Cast) -> None:
    session.commit()
    run = app.test_cli_runner()

    assert run.invoke(args=["mail", "receive"], input=dsn("failed", "5.1.1", uid=sent.uid)).output.endswith("report\n")
    assert run.invoke(args=["mail", "receive"], input=b"\x00\xff").output.endswith("nothing\n")
    assert run.invoke(args=["mail", "receive"], input=b"x" * (inbound.LARGEST + 1)).output.endswith("nothing\n")
    session.expire_all()
    assert sent.bounces == 1
