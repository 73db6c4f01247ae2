"""The letters about a visit: a new date, calling it off, and the reminder before it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.mail.deliver import deliver
from matchmaker.mail.transport import Transport
from matchmaker.policies import NOBODY
from matchmaker.services import visits
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, OutboxItem, Side, Visit
from tests import factories as f
from tests.cast import Cast
from tests.mail.conftest import links, part

Post = Callable[[OutboxItem], EmailMessage]
PHOENIX = ZoneInfo("America/Phoenix")
NEW = (datetime(2026, 10, 13, 9, 20, tzinfo=PHOENIX), datetime(2026, 10, 13, 10, 10, tzinfo=PHOENIX))
KINDS = ("visit_changed", "visit_cancelled", "visit_soon")


@pytest.fixture
def visit(introduction: Introduction, cast: Cast) -> Visit:
    """Ana and Esperanza, who reads Spanish, meet on October 6."""
    introduction.state = IntroductionState.SCHEDULED
    agreed: Visit = f.VisitFactory(region=cast.region, of=introduction)
    return agreed


@pytest.fixture
def ask(session: Session, visit: Visit, introduction: Introduction) -> Callable[[str, Side], OutboxItem]:
    """Have a letter left, as the verbs leave it, and return one side's."""

    def left(kind: str, side: Side) -> OutboxItem:
        def clock() -> datetime:
            return f.NOW

        if kind == "visit_changed":
            visits.move(session, NOBODY, introduction.key, *NEW, Side.PARTNER, clock)
        elif kind == "visit_cancelled":
            visits.cancel(session, NOBODY, introduction.key, Side.PARTNER, None, clock)
        else:
            more: dict[str, Any] = {"introduction_id": introduction.id, "sequence": visit.sequence}
            visits.remind(session, f.OutboxItemFactory(kind=visits.REMINDER, payload=more), f.NOW)
        found = session.scalars(select(OutboxItem).where(OutboxItem.kind == kind))
        return next(item for item in found if item.payload["side"] == side)

    return left


def calendar_of(mail: EmailMessage):  # type: ignore[no-untyped-def]
    (attached,) = mail.iter_attachments()
    read = vobject.readOne(attached.get_content())
    assert attached.get_param("method") == read.method.value
    return read


def test_a_new_date_as_the_other_side_reads_it(post: Post, ask, introduction: Introduction) -> None:  # type: ignore[no-untyped-def]
    mail = post(ask("visit_changed", Side.TEACHER))

    assert mail["Subject"] == "New date for the visit: Tuesday, October 13"
    text = " ".join(part(mail, "plain").split())
    for word in (
        "Esperanza Ochoa chose another date for “Why does our arroyo flood so fast?”.",
        "When: Tuesday, October 13, 9:20 to 10:10",
        "Before: Tue, Oct 6, 9:20 AM",
        "meet in room 12, Tres Hermanas Middle School",
        introduction.partner.email,
    ):
        assert word in text, word
    read = calendar_of(mail)
    assert (read.method.value, read.vevent.sequence.value) == ("REQUEST", "1")
    assert read.vevent.dtstart.value == NEW[0]
    assert read.vevent.attendee.value == f"mailto:{introduction.request.teacher.account.email}"
    assert introduction.partner.email not in str(read.serialize())


def test_who_chose_it_reads_so_in_spanish(post: Post, ask) -> None:  # type: ignore[no-untyped-def]
    mail = post(ask("visit_changed", Side.PARTNER))
    assert mail["Content-Language"] == "es" and "martes" in part(mail, "plain")
    assert "You chose" not in part(mail, "plain")


def test_calling_off_says_who_looks_further_and_until_when(post: Post, ask, introduction: Introduction) -> None:  # type: ignore[no-untyped-def]
    mail = post(ask("visit_cancelled", Side.TEACHER))

    assert mail["Subject"] == "The visit on Tuesday, October 6 is called off"
    text = " ".join(part(mail, "plain").split())
    assert "Esperanza Ochoa had to call off" in text
    assert "Marisol Vega looks for somebody else for this lesson and writes to you by Wednesday, September 16." in text
    read = calendar_of(mail)
    assert (read.method.value, read.vevent.status.value, read.vevent.sequence.value) == ("CANCEL", "CANCELLED", "1")
    assert read.vevent.uid.value == f"{introduction.key}@matchmaker.example"


def test_calling_off_without_a_date_takes_nothing_out_of_a_calendar(
    post: Post,
    ask,
    introduction: Introduction,
    visit: Visit,
    session: Session,  # type: ignore[no-untyped-def]
) -> None:
    session.delete(visit)
    introduction.state = IntroductionState.INTRODUCED
    session.flush()
    mail = post(ask("visit_cancelled", Side.TEACHER))
    assert mail["Subject"] == "The visit with Esperanza Ochoa is called off" and not list(mail.iter_attachments())


def test_the_reminder_says_where_to_sign_in(post: Post, ask, visit: Visit, session: Session) -> None:  # type: ignore[no-untyped-def]
    visit.room, visit.sign_in = "Room 12", "At the front office, with your badge."
    visit.introduction.partner.language = "en"
    session.flush()
    mail = post(ask("visit_soon", Side.PARTNER))
    assert mail["Subject"] == "Your visit on Tuesday, October 6"
    text = " ".join(part(mail, "plain").split())
    assert "Signing in: At the front office, with your badge." in text and "There will be 28 students." in text


@pytest.mark.parametrize("kind", KINDS)
def test_each_side_has_a_link_of_its_own_to_change_it(post: Post, ask, kind: str) -> None:  # type: ignore[no-untyped-def]
    if kind == "visit_cancelled":
        assert not any("/visits/" in address for address in links(post(ask(kind, Side.TEACHER))))
        return
    of_teacher = [link for link in links(post(ask(kind, Side.TEACHER))) if "/visits/" in link]
    assert len(of_teacher) == 1


@pytest.mark.parametrize("kind", ["visit_changed", "visit_soon"])
@pytest.mark.parametrize("since", ["moved", "off"])
def test_a_letter_that_was_overtaken_is_not_sent(  # type: ignore[no-untyped-def]
    session: Session, ask, visit: Visit, introduction: Introduction, transport: Transport, settings: Settings,
    kind: str, since: str,
) -> None:  # fmt: skip
    item = ask(kind, Side.TEACHER)
    if since == "moved":
        visit.sequence += 1
    else:
        introduction.state = IntroductionState.CANCELLED
    session.flush()
    assert not deliver(session, item, transport, settings, f.NOW)
