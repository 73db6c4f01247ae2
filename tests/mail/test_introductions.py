"""The two introductions: contacts of the other side, in each one's language, with a hold for the calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, Introduction, IntroductionState, OutboxItem, Region, StateChange, Visit
from tests import factories as f
from tests.mail.conftest import item_for, links, part

Post = Callable[[OutboxItem], EmailMessage]
SIDES = ("introduction_teacher", "introduction_partner")


@pytest.fixture
def accepted(introduction: Introduction, session: Session) -> Introduction:
    """Esperanza said yes to the first date."""
    introduction.state = IntroductionState.ACCEPTED
    introduction.window_id = introduction.request.windows[0].id
    introduction.answered_at = introduction.answer_by = f.NOW
    session.flush()
    session.expire(introduction, ["window"])
    f.VisitFactory(region=session.get_one(Region, introduction.region_id), of=introduction)
    return introduction


def event_of(mail: EmailMessage) -> tuple[Calendar, Event]:
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "text/calendar" and attached.get_param("method") == "REQUEST"
    assert attached.get_filename() == "2026-10-06.ics"
    calendar = Calendar.from_ical(attached.get_content())
    (event,) = calendar.walk("VEVENT")
    return calendar, event


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_teacher_reads_the_partners_contacts(post: Post, accepted: Introduction, kind: str) -> None:
    partner = accepted.partner
    partner.sharing = ["no_recording"]

    text = " ".join(part(post(item_for(accepted, "introduction_teacher")), kind).split())

    for word in (
        "Esperanza Ochoa said yes",
        partner.email,
        partner.phone,
        "Speaks English and Spanish.",
        "Tuesday, October 6, 9:20 to 10:10",
        "meet in room 12, Tres Hermanas Middle School, Barrio Las Norias",
        "where the water will run before it rains",
        "No recording or photos",
    ):
        assert word in text, word


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_partner_reads_the_teachers_contacts_in_spanish(post: Post, accepted: Introduction, kind: str) -> None:
    teacher = accepted.request.teacher

    mail = post(item_for(accepted, "introduction_partner"))

    text = " ".join(part(mail, kind).split())
    for word in (
        "Gracias por decir que sí",
        teacher.name,
        teacher.account.email,
        teacher.phone,
        "martes",
        "9:20",
        "room 12",
        "keep asking why it floods",
    ):
        assert word in text, word
    assert mail["Content-Language"] == "es"


def test_each_has_links_of_its_own(post: Post, accepted: Introduction) -> None:
    of_teacher, of_partner = (links(post(item_for(accepted, side))) for side in SIDES)

    assert any("/requests/" in address for address in of_teacher)
    assert not any("/i/" in address for address in of_teacher)
    assert all(any("/visits/" in address for address in own) for own in (of_teacher, of_partner))
    assert any("/i/" in address for address in of_partner)
    assert not any("/requests/" in address for address in of_partner)


@pytest.mark.parametrize("side", SIDES)
def test_the_calendar_holds_the_chosen_time_in_the_regions_zone(post: Post, accepted: Introduction, side: str) -> None:
    calendar, event = event_of(post(item_for(accepted, side)))

    assert str(calendar["METHOD"]) == "REQUEST" and str(event["STATUS"]) == "CONFIRMED"
    reader = accepted.request.teacher.account.email if side == "introduction_teacher" else accepted.partner.email
    assert str(event["ATTENDEE"]) == f"mailto:{reader}"
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["America/Phoenix"]
    phoenix = ZoneInfo("America/Phoenix")
    assert event.start == datetime(2026, 10, 6, 9, 20, tzinfo=phoenix)
    assert event.end == datetime(2026, 10, 6, 10, 10, tzinfo=phoenix)
    assert event["DTSTART"].params["TZID"] == "America/Phoenix"
    assert str(event["UID"]) == f"{accepted.key}@matchmaker.example" and event["SEQUENCE"] == 0
    assert event["DTSTAMP"].dt == f.NOW
    assert "Tres Hermanas Middle School" in str(event["LOCATION"])


def test_a_zone_with_summer_time_travels_with_its_changes(post: Post, accepted: Introduction, session: Session) -> None:
    accepted.approved_by.memberships[0].region.time_zone = "America/Denver"
    session.flush()

    calendar, event = event_of(post(item_for(accepted, "introduction_teacher")))

    (zone,) = calendar.walk("VTIMEZONE")
    assert {component.name for component in zone.subcomponents} == {"STANDARD", "DAYLIGHT"}
    assert event["DTSTART"].to_ical() == b"20261006T102000"
    assert event.start.astimezone(ZoneInfo("UTC")) == accepted.request.windows[0].starts_at


def test_names_cannot_break_out_of_the_calendar(post: Post, accepted: Introduction, session: Session) -> None:
    visit = session.scalars(select(Visit)).one()
    visit.place = "Room 12\r\nATTENDEE:mailto:evil@elsewhere.example; a, b"
    session.flush()

    _, event = event_of(post(item_for(accepted, "introduction_teacher")))

    assert str(event["ATTENDEE"]) == f"mailto:{accepted.request.teacher.account.email}"
    assert "evil@elsewhere.example; a, b" in str(event["LOCATION"])


@pytest.mark.parametrize("side", SIDES)
def test_without_a_date_it_says_so_and_attaches_nothing(
    post: Post, accepted: Introduction, session: Session, side: str
) -> None:
    session.delete(session.scalars(select(Visit)).one())
    accepted.partner.language = "en"
    session.flush()

    mail = post(item_for(accepted, side))

    assert list(mail.iter_attachments()) == []
    assert "No date has been chosen yet." in part(mail, "plain")


def test_a_class_that_is_hosted_meets_where_both_agree(post: Post, accepted: Introduction, session: Session) -> None:
    accepted.request.formats = ["host"]
    session.flush()

    text = part(post(item_for(accepted, "introduction_teacher")), "plain")

    assert "Where: To be agreed between the two of you." in text and "room 12" not in text


def test_an_organisation_is_named_beside_its_person(post: Post, accepted: Introduction, session: Session) -> None:
    accepted.partner.name, accepted.partner.contact_name = "Ochoa Rain Works", "Esperanza Ochoa"
    session.flush()

    assert "Esperanza Ochoa, Ochoa Rain Works" in part(post(item_for(accepted, "introduction_teacher")), "plain")


@pytest.mark.parametrize("order", [SIDES, SIDES[::-1]])
def test_the_second_to_leave_makes_it_introduced(
    post: Post, accepted: Introduction, session: Session, order: tuple[str, str]
) -> None:
    items = [item_for(accepted, side) for side in order]

    post(items[0])
    assert accepted.state is IntroductionState.ACCEPTED
    post(items[1])

    assert accepted.state is IntroductionState.SCHEDULED and accepted.introduced_at == f.NOW
    changes = session.scalars(select(StateChange.after).where(StateChange.introduction_id == accepted.id)).all()
    assert changes == ["introduced", "scheduled"]
    assert session.scalars(select(AuditEvent.tag)).all() == ["mail:introduction:introduced"]


def test_one_sent_again_after_both_have_left_changes_nothing(
    post: Post, accepted: Introduction, session: Session
) -> None:
    session.delete(session.scalars(select(Visit)).one())
    items = [item_for(accepted, side) for side in SIDES]
    for item in items:
        post(item)
    accepted.introduced_at = f.NOW - timedelta(hours=1)

    post(items[0])

    assert accepted.introduced_at == f.NOW - timedelta(hours=1)
