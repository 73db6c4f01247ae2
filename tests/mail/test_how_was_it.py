"""Asking how a visit was: each side in its own language, with a link of its own, and no more than is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.mail import how_was_it
from matchmaker.settings import Settings
from models import Introduction, IntroductionState, MailKind, OutboxItem, Side, Visit
from tests import factories as f
from tests.mail.conftest import links, part

Post = Callable[[OutboxItem], EmailMessage]


@pytest.fixture
def visit(session: Session, introduction: Introduction) -> Visit:
    """Esperanza was with Ana's class yesterday."""
    introduction.state = IntroductionState.SCHEDULED
    begins = f.NOW - timedelta(days=1)
    return f.VisitFactory(
        region=introduction.approved_by.memberships[0].region,
        of=introduction,
        starts_at=begins,
        ends_at=begins + timedelta(minutes=50),
    )


def item(visit: Visit, side: Side, **more: object) -> OutboxItem:
    return f.OutboxItemFactory(
        kind="how_was_it",
        region_id=visit.region_id,
        payload={
            "introduction_id": visit.introduction_id,
            "side": side.value,
            "ends_at": (f.NOW + timedelta(days=14)).isoformat(),
            **more,
        },
    )


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_teacher_is_asked_in_english(post: Post, visit: Visit, kind: str) -> None:
    mail = post(item(visit, Side.TEACHER))
    text = " ".join(part(mail, kind).split())
    assert mail["Subject"] == "How was it with Esperanza Ochoa?"
    for words in (
        "Ana Luisa Robles, how was it with Esperanza Ochoa?",
        "Sunday, September 13, 9:00 to 9:50",
        "Two questions, one minute",
        "If neither of you tells us by Monday, September 28",
    ):
        assert words in text, words
    assert "a few days ago" not in text


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_partner_is_reminded_in_spanish(post: Post, visit: Visit, kind: str) -> None:
    mail = post(item(visit, Side.PARTNER, reminder=True))
    assert mail["Content-Language"] == "es"
    assert mail["Subject"] == "Un minuto para la visita con Ana Luisa Robles"
    text = " ".join(part(mail, kind).split())
    assert "hace unos días" in text and "domingo 13 de septiembre" in text


@pytest.mark.parametrize("side", [Side.TEACHER, Side.PARTNER])
def test_each_link_is_for_its_own_reader_alone(post: Post, visit: Visit, settings: Settings, side: Side) -> None:
    introduction = visit.introduction
    opened = [each for each in links(post(item(visit, side))) if "/reflections/" in each]
    assert len(opened) == 2 and opened[1].endswith("?took_place=no#answer")
    token = opened[0].rsplit("/", 1)[1]
    link = tokens.read(settings.secret_key, tokens.Purpose.REFLECT, token, f.NOW)
    whose = introduction.request.teacher_id if side is Side.TEACHER else introduction.partner_id
    assert (link.introduction, link.recipient) == (introduction.key, f"{side.value}:{whose}")
    assert link.expires_at == visit.ends_at + timedelta(days=365)


def test_it_holds_no_contact_and_no_room(post: Post, visit: Visit) -> None:
    introduction = visit.introduction
    other = introduction.partner
    mail = post(item(visit, Side.TEACHER))
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert other.email not in text and other.phone not in text and "room 12" not in text


def test_once_somebody_has_told_nothing_is_said_of_a_limit(post: Post, visit: Visit, session: Session) -> None:
    session.get_one(Introduction, visit.introduction_id).state = IntroductionState.MET
    assert "If neither of you" not in part(post(item(visit, Side.TEACHER)), "plain")


@pytest.mark.parametrize(
    "state", [IntroductionState.CANCELLED, IntroductionState.NOT_HELD, IntroductionState.REFLECTED]
)
def test_nobody_is_asked_once_it_is_settled(
    session: Session, app: object, settings: Settings, visit: Visit, state: IntroductionState
) -> None:
    session.get_one(Introduction, visit.introduction_id).state = state
    session.flush()
    assert how_was_it.compose(session, item(visit, Side.TEACHER), settings, f.NOW) is None


def test_whoever_has_told_is_not_asked(session: Session, app: object, settings: Settings, visit: Visit) -> None:
    f.ReflectionFactory(region_id=visit.region_id, of=visit.introduction, side=Side.TEACHER)
    assert how_was_it.compose(session, item(visit, Side.TEACHER), settings, f.NOW) is None
    asked = how_was_it.compose(session, item(visit, Side.PARTNER), settings, f.NOW)
    assert asked is not None and asked.kind is MailKind.AFTERWARDS
