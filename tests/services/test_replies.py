"""Answers by mail: whose they are, what is passed on, and what their sender hears when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import inbound
from matchmaker.queries import conversation
from matchmaker.services import replies
from matchmaker.services.replies import Taken
from matchmaker.settings import Settings
from models import AuditEvent, Introduction, IntroductionState, Message, OutboxItem, Side
from tests import factories as f
from tests.cast import Cast

S = IntroductionState
QUOTED = "\n\nOn Mon, Sep 14, 2026, Ana via Palo Fierro <hola@valley.example> wrote:\n\n> Boots?\n"


@pytest.fixture
def taking(settings: Settings) -> Settings:
    """Settings of an installation that takes mail."""
    return replace(settings, reply_domain="reply.example.org")


@pytest.fixture
def invited(cast: Cast) -> Introduction:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    suggested = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza)
    introduction: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=suggested, coordinator=cast.marisol, state=S.INVITED
    )
    return introduction


def address(session: Session, taking: Settings, introduction: Introduction, side: Side = Side.PARTNER) -> str:
    talk = conversation.by_key(session, introduction.key, f.NOW)
    assert talk is not None
    found = conversation.reply_address(taking, talk, side)
    assert found is not None
    return found


def mail(to: str, text: str = "Sí, con botas.", message_id: str = "<1@people.example>", **headers: str) -> EmailMessage:
    """An answer as somebody's program sends it."""
    made = EmailMessage()
    made["To"], made["From"] = f"Palo Fierro <{to}>", "Esperanza <esperanza@people.example>"
    if message_id:
        made["Message-ID"] = message_id
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text + QUOTED)
    return made


def receive(session: Session, taking: Settings, sent: EmailMessage, now: datetime) -> Taken:
    """Take a mail in by the code in its first recipient."""
    code = str(sent["To"]).partition("talk+")[2].partition("@")[0]
    return replies.receive(session, taking, code, sent, now)


def told(session: Session) -> list[tuple[str, str, str | None]]:
    """The letters that wait: of which kind, to whom, and why."""
    items = session.scalars(select(OutboxItem).where(OutboxItem.kind.like("message%")).order_by(OutboxItem.id))
    return [(item.kind, item.payload["side"], item.payload.get("why")) for item in items]


def test_an_address_fits_into_a_mail(session: Session, taking: Settings, invited: Introduction) -> None:
    local, _, domain = address(session, taking, invited).partition("@")
    assert len(local) <= 64 and local == local.lower() and domain == "reply.example.org"
    assert str(invited.id) != local and "esperanza" not in local


def test_without_a_domain_there_is_none(session: Session, taking: Settings, invited: Introduction) -> None:
    to = address(session, taking, invited)
    without = replace(taking, reply_domain="")
    talk = conversation.by_key(session, invited.key, f.NOW)
    assert talk is not None and conversation.reply_address(without, talk, Side.PARTNER) is None
    assert inbound.take(session, mail(to).as_bytes(), without, f.NOW) is inbound.Taken.NOTHING


@pytest.mark.parametrize(("side", "reader"), [(Side.PARTNER, "teacher"), (Side.TEACHER, "partner")])
def test_an_answer_goes_to_the_other_side(
    session: Session, taking: Settings, invited: Introduction, side: Side, reader: str
) -> None:
    assert receive(session, taking, mail(address(session, taking, invited, side)), f.NOW) is Taken.PASSED_ON

    message = session.scalars(select(Message)).one()
    assert (message.text, message.side, message.by_mail) == ("Sí, con botas.", side, True)
    assert message.form_key == "<1@people.example>"
    assert message.language == ("es" if side is Side.PARTNER else "en")
    assert told(session) == [("message", reader, None)]


def test_the_same_mail_twice_is_one_message(session: Session, taking: Settings, invited: Introduction) -> None:
    to = address(session, taking, invited)
    for _ in range(2):
        assert receive(session, taking, mail(to), f.NOW) is Taken.PASSED_ON
    for _ in range(2):
        assert receive(session, taking, mail(to, "Otra", message_id=""), f.NOW) is Taken.PASSED_ON
    assert session.scalar(select(func.count()).select_from(Message)) == 2


def test_a_mail_that_comes_in_finds_its_way(session: Session, taking: Settings, invited: Introduction) -> None:
    to = address(session, taking, invited)
    for n, (header, envelope) in enumerate([(to.upper(), ()), ("hola@valley.example", (to,))]):
        sent = mail(header, message_id=f"<{n}@people.example>").as_bytes()
        assert inbound.take(session, sent, taking, f.NOW, envelope) is inbound.Taken.ANSWER
    assert session.scalar(select(func.count()).select_from(Message)) == 2
    elsewhere = mail(to.replace("reply.example.org", "elsewhere.example")).as_bytes()
    assert inbound.take(session, elsewhere, taking, f.NOW) is inbound.Taken.NOTHING


@pytest.mark.parametrize("code", ["", "x", "a" * 48, "../..", "é"])
def test_an_unknown_address_is_refused(session: Session, taking: Settings, code: str) -> None:
    assert replies.receive(session, taking, code, mail("nobody@else.example"), f.NOW) is Taken.UNKNOWN
    assert told(session) == []


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Subject": "Fuera de la oficina"}]
)
def test_what_a_program_answers_is_not_passed_on(
    session: Session, taking: Settings, invited: Introduction, headers: dict[str, str]
) -> None:
    sent = mail(address(session, taking, invited), **headers)
    assert receive(session, taking, sent, f.NOW) is Taken.IGNORED
    assert told(session) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Llámeme al 520 555 0177", "contacts"),
        ("Mi alumno Mateo Ríos ya lo conoce", "names"),
        ("Sí.\n\nEsperanza Ochoa", "own_name"),
        ("x " * 5001, "too_long"),
        (" ", "empty"),
    ],
)
def test_what_may_not_pass_is_held_and_its_sender_told(
    session: Session, taking: Settings, invited: Introduction, text: str, why: str
) -> None:
    sent = mail(address(session, taking, invited), text)
    for _ in range(2):
        assert receive(session, taking, sent, f.NOW) is Taken.HELD

    assert told(session) == [("message_held", "partner", why)]
    assert session.scalar(select(func.count()).select_from(Message)) == 0
    events = session.scalars(select(AuditEvent).where(AuditEvent.tag == "messages:introduction:held")).all()
    kept = [item.payload for item in session.scalars(select(OutboxItem))] + [event.detail for event in events]
    assert not any(word in str(kept) for word in ("Mateo", "0177", "Ochoa"))


def test_after_the_yes_contacts_go_through(session: Session, taking: Settings, invited: Introduction) -> None:
    invited.state = S.ACCEPTED
    session.flush()
    sent = mail(address(session, taking, invited), "Llámeme al 520 555 0177.\n\nEsperanza Ochoa")
    assert receive(session, taking, sent, f.NOW) is Taken.PASSED_ON


def test_a_conversation_that_is_over_says_so(session: Session, taking: Settings, invited: Introduction) -> None:
    to = address(session, taking, invited)
    invited.state = S.LAPSED
    session.flush()
    assert receive(session, taking, mail(to), f.NOW) is Taken.HELD
    assert told(session) == [("message_held", "partner", "over")]


def test_files_stay_behind_with_a_notice(session: Session, taking: Settings, invited: Introduction) -> None:
    sent = mail(address(session, taking, invited))
    sent.add_attachment(b"picture", maintype="image", subtype="jpeg", filename="esperanza-ochoa.jpg")

    assert receive(session, taking, sent, f.NOW) is Taken.PASSED_ON

    assert told(session) == [("message", "teacher", None), ("message_held", "partner", "files")]


def test_two_programs_that_answer_each_other_come_to_an_end(
    session: Session, taking: Settings, invited: Introduction
) -> None:
    to = address(session, taking, invited)
    taken: list[Any] = [
        receive(session, taking, mail(to, f"I am away ({n})", message_id=f"<{n}@x>"), f.NOW)
        for n in range(replies.MOST_AN_HOUR + 1)
    ]
    assert taken == [Taken.PASSED_ON] * replies.MOST_AN_HOUR + [Taken.IGNORED]
