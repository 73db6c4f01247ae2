"""The page on which two sides write to each other: by link, signed in, and as a coordinator sees it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import tokens
from models import AuditEvent, Introduction, IntroductionState, Message, OutboxItem, Side
from tests import factories as f
from tests.cast import Cast

S = IntroductionState
TALK = tokens.Purpose.TALK
QUESTION = "Shall I bring boots for everybody?"


@pytest.fixture
def invited(cast: Cast, session: Session) -> Introduction:
    """Ana asked, and Esperanza, who reads Spanish, has the invitation."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    suggested = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza)
    introduction: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=suggested, coordinator=cast.marisol, state=S.INVITED
    )
    session.commit()
    return introduction


@pytest.fixture
def partners(link: Any, invited: Introduction) -> str:
    return str(link(invited, purpose=TALK))


@pytest.fixture
def teachers(link: Any, invited: Introduction) -> str:
    return str(link(invited, purpose=TALK, recipient=f"teacher:{invited.request.teacher_id}"))


def words(text: str = QUESTION, **more: str) -> dict[str, str]:
    return {"text": text, "form_key": uuid4().hex, **more}


def read(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def count(session: Session, what: Any) -> int:
    return session.scalar(select(func.count()).select_from(what)) or 0


def test_reading_changes_nothing(
    session: Session, visitor: Any, browse: Any, cast: Cast, partners: str, teachers: str
) -> None:
    before = count(session, OutboxItem), count(session, AuditEvent)

    assert visitor.get(partners).status_code == visitor.get(teachers).status_code == 200

    assert (count(session, OutboxItem), count(session, AuditEvent)) == before


def test_a_question_reaches_the_teacher_without_the_asker_s_name(
    session: Session, visitor: Any, partners: str, teachers: str, cast: Cast
) -> None:
    answer = visitor.post(partners, words())

    assert (answer.status_code, answer.headers["Location"]) == (302, partners)
    message = session.scalars(select(Message)).one()
    assert (message.text, message.side, message.author_id, message.language) == (QUESTION, Side.PARTNER, None, "es")
    page = visitor.get(teachers).get_data(as_text=True)
    assert QUESTION in page and 'lang="es"' in page
    assert "Esperanza" not in page and cast.esperanza.email not in page and cast.esperanza.phone not in page
    assert "The person we asked" in read(visitor.get(teachers))


def test_the_partner_reads_it_in_spanish_with_the_teacher_s_words_as_written(
    session: Session, visitor: Any, partners: str, invited: Introduction
) -> None:
    f.MessageFactory(region=None, region_id=invited.region_id, of=invited, side=Side.TEACHER, text="Boots, please.")

    page = visitor.get(partners).get_data(as_text=True)

    assert '<html lang="es">' in page
    assert re.search(r'<div class="voice[^"]*" lang="en">\s*<p>Boots, please.</p>', page)
    assert "Ana Luisa Robles" in page and "no ve a quién" in page


def test_the_same_form_twice_is_one_message(session: Session, visitor: Any, partners: str) -> None:
    sent = words()
    for _ in range(2):
        assert visitor.post(partners, sent).status_code == 302
    assert count(session, Message) == 1


def test_a_contact_is_stopped_beside_the_field_and_the_words_are_kept(
    session: Session, visitor: Any, teachers: str
) -> None:
    answer = visitor.post(teachers, words("Write to ana@people.example, please"))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert re.search(r'class="error" id="text-error">.*?ana@people\.example.*?once both have said yes', page, re.DOTALL)
    assert "Write to ana@people.example, please</textarea>" in page
    assert count(session, Message) == 0


def test_a_name_is_asked_about_once_and_then_sent(session: Session, visitor: Any, teachers: str) -> None:
    text = "My student Mateo Ríos knows the wash."
    asked = visitor.post(teachers, words(text))
    assert asked.status_code == 422 and "Is “Mateo Ríos” a student?" in read(asked)
    assert count(session, Message) == 0

    assert visitor.post(teachers, words(text, names_meant="1")).status_code == 302
    assert session.scalars(select(Message.text)).one() == text


def test_the_partner_is_asked_before_their_own_name_goes_out(session: Session, visitor: Any, partners: str) -> None:
    asked = visitor.post(partners, words("Saludos, Esperanza Ochoa"))
    assert asked.status_code == 422 and "«Esperanza Ochoa»" in read(asked)
    assert visitor.post(partners, words("Saludos, Esperanza Ochoa", names_meant="1")).status_code == 302


@pytest.mark.parametrize("given", [{"text": "  "}, {"text": "x" * 10_001}, {"text": "Hi", "form_key": "k"}, {}])
def test_bad_input_is_answered_beside_the_field(
    session: Session, visitor: Any, teachers: str, given: dict[str, str]
) -> None:
    answer = visitor.post(teachers, given)
    assert answer.status_code == 422 and 'role="alert"' in answer.get_data(as_text=True)
    assert count(session, Message) == 0


def test_another_site_cannot_write_here(visitor: Any, partners: str) -> None:
    assert visitor.post_bare(partners, words()).status_code == 400


def test_a_link_that_has_ended_shows_no_words_and_whom_to_call(
    session: Session, visitor: Any, link: Any, invited: Introduction
) -> None:
    f.MessageFactory(region=None, region_id=invited.region_id, of=invited, text=QUESTION)

    answer = visitor.get(link(invited, purpose=TALK, hours=-1))

    assert answer.status_code == 410
    assert QUESTION not in read(answer) and "520-555-0142" in read(answer)
    assert visitor.post(link(invited, purpose=TALK, hours=-1), words()).status_code == 410


@pytest.mark.parametrize("recipient", ["partner:0", "teacher:0", "coordinator:1", "partner:7 "])
def test_a_link_of_anybody_else_opens_nothing(visitor: Any, link: Any, invited: Introduction, recipient: str) -> None:
    assert visitor.get(link(invited, purpose=TALK, recipient=recipient)).status_code == 404


def test_a_link_of_another_purpose_opens_nothing(visitor: Any, link: Any, invited: Introduction) -> None:
    token = link(invited).rpartition("/")[2]
    assert visitor.get(f"/messages/{token}").status_code == 404


def test_before_the_invitation_has_left_there_is_no_page(
    session: Session, visitor: Any, browse: Any, cast: Cast, teachers: str, invited: Introduction
) -> None:
    invited.state = S.APPROVED
    session.commit()
    own = f"/introductions/{invited.key}/messages"
    assert visitor.get(teachers).status_code == 404
    assert browse(cast.ana.account).get(own).status_code == 404
    assert browse(cast.marisol).get(own).status_code == 200
    assert browse(cast.marisol).post(own, words()).status_code == 409


def test_afterwards_it_can_be_read_and_no_longer_written(
    session: Session, visitor: Any, partners: str, invited: Introduction
) -> None:
    f.MessageFactory(region=None, region_id=invited.region_id, of=invited, text=QUESTION)
    invited.state = S.LAPSED
    session.commit()

    assert QUESTION in read(visitor.get(partners)) and "<textarea" not in visitor.get(partners).get_data(as_text=True)
    late = visitor.post(partners, words("Too late?"))
    assert late.status_code == 409 and "Too late?" in read(late)


def test_both_sides_write_signed_in_too(session: Session, browse: Any, cast: Cast, invited: Introduction) -> None:
    own = f"/introductions/{invited.key}/messages"
    partner = cast.esperanza.account
    assert partner is not None
    assert browse(cast.ana.account).post(own, words("Come and see.")).status_code == 302
    assert browse(partner).post(own, words("Voy.")).status_code == 302
    said = [tuple(row) for row in session.execute(select(Message.side, Message.author_id).order_by(Message.id))]
    assert said == [(Side.TEACHER, cast.ana.account_id), (Side.PARTNER, partner.id)]


def test_each_look_of_a_coordinator_is_on_record_and_said(
    session: Session, browse: Any, cast: Cast, invited: Introduction, teachers: str, visitor: Any
) -> None:
    f.MessageFactory(region=None, region_id=invited.region_id, of=invited, text=QUESTION)
    own = f"/introductions/{invited.key}/messages"

    page = read(browse(cast.ben).get(own))

    assert QUESTION in page and "on record" in page
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "messages:introduction:read")).one()
    assert (event.actor_id, event.subject_id) == (cast.ben.id, invited.id)
    assert "Coordinators of Palo Fierro can read these messages." in read(visitor.get(teachers))


def test_where_the_region_does_not_read_coordinators_see_only_their_own(
    session: Session, browse: Any, cast: Cast, invited: Introduction, teachers: str, visitor: Any
) -> None:
    cast.region.conversations_read = False
    f.MessageFactory(region=None, region_id=invited.region_id, of=invited, text=QUESTION)
    session.commit()
    own = f"/introductions/{invited.key}/messages"

    assert browse(cast.marisol).post(own, words("I am here if you need me.")).status_code == 302
    page = read(browse(cast.marisol).get(own))

    assert QUESTION not in page and "I am here if you need me." in page
    assert not session.scalars(select(AuditEvent).where(AuditEvent.tag == "messages:introduction:read")).all()
    both = read(visitor.get(teachers))
    assert QUESTION in both and "I am here if you need me." in both and "Marisol Vega, coordinator" in both
    assert "cannot read these messages, only the two of you" in both


def test_a_refused_form_of_a_coordinator_shows_no_more_than_the_page(
    session: Session, browse: Any, cast: Cast, invited: Introduction
) -> None:
    cast.region.conversations_read = False
    f.MessageFactory(region=None, region_id=invited.region_id, of=invited, text=QUESTION)
    session.commit()

    refused = browse(cast.marisol).post(f"/introductions/{invited.key}/messages", words(" "))

    assert refused.status_code == 422 and QUESTION not in read(refused)


def test_the_invitation_leads_to_a_question_and_its_answer_stays_open(
    session: Session, visitor: Any, link: Any, invited: Introduction
) -> None:
    page = visitor.get(link(invited)).get_data(as_text=True)
    found = re.search(r'href="(/messages/[^"]+)"', page)
    assert found is not None
    assert visitor.post(found.group(1), words()).status_code == 302
    assert session.scalars(select(Message)).one().side is Side.PARTNER
    invited.state = S.LAPSED
    session.commit()
    assert "/messages/" not in visitor.get(link(invited)).get_data(as_text=True)


def test_a_request_leads_to_its_conversations_without_a_name_before_the_yes(
    session: Session, browse: Any, cast: Cast, invited: Introduction
) -> None:
    invited.invited_at = f.NOW
    session.commit()
    path, own = f"/requests/{invited.request_id}", f"/introductions/{invited.key}/messages"
    before = browse(cast.ana.account).get(path)
    assert own in before.get_data(as_text=True) and "Esperanza" not in before.get_data(as_text=True)
    assert "Write to the person we asked on Monday, September 14" in read(before)
    invited.state = S.ACCEPTED
    session.commit()
    assert "Write to Esperanza Ochoa" in read(browse(cast.ana.account).get(path))
    assert "Messages with Esperanza Ochoa" in read(browse(cast.marisol).get(path))


def test_after_the_yes_names_and_contacts_go_through(
    session: Session, visitor: Any, partners: str, teachers: str, invited: Introduction
) -> None:
    invited.state = S.ACCEPTED
    session.commit()
    assert visitor.post(partners, words("Soy Esperanza Ochoa, 520 555 0177")).status_code == 302
    assert "You and Esperanza Ochoa" in read(visitor.get(teachers))


def test_it_stays_open_until_a_month_after_the_visit(
    session: Session, visitor: Any, partners: str, invited: Introduction
) -> None:
    invited.state = S.MET
    visit = f.VisitFactory(region=None, region_id=invited.region_id, of=invited)
    visit.starts_at, visit.ends_at = f.NOW - timedelta(days=29, hours=1), f.NOW - timedelta(days=29)
    session.commit()
    assert visitor.post(partners, words("Gracias por todo")).status_code == 302
    visit.starts_at, visit.ends_at = f.NOW - timedelta(days=30, hours=1), f.NOW - timedelta(days=30)
    session.commit()
    assert visitor.post(partners, words("Otra vez")).status_code == 409
