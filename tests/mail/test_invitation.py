"""The invitation: what it says, what it must not say, and what its leaving changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.mail.deliver import PermanentFailure, deliver
from matchmaker.mail.transport import Transport
from matchmaker.settings import Settings
from models import AuditEvent, Introduction, IntroductionState, LearningRequest, OutboxItem
from tests import factories as f
from tests.cast import Cast
from tests.mail.conftest import Postbox, item_for, links, part

Post = Callable[[OutboxItem], EmailMessage]
PHOENIX = ZoneInfo("America/Phoenix")


@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_it_says_who_asks_for_what_and_when(
    post: Post, introduction: Introduction, session: Session, kind: str, language: str
) -> None:
    introduction.partner.language = language
    session.flush()

    text = " ".join(part(post(item_for(introduction, "invitation")), kind).split())

    days = {"en": ("Tuesday, October 6", "Monday, September 21"), "es": ("martes", "octubre", "21 de septiembre")}
    for word in (
        "Ana Luisa Robles",
        "Tres Hermanas Middle School",
        "Barrio Las Norias",
        "Why does our arroyo flood so fast?",
        "keep asking why it floods",
        "where the water will run before it rains",
        "9:20",
        "10:10",
        "50",
        "28",
        "Marisol Vega",
        "520-555-0142",
        *days[language],
    ):
        assert word in text, word


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_it_holds_no_room_and_no_contact_of_either_side(post: Post, introduction: Introduction, kind: str) -> None:
    teacher, partner = introduction.request.teacher, introduction.partner

    text = part(post(item_for(introduction, "invitation")), kind)

    for secret in (introduction.request.place, "room 12", teacher.account.email, teacher.phone, partner.phone):
        assert secret not in text
    assert partner.email not in text


def test_it_comes_from_a_named_person_whom_a_reply_reaches(post: Post, introduction: Introduction) -> None:
    mail = post(item_for(introduction, "invitation"))

    assert str(mail["From"]).startswith("Marisol Vega · Palo Fierro <hola@")
    assert introduction.approved_by.email in str(mail["Reply-To"])
    assert mail["Content-Language"] == "es"
    assert "Auto-Submitted" not in mail


def test_its_links_carry_the_answer_and_a_token_of_the_partner(
    post: Post, introduction: Introduction, settings: Settings
) -> None:
    mail = post(item_for(introduction, "invitation"))

    found = [address for address in links(mail) if "/i/" in address]
    answers = [address.partition("?")[2] for address in found]
    assert answers == ["answer=yes#respuesta", "answer=other_times#respuesta", "answer=not_now#respuesta", ""]
    assert all(address in part(mail, "plain") for address in found)
    for address in found:
        token = address.split("/i/")[1].partition("?")[0]
        said = tokens.read(settings.secret_key, tokens.Purpose.ANSWER, token, f.NOW)
        assert (said.introduction, said.recipient) == (introduction.key, f"partner:{introduction.partner_id}")
        assert said.expires_at == introduction.request.windows[-1].ends_at + tokens.AFTERLIFE


def test_no_sequential_id_stands_in_it(post: Post, introduction: Introduction) -> None:
    addresses = links(post(item_for(introduction, "invitation")))

    assert {address.split("/")[3] for address in addresses if address.startswith("http")} == {"i", "mail", "messages"}


def test_its_leaving_invites(post: Post, introduction: Introduction, session: Session) -> None:
    item = item_for(introduction, "invitation")

    post(item)

    assert introduction.state is IntroductionState.INVITED
    assert (introduction.invited_at, item.done_at) == (f.NOW, f.NOW)
    assert introduction.answer_by == datetime(2026, 9, 21, 23, 59, tzinfo=PHOENIX)
    assert session.scalars(select(AuditEvent.tag)).all() == ["mail:introduction:invited"]


def test_an_undone_approval_is_not_sent(
    session: Session, introduction: Introduction, transport: Transport, postbox: Postbox, settings: Settings
) -> None:
    introduction.become(IntroductionState.UNDONE, at=f.NOW)
    item = item_for(introduction, "invitation")

    assert deliver(session, item, transport, settings, f.NOW) is False

    assert postbox.raw == [] and item.done_at == f.NOW
    assert introduction.state is IntroductionState.UNDONE


def _suppressed(introduction: Introduction) -> None:
    f.SuppressionFactory(region_id=introduction.region_id, region=None, email=introduction.partner.email)


def _without_address(introduction: Introduction) -> None:
    introduction.partner.email = ""


def _too_late(introduction: Introduction) -> None:
    for window in introduction.request.windows:
        window.starts_at -= timedelta(days=60)
        window.ends_at -= timedelta(days=60)


@pytest.mark.parametrize("spoil", [_suppressed, _without_address, _too_late])
def test_what_a_person_must_decide_is_put_aside(
    session: Session,
    introduction: Introduction,
    transport: Transport,
    postbox: Postbox,
    settings: Settings,
    spoil: Callable[[Introduction], None],
) -> None:
    spoil(introduction)
    item = item_for(introduction, "invitation")
    session.flush()

    with pytest.raises(PermanentFailure):
        deliver(session, item, transport, settings, f.NOW)

    assert postbox.raw == [] and item.done_at is None
    assert introduction.state is IntroductionState.APPROVED


def test_an_address_suppressed_next_door_is_still_ours(post: Post, introduction: Introduction, cast: Cast) -> None:
    f.SuppressionFactory(region=cast.next_door, email=introduction.partner.email)

    assert post(item_for(introduction, "invitation"))


def test_without_offered_dates_it_says_that_one_is_to_be_found(post: Post, cast: Cast) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, windows=[])
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.ramon, what=cast.ramon.funds[0])
    approved = f.IntroductionFactory(region=cast.region, suggested=proposal, coordinator=cast.marisol)

    mail = post(item_for(approved, "invitation"))

    assert "Ana Luisa Robles has not set a date; you would find one together." in " ".join(part(mail, "plain").split())


@pytest.mark.parametrize(
    ("grade", "subject"),
    [
        (None, "A class at Tres Hermanas Middle School would like to learn from you"),
        (0, "A kindergarten class at Tres Hermanas Middle School would like to learn from you"),
        (7, "A grade 7 class at Tres Hermanas Middle School would like to learn from you"),
    ],
)
def test_the_subject_names_the_class(post: Post, introduction: Introduction, grade: int | None, subject: str) -> None:
    introduction.partner.language = "en"
    introduction.request.grade = grade

    # A header that was folded at its beginning is read back with the blank of the fold.
    assert post(item_for(introduction, "invitation"))["Subject"].strip() == subject


def test_very_long_words_are_cut_and_the_page_has_the_rest(
    post: Post, introduction: Introduction, session: Session
) -> None:
    _reword(session, introduction.request, "<&'\" " * 9000)

    mail = post(item_for(introduction, "invitation"))

    assert " …" in part(mail, "plain")
    assert len(part(mail, "html").encode()) < 102 * 1024


def test_hostile_words_stay_words(post: Post, introduction: Introduction, session: Session) -> None:
    _reword(session, introduction.request, "<script>alert(1)</script> {{ settings.secret_key }} %(teacher)s 100% 🌵")

    mail = post(item_for(introduction, "invitation"))

    assert "<script" not in part(mail, "html")
    for kind in ("plain", "html"):
        assert "{{ settings.secret_key }} %(teacher)s 100% 🌵" in " ".join(part(mail, kind).split())


def _reword(session: Session, request: LearningRequest, text: str) -> None:
    request.text = text
    session.flush()
