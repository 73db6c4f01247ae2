"""Saying something through the service: who hears it, when it may be said, and what is stopped before it leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.queries import conversation as reading
from matchmaker.services import conversation
from matchmaker.services.conversation import ContactInside, ConversationOver, NameInside, NotInvitedYet, NoWords
from models import AuditEvent, Introduction, IntroductionState, Message, OutboxItem, Partner, Side
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting

S = IntroductionState
QUESTION = "Shall I bring boots for everybody?"


@pytest.fixture
def invited(cast: Cast) -> Introduction:
    """Ana asked, and Esperanza has the invitation."""
    return introduce(cast, S.INVITED)


def introduce(cast: Cast, state: IntroductionState, who: Partner | None = None) -> Introduction:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    suggested = f.ProposalFactory(region=cast.region, of=asked, who=who or cast.esperanza)
    introduction: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=suggested, coordinator=cast.marisol, state=state
    )
    return introduction


def say(session: Session, introduction: Introduction, clock: Clock, text: str = QUESTION, **more: Any) -> Message:
    side = more.pop("side", Side.PARTNER)
    form_key = more.pop("form_key", uuid4().hex)
    return conversation.say(session, introduction.key, side, text, "en", clock, form_key=form_key, **more)


def letters(session: Session) -> list[tuple[str, str]]:
    """Which letters wait for which side."""
    items = session.scalars(select(OutboxItem).where(OutboxItem.kind == "message").order_by(OutboxItem.key))
    return [(item.payload["side"], item.key) for item in items]


@pytest.mark.parametrize(
    ("side", "readers"),
    [
        (Side.PARTNER, ["teacher"]),
        (Side.TEACHER, ["partner"]),
        (Side.COORDINATOR, ["partner", "teacher"]),
    ],
)
def test_what_one_side_says_goes_to_the_other(
    session: Session, cast: Cast, invited: Introduction, clock: Clock, side: Side, readers: list[str]
) -> None:
    actor = acting(cast.marisol)

    message = say(session, invited, clock, f"  {QUESTION}\n", side=side, actor=actor)

    assert (message.text, message.side, message.author_id, message.at) == (QUESTION, side, cast.marisol.id, f.NOW)
    assert letters(session) == [(reader, f"message:{invited.key}:{reader}:{message.id}") for reader in readers]
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "messages:message:said")).one()
    assert event.detail == {"side": side.value, "by_mail": False}


def test_the_same_form_twice_is_one_message(session: Session, invited: Introduction, clock: Clock) -> None:
    first = say(session, invited, clock, form_key="drawn-once")

    assert say(session, invited, clock, "Something else", form_key="drawn-once") is first
    assert len(letters(session)) == 1


def test_a_repeat_is_known_even_after_the_conversation_has_ended(
    session: Session, invited: Introduction, clock: Clock
) -> None:
    first = say(session, invited, clock, form_key="drawn-once")
    invited.state = S.LAPSED
    session.flush()

    assert say(session, invited, clock, form_key="drawn-once") is first


def test_the_same_form_key_in_another_conversation_is_another_message(
    session: Session, cast: Cast, invited: Introduction, clock: Clock
) -> None:
    other = introduce(cast, S.INVITED, cast.ramon)

    assert say(session, invited, clock, form_key="k") is not say(session, other, clock, form_key="k")


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (S.APPROVED, NotInvitedYet),
        (S.UNDONE, NotInvitedYet),
        (S.NOT_NOW, ConversationOver),
        (S.LAPSED, ConversationOver),
        (S.WITHDRAWN, ConversationOver),
        (S.CANCELLED, ConversationOver),
        (S.INVITED, None),
        (S.OTHER_TIMES, None),
        (S.ACCEPTED, None),
        (S.INTRODUCED, None),
        (S.SCHEDULED, None),
    ],
)
def test_it_is_open_from_the_invitation_on_while_the_introduction_lives(
    session: Session, cast: Cast, clock: Clock, state: IntroductionState, refusal: type[Exception] | None
) -> None:
    introduction = introduce(cast, state)

    if refusal is None:
        say(session, introduction, clock)
    else:
        with pytest.raises(refusal):
            say(session, introduction, clock)
    assert len(letters(session)) == (refusal is None)


@pytest.mark.parametrize("state", [S.SCHEDULED, S.MET, S.NOT_HELD, S.REFLECTED])
def test_it_closes_thirty_days_after_the_visit(session: Session, cast: Cast, state: IntroductionState) -> None:
    introduction = introduce(cast, state)
    visit = f.VisitFactory(region=cast.region, of=introduction)
    closing = visit.ends_at + timedelta(days=30)

    say(session, introduction, lambda: closing - timedelta(seconds=1))
    with pytest.raises(ConversationOver):
        say(session, introduction, lambda: closing)


def test_there_is_no_conversation_without_an_introduction(session: Session, clock: Clock) -> None:
    with pytest.raises(NotFound):
        conversation.say(session, uuid4(), Side.PARTNER, QUESTION, "en", clock, form_key="k")


@pytest.mark.parametrize("text", ["", " \n ", "x" * 10_001])
def test_nothing_is_cut_and_nothing_empty_is_sent(
    session: Session, invited: Introduction, clock: Clock, text: str
) -> None:
    with pytest.raises(NoWords):
        say(session, invited, clock, text)
    assert say(session, invited, clock, "x" * 10_000).text == "x" * 10_000


@pytest.mark.parametrize("side", [Side.TEACHER, Side.PARTNER])
@pytest.mark.parametrize("text", ["Write to me: ana@people.example", "Llámeme al 520 555 0177"])
def test_before_both_yes_no_contact_goes_through(
    session: Session, cast: Cast, invited: Introduction, clock: Clock, side: Side, text: str
) -> None:
    for state, stopped in ((S.INVITED, True), (S.OTHER_TIMES, True), (S.ACCEPTED, False), (S.SCHEDULED, False)):
        invited.state = state
        session.flush()
        if stopped:
            with pytest.raises(ContactInside):
                say(session, invited, clock, text, side=side, names_meant=True)
        else:
            say(session, invited, clock, text, side=side)


def test_the_network_s_own_number_may_be_said(session: Session, invited: Introduction, clock: Clock) -> None:
    say(session, invited, clock, "Or call the network at (520) 555-0142.")


def test_a_coordinator_gives_out_no_contact_of_the_two_sides(
    session: Session, cast: Cast, invited: Introduction, clock: Clock
) -> None:
    say(session, invited, clock, "Call me at 520-555-0199.", side=Side.COORDINATOR)
    for contact in (cast.esperanza.email, cast.ana.account.email, "(520) 555 0177", "520.555.0111"):
        with pytest.raises(ContactInside):
            say(session, invited, clock, f"Her contact is {contact}.", side=Side.COORDINATOR)


def test_a_possible_student_is_asked_about_once(session: Session, invited: Introduction, clock: Clock) -> None:
    text = "My student Mateo Ríos knows the wash well."

    with pytest.raises(NameInside) as asked:
        say(session, invited, clock, text, side=Side.TEACHER)
    assert asked.value.facts == {"students": ["Mateo Ríos"], "own": None}
    assert session.scalar(select(func.count()).select_from(Message)) == 0

    assert say(session, invited, clock, text, side=Side.TEACHER, names_meant=True).text == text


@pytest.mark.parametrize("side", [Side.PARTNER, Side.COORDINATOR])
def test_the_partner_s_name_is_not_passed_on_unasked_before_the_yes(
    session: Session, invited: Introduction, clock: Clock, side: Side
) -> None:
    text = "Saludos, esperanza ochoa"

    with pytest.raises(NameInside) as asked:
        say(session, invited, clock, text, side=side)
    assert asked.value.facts == {"students": [], "own": "Esperanza Ochoa"}

    invited.state = S.ACCEPTED
    session.flush()
    say(session, invited, clock, text, side=side)


def test_the_teacher_learns_the_partner_s_name_with_the_yes(session: Session, invited: Introduction) -> None:
    for state, name in ((S.INVITED, None), (S.OTHER_TIMES, None), (S.ACCEPTED, "Esperanza Ochoa")):
        invited.state = state
        session.flush()
        talk = reading.by_key(session, invited.key, f.NOW)
        assert talk is not None
        assert talk.names(Side.TEACHER)[Side.PARTNER] == name
        assert talk.names(Side.PARTNER) == {Side.TEACHER: "Ana Luisa Robles", Side.PARTNER: "Esperanza Ochoa"}


def test_a_request_names_the_conversations_that_are_open(session: Session, cast: Cast, invited: Introduction) -> None:
    assert [talk.introduction.id for talk in reading.of_request(session, invited.request_id, f.NOW)] == [invited.id]
    invited.state = S.LAPSED
    session.flush()
    assert reading.of_request(session, invited.request_id, f.NOW) == []
