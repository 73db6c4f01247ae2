"""Telling how a visit was, by the link of a mail, and the stories that come of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.services import reflections
from matchmaker.settings import Settings
from models import (
    Account,
    Again,
    Introduction,
    IntroductionState,
    Reflection,
    RequestState,
    Side,
    StateChange,
    Visit,
)
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser

Browse = Callable[[Account | None], Browser]
Link = Callable[..., str]
HELD = {"took_place": "yes", "again": "yes", "language": "en"}
STORY = {**HELD, "story": "They drew the wash from memory.", "first_name": "Ana Luisa", "consent": "y"}


@pytest.fixture
def visit(session: Session, cast: Cast) -> Visit:
    """Esperanza was with Ana's class yesterday at nine."""
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza, what=cast.esperanza.funds[0])
    introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.SCHEDULED
    )
    asked.state = RequestState.SCHEDULED
    begins = f.NOW - timedelta(days=1)
    made: Visit = f.VisitFactory(
        region=cast.region, of=introduction, starts_at=begins, ends_at=begins + timedelta(minutes=50)
    )
    session.commit()
    return made


@pytest.fixture
def own(visit: Visit, settings: Settings) -> Link:
    """The path of one side's page."""

    def path(side: str = "teacher", *, hours: int = 24, recipient: str | None = None) -> str:
        introduction = visit.introduction
        whose = introduction.request.teacher_id if side == "teacher" else introduction.partner_id
        expires = f.NOW + timedelta(hours=hours)
        purpose = tokens.Purpose.REFLECT
        recipient = recipient or f"{side}:{whose}"
        return f"/reflections/{tokens.issue(settings.secret_key, purpose, introduction.key, recipient, expires)}"

    return path


def text(answer: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))  # type: ignore[attr-defined]


def told(session: Session) -> Reflection:
    session.expire_all()
    return session.scalars(select(Reflection)).one()


def test_opening_the_link_changes_nothing_and_shows_no_contact(
    session: Session, visit: Visit, own: Link, visitor: Browser
) -> None:
    changes = session.scalar(select(func.count(StateChange.id)))
    for path in (own(), f"{own()}?took_place=no", own("partner")):
        answer = visitor.get(path)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
        page = answer.get_data(as_text=True)
        for private in (visit.introduction.partner.email, visit.introduction.request.teacher.account.email, "room 12"):
            assert private not in page
    assert session.scalar(select(func.count(StateChange.id))) == changes
    assert session.scalar(select(func.count(Reflection.id))) == 0


def test_each_reads_it_in_their_own_language(visit: Visit, own: Link, visitor: Browser) -> None:
    assert "How was it with Esperanza Ochoa?" in text(visitor.get(own()))
    assert "¿Cómo le fue con Ana Luisa Robles?" in text(visitor.get(own("partner")))


def test_the_mail_may_carry_the_answer(visit: Visit, own: Link, visitor: Browser) -> None:
    assert "checked" not in visitor.get(own()).get_data(as_text=True), "nothing is chosen beforehand"
    assert 'value="no" checked' in visitor.get(f"{own()}?took_place=no").get_data(as_text=True)
    assert "checked" not in visitor.get(f"{own()}?took_place=maybe").get_data(as_text=True)


def test_two_answers_are_enough_and_twice_is_once(session: Session, visit: Visit, own: Link, visitor: Browser) -> None:
    for _ in range(2):
        assert visitor.post(own(), HELD).status_code == 302
    assert told(session).again is Again.YES
    assert session.get_one(Introduction, visit.introduction_id).state is IntroductionState.MET
    page = text(visitor.get(own()))
    assert "Thank you for telling us." in page and "Change what I wrote, until Wednesday, October 14" in page


def test_a_visit_that_was_not_needs_no_second_answer(
    session: Session, visit: Visit, own: Link, visitor: Browser
) -> None:
    assert visitor.post(own("partner"), {"took_place": "no", "language": "es"}).status_code == 302
    assert session.get_one(Introduction, visit.introduction_id).state is IntroductionState.NOT_HELD
    assert "La visita no se hizo." in text(visitor.get(own("partner")))
    answer = visitor.post(own(), HELD, follow_redirects=True)
    assert "told to us differently before" in text(answer)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Please say whether the visit took place."),
        ({"took_place": "yes"}, "Please say whether you would do it again."),
        ({**STORY, "story": ""}, "Please write the story that may be shared."),
        ({**STORY, "first_name": ""}, "Please write your first name"),
        ({**STORY, "first_name": "Ana Robles"}, "Please leave the family name out"),
        ({**STORY, "story": "x" * 3001}, "Please shorten this"),
        ({**STORY, "story": "Mateo is a student who laughed."}, "Is “Mateo” a student?"),
    ],
)
def test_what_is_missing_or_too_much_is_said_and_nothing_is_stored(
    session: Session, visit: Visit, own: Link, visitor: Browser, sent: dict[str, str], said: str
) -> None:
    answer = visitor.post(own(), {"language": "en", **sent})
    assert answer.status_code == 422
    assert said in text(answer)
    assert session.scalar(select(func.count(Reflection.id))) == 0


def test_a_name_that_is_no_student_is_taken_at_her_word(
    session: Session, visit: Visit, own: Link, visitor: Browser
) -> None:
    named = {**STORY, "story": "Mateo is a student of life.", "no_student_named": "1"}
    assert visitor.post(own(), named).status_code == 302
    assert told(session).story.startswith("Mateo")


def test_a_link_is_for_one_reader_one_purpose_and_its_time(visit: Visit, own: Link, visitor: Browser) -> None:
    assert visitor.get(own(recipient=f"teacher:{visit.introduction.request.teacher_id + 1}")).status_code == 404
    assert visitor.get(own(recipient=f"partner:{visit.introduction.request.teacher_id + 99}")).status_code == 404
    assert visitor.get(f"{own()}x").status_code == 404
    ended = own(hours=-1)
    answer = visitor.get(ended)
    assert answer.status_code == 410
    assert "How was it with Esperanza Ochoa?" in text(answer) and "This link has ended." in text(answer)
    assert visitor.post(ended, HELD).status_code == 410


def test_after_thirty_days_it_stands_but_the_story_can_still_be_taken_back(
    session: Session, visit: Visit, own: Link, visitor: Browser
) -> None:
    visitor.post(own(), STORY)
    told(session).written_at = f.NOW - timedelta(days=31)
    session.flush()
    assert "Change what I wrote" not in text(visitor.get(own()))
    answer = visitor.post(own(), HELD)
    assert answer.status_code == 409 and "more than 30 days ago" in text(answer)
    assert told(session).consent
    assert visitor.post(f"{own()}/private").status_code == 302
    assert not told(session).consent


@pytest.mark.parametrize(
    ("state", "said"),
    [(IntroductionState.CANCELLED, "There is no visit to tell about."), (IntroductionState.SCHEDULED, "lies ahead")],
)
def test_where_there_is_nothing_to_tell_the_page_says_so(
    session: Session, visit: Visit, own: Link, visitor: Browser, state: IntroductionState, said: str
) -> None:
    session.get_one(Introduction, visit.introduction_id).state = state
    visit.starts_at, visit.ends_at = f.NOW + timedelta(days=1), f.NOW + timedelta(days=1, hours=1)
    session.flush()
    assert said in text(visitor.get(own()))
    assert visitor.post(own(), HELD).status_code == 409


def test_a_teacher_who_is_signed_in_tells_from_her_request(
    cast: Cast, visit: Visit, own: Link, browse: Browse, session: Session
) -> None:
    path = f"/requests/{visit.introduction.request_id}"
    page = browse(cast.ana.account).get(path).get_data(as_text=True)
    [link] = re.findall(r'href="(/reflections/[^"]+)"', page)
    assert "Tell how it was with Esperanza Ochoa" in page
    assert browse(cast.ana.account).post(link, HELD).status_code == 302
    assert told(session).side is Side.TEACHER
    assert "What you told us about the visit with" in browse(cast.ana.account).get(path).get_data(as_text=True)
    assert "/reflections/" not in browse(cast.marisol).get(path).get_data(as_text=True)


def test_a_story_is_read_then_shared_with_a_first_name_and_nothing_more(
    session: Session, cast: Cast, visit: Visit, own: Link, visitor: Browser, browse: Browse
) -> None:
    visitor.post(
        own(), {**STORY, "story": "Dibujaron el arroyo de memoria.", "language": "es", "note": "Room was hot."}
    )
    assert "The first story is still to come." in text(visitor.get("/stories"))
    office = browse(cast.marisol)
    page = office.get("/stories/review").get_data(as_text=True)
    assert "Dibujaron" in page and "Room was hot." in page
    row = told(session)
    seen = reflections.as_read(row)
    assert office.post(f"/stories/{row.id}/share", {"seen": "something else"}).status_code == 409
    assert office.post(f"/stories/{row.id}/share", {"seen": seen}).status_code == 302
    page = visitor.get("/stories").get_data(as_text=True)
    assert "Ana Luisa, teacher · Science · Sep 2026" in page
    assert re.search(r'lang="es">\s*<p>Dibujaron', page)
    for private in ("Robles", "Tres Hermanas", "Esperanza", "Room was hot", "Grade", "arroyo flood"):
        assert private not in page
    visitor.post(f"{own()}/private")
    assert "Dibujaron" not in visitor.get("/stories").get_data(as_text=True)
    assert "Dibujaron" not in office.get("/stories/review").get_data(as_text=True)


def test_a_story_can_be_kept_back_and_taken_down(
    session: Session, cast: Cast, visit: Visit, own: Link, visitor: Browser, browse: Browse
) -> None:
    visitor.post(own(), STORY)
    row, office = told(session), browse(cast.marisol)
    seen = {"seen": reflections.as_read(row)}
    for action, shown in (("put-away", False), ("share", True), ("put-away", False)):
        assert office.post(f"/stories/{row.id}/{action}", seen).status_code == 302
        assert ("They drew the wash" in visitor.get("/stories").get_data(as_text=True)) is shown
        assert "story to read" not in text(office.get("/stories/review"))
    assert browse(cast.olga).post(f"/stories/{row.id}/share", seen).status_code == 404


def test_nobody_reads_what_was_told_next_door(
    cast: Cast, visit: Visit, own: Link, visitor: Browser, browse: Browse
) -> None:
    visitor.post(own(), {**STORY, "note": "Room was hot."})
    page = browse(cast.olga).get("/stories/review").get_data(as_text=True)
    assert "Room was hot" not in page and "They drew" not in page


def test_many_stories_are_on_pages(cast: Cast, session: Session, visitor: Browser) -> None:
    for at in range(21):
        introduction = f.IntroductionFactory(region=cast.region, state=IntroductionState.MET)
        f.ReflectionFactory(
            region=cast.region, of=introduction, story=f"Story number {at}.", first_name="Ana", consent=True,
            shared_at=f.NOW - timedelta(hours=at),
        )  # fmt: skip
    assert "Story number 20." not in text(visitor.get("/stories"))
    assert "Story number 20." in text(visitor.get("/stories?page=2"))
