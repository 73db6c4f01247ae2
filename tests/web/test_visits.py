"""A visit's page by link: what it shows to whom, and what its forms do; never a contact, never the room."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.settings import Settings
from models import Account, Introduction, IntroductionState, OutboxItem, RequestState, Side, Visit
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.world import World

Browse = Callable[[Account | None], Browser]
Own = Callable[..., str]
PHOENIX = ZoneInfo("America/Phoenix")
IN_OCTOBER = {"slot": "own", "own-0-date": "2026-10-14", "own-0-starts": "13:10", "minutes": "50"}


@pytest.fixture
def introduced(cast: Cast, session: Session) -> Introduction:
    """Ana and Esperanza were introduced; no date yet."""
    cast.school.bells = [{"name": "2", "from": "08:55", "to": "09:45"}, {"name": "3", "from": "09:50", "to": "10:40"}]
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza)
    made: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.INTRODUCED
    )
    session.commit()
    return made


@pytest.fixture
def visit(introduced: Introduction, session: Session, cast: Cast) -> Visit:
    """They meet on October 6."""
    introduced.state = IntroductionState.SCHEDULED
    introduced.request.state = RequestState.SCHEDULED
    agreed: Visit = f.VisitFactory(region=cast.region, of=introduced, room="Library B")
    session.commit()
    return agreed


@pytest.fixture
def own(introduced: Introduction, settings: Settings) -> Own:
    """The path of one side's page."""

    def path(side: str = "teacher", *, hours: int = 24 * 60, recipient: str | None = None) -> str:
        reader = introduced.request.teacher_id if side == "teacher" else introduced.partner_id
        until = f.NOW + timedelta(hours=hours)
        token = tokens.issue(
            settings.secret_key, tokens.Purpose.VISIT, introduced.key, recipient or f"{side}:{reader}", until
        )
        return f"/visits/{token}"

    return path


def words(answer: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))  # type: ignore[attr-defined]


def drawn(page: object) -> str:
    """The sequence that a page's forms carry."""
    (*_, last) = re.findall(r'name="sequence"[^>]*value="(-?\d+)"', page.get_data(as_text=True))  # type: ignore[attr-defined]
    return str(last)


def test_the_page_says_what_when_where_and_with_whom(visitor: Browser, own: Own, visit: Visit) -> None:
    page = visitor.get(own("teacher"))
    said = words(page)
    for word in ("You and Esperanza Ochoa", "Tuesday, October 6, 9:20 to 10:10", "Tres Hermanas Middle School"):
        assert word in said, word
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("side", ["teacher", "partner"])
@pytest.mark.parametrize("state", ["introduced", "scheduled", "cancelled", "met"])
def test_neither_contacts_nor_the_room_are_on_it(
    visitor: Browser, own: Own, visit: Visit, introduced: Introduction, session: Session, side: str, state: str
) -> None:
    introduced.state = IntroductionState(state)
    session.commit()
    page = visitor.get(own(side)).get_data(as_text=True)
    teacher, partner = introduced.request.teacher, introduced.partner
    for secret in (teacher.account.email, teacher.phone, partner.email, partner.phone, "room 12", "Library B"):
        assert secret not in page, secret
    file = visitor.get(own(side) + "/calendar.ics").get_data(as_text=True).replace("\r\n ", "")
    for secret in (teacher.account.email, partner.email, "room 12", "Library B"):
        assert secret not in file, secret


def test_the_partner_reads_it_in_spanish(visitor: Browser, own: Own, visit: Visit) -> None:
    page = visitor.get(own("partner"))
    assert '<html lang="es"' in page.get_data(as_text=True) and "Usted y Ana Luisa Robles" in words(page)


def test_a_link_of_somebody_else_opens_nothing(visitor: Browser, own: Own, visit: Visit, cast: Cast) -> None:
    for recipient in (
        f"teacher:{cast.tomas.id}",
        f"partner:{cast.ramon.id}",
        "teacher:",
        "mayor:1",
        "coordinator:None",
    ):
        assert visitor.get(own(recipient=recipient)).status_code == 404, recipient


def test_a_link_that_ended_tells_how_it_stands_and_changes_nothing(
    visitor: Browser, own: Own, visit: Visit, session: Session
) -> None:
    page = visitor.get(own(hours=-1))
    assert page.status_code == 410 and "October 6" in words(page) and "<form" not in words(page)
    assert visitor.post(own(hours=-1) + "/cancel").status_code == 410
    assert session.scalars(select(Visit.sequence)).one() == 0


def test_reading_changes_nothing(visitor: Browser, own: Own, visit: Visit, session: Session) -> None:
    for _ in range(2):
        visitor.get(own("partner"))
    session.refresh(visit)
    assert visit.sequence == 0 and session.scalars(select(OutboxItem)).all() == []


def test_a_proposed_time_is_one_tap(visitor: Browser, own: Own, introduced: Introduction, session: Session) -> None:
    page = visitor.get(own("partner"))
    slots = re.findall(r'name="slot" value="(\d+)"', page.get_data(as_text=True))
    assert len(slots) == 12

    answer = visitor.post(own("partner") + "/date", {"slot": slots[0], "sequence": drawn(page)})

    assert answer.status_code == 302
    agreed = session.scalars(select(Visit)).one()
    assert agreed.starts_at == datetime(2026, 9, 16, 9, 50, tzinfo=PHOENIX) or agreed.starts_at.timestamp() == int(
        slots[0]
    )
    assert introduced.state is IntroductionState.SCHEDULED
    assert "Guardado" in words(visitor.get(answer.headers["Location"]))


def test_a_date_of_ones_own(visitor: Browser, own: Own, visit: Visit, session: Session) -> None:
    sent = {**IN_OCTOBER, "sequence": "0"}
    for _ in range(2):
        assert visitor.post(own() + "/date", sent).status_code == 302
    session.refresh(visit)
    assert visit.starts_at == datetime(2026, 10, 14, 13, 10, tzinfo=PHOENIX)
    assert visit.ends_at - visit.starts_at == timedelta(minutes=50)
    assert visit.sequence == 1, "a double tap is one move"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"own-0-date": "2026-09-01"}, "Please choose a day that lies ahead."),
        ({"own-0-date": "2026-10-17"}, "Please choose a school day"),
        ({"own-0-date": ""}, "Please add the date."),
        ({"own-0-starts": ""}, "Please add the time the class begins."),
        ({"own-0-date": "", "own-0-starts": ""}, "Please add the date."),
        ({"slot": ""}, "Please choose a date."),
        ({"slot": "99999999999999"}, "Please choose a date."),
        ({"own-0-date": "tomorrow"}, "Please choose a day."),
    ],
)
def test_what_is_wrong_with_a_date_is_said_beside_it(
    visitor: Browser, own: Own, visit: Visit, session: Session, changed: dict[str, str], said: str
) -> None:
    answer = visitor.post(own() + "/date", {**IN_OCTOBER, "sequence": "0", **changed})
    assert answer.status_code == 422 and said in words(answer)
    assert "Please look at this first" in words(answer)
    session.refresh(visit)
    assert visit.sequence == 0


@pytest.mark.parametrize("path", ["/date", "/cancel"])
@pytest.mark.parametrize("sequence", ["-1", "1", "", "x", "99999999999999"])
def test_a_form_drawn_for_another_date_is_shown_how_it_stands(
    visitor: Browser, own: Own, visit: Visit, session: Session, path: str, sequence: str
) -> None:
    answer = visitor.post(own() + path, {**IN_OCTOBER, "sequence": sequence, "off-sequence": sequence})
    assert answer.status_code == 409 and "this is how it stands" in words(answer) and "October 6" in words(answer)
    session.refresh(visit)
    assert visit.sequence == 0 and visit.cancelled_at is None


def test_a_full_month_is_said_in_words(visitor: Browser, own: Own, visit: Visit, cast: Cast, session: Session) -> None:
    cast.esperanza.monthly_capacity = 0
    answer = visitor.post(own() + "/date", {**IN_OCTOBER, "own-0-date": "2026-11-04", "sequence": "0"})
    assert answer.status_code == 409 and "has given all visits of that month" in words(answer)


def test_calling_off_by_link(visitor: Browser, own: Own, visit: Visit, session: Session) -> None:
    sent = {"sequence": "0", "off-sequence": "0", "off-reason": "ill"}
    for _ in range(2):
        assert visitor.post(own("partner") + "/cancel", sent).status_code == 302
    session.refresh(visit)
    assert (visit.cancelled_by, visit.cancel_reason, visit.sequence) == (Side.PARTNER, "ill", 1)
    said = words(visitor.get(own("teacher")))
    assert "This visit was called off." in said and "Illness" not in said


def test_another_site_cannot_send_the_form(app: object, visitor: Browser, own: Own, visit: Visit) -> None:
    assert visitor.post_bare(own() + "/cancel", {"off-sequence": "0"}).status_code == 400


def test_the_file_is_the_same_event_as_in_the_mails(visitor: Browser, own: Own, visit: Visit) -> None:
    answer = visitor.get(own() + "/calendar.ics")
    event = vobject.readOne(answer.get_data(as_text=True)).vevent
    assert answer.mimetype == "text/calendar"
    assert event.uid.value == f"{visit.introduction.key}@matchmaker.example"
    assert event.dtstart.value == visit.starts_at


def test_without_a_date_there_is_no_file(visitor: Browser, own: Own, introduced: Introduction) -> None:
    assert visitor.get(own() + "/calendar.ics").status_code == 404


def test_whoever_is_signed_in_reaches_it_by_the_introduction(
    browse: Browse, cast: Cast, visit: Visit, introduced: Introduction, session: Session
) -> None:
    for account, greeting in (
        (cast.ana.account, "You and Esperanza Ochoa"),
        (session.get_one(Account, cast.esperanza.account_id), "Usted y Ana Luisa Robles"),
        (cast.ben, "Esperanza Ochoa and the class of Ana Luisa Robles"),
    ):
        browser = browse(account)
        sent_on = browser.get(f"/visits/of/{introduced.id}")
        assert sent_on.status_code == 302
        assert greeting in words(browser.get(sent_on.headers["Location"]))


def test_a_teacher_is_not_led_to_whom_she_does_not_know_of_yet(browse: Browse, cast: Cast, world: World) -> None:
    for introduction in (world.approved, world.invited):
        assert browse(cast.ana.account).get(f"/visits/of/{introduction.id}").status_code == 404
        assert browse(cast.ben).get(f"/visits/of/{introduction.id}").status_code == 302


def test_a_coordinators_link_works_for_that_coordinator_only(
    browse: Browse, visitor: Browser, cast: Cast, visit: Visit, introduced: Introduction, session: Session
) -> None:
    page = browse(cast.ben).get(f"/visits/of/{introduced.id}").headers["Location"]
    for other in (visitor, browse(cast.marisol), browse(cast.charlie), browse(cast.olga)):
        assert other.get(page).status_code == 404
    moved = browse(cast.ben).post(page + "/date", {**IN_OCTOBER, "sequence": "0"})
    assert moved.status_code == 302
    told = session.scalars(select(OutboxItem).where(OutboxItem.kind == "visit_changed")).all()
    assert {item.payload["by"] for item in told} == {"coordinator"}
