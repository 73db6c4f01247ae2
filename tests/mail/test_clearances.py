"""The letters about a clearance that does not reach a visit, and about a visit that nobody has planned yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from matchmaker.mail.deliver import deliver
from matchmaker.mail.transport import Transport
from matchmaker.services import letters
from matchmaker.settings import Settings
from models import Clearance, Introduction, IntroductionState, OutboxItem, Side, Visit
from tests import factories as f
from tests.cast import Cast
from tests.mail.conftest import links, part

Post = Callable[[OutboxItem], EmailMessage]


@pytest.fixture
def visit(introduction: Introduction, cast: Cast) -> Visit:
    """Ana and Esperanza, who reads Spanish, meet on October 6; her clearance ends on the first."""
    introduction.state = IntroductionState.SCHEDULED
    cast.esperanza.clearance_expires_on = date(2026, 10, 1)
    agreed: Visit = f.VisitFactory(region=cast.region, of=introduction)
    return agreed


def left(visit: Visit, kind: str, side: Side) -> OutboxItem:
    item: OutboxItem = f.OutboxItemFactory(
        kind=kind,
        key=letters.key(kind, visit.introduction, side),
        region_id=visit.region_id,
        payload={"introduction_id": visit.introduction_id, "side": side.value, "visit_id": visit.id},
    )
    return item


def flowing(mail: EmailMessage, kind: str = "plain") -> str:
    return " ".join(part(mail, kind).split())


def test_the_partner_reads_what_until_when_and_whom_to_ask(cast: Cast, visit: Visit, post: Post) -> None:
    cast.esperanza.language = "en"
    mail = post(left(visit, "clearance_ends", Side.PARTNER))
    assert mail["Subject"] == "Your school clearance and the visit on Tuesday, October 6"
    for kind in ("plain", "html"):
        said = flowing(mail, kind)
        assert "on file for you ends on Thursday, October 1, 2026" in said
        assert "The visit stands as agreed." in said
        assert "Please do not send the report itself: we never keep it." in said
        assert "call me at 520-555-0142" in said and "Marisol Vega" in said
    assert mail["Reply-To"] is not None and cast.marisol.email in mail["Reply-To"]


def test_in_spanish(visit: Visit, post: Post) -> None:
    mail = post(left(visit, "clearance_ends", Side.PARTNER))
    assert mail["Content-Language"] == "es"
    assert "vence el jueves 1 de octubre de 2026" in flowing(mail)
    assert "usted" in flowing(mail)


def test_one_that_is_not_known_has_no_end_to_tell(cast: Cast, visit: Visit, post: Post) -> None:
    cast.esperanza.language, cast.esperanza.clearance = "en", Clearance.IN_PROCESS
    assert "we have none on file for you yet that counts that day" in flowing(
        post(left(visit, "clearance_ends", Side.PARTNER))
    )


@pytest.mark.parametrize("now", ["renewed", "rules", "cancelled"])
def test_what_was_settled_since_is_not_written(
    session: Session, cast: Cast, visit: Visit, transport: Transport, settings: Settings, now: str
) -> None:
    if now == "renewed":
        cast.esperanza.clearance_expires_on = date(2026, 10, 6)
    elif now == "rules":
        f.ClearanceRuleFactory(region=cast.region)
    else:
        visit.introduction.state = IntroductionState.CANCELLED
    session.flush()
    assert not deliver(session, left(visit, "clearance_ends", Side.PARTNER), transport, settings, f.NOW)


def test_the_teacher_is_asked_who_is_in_the_room(cast: Cast, visit: Visit, post: Post) -> None:
    mail = post(left(visit, "plan_wanted", Side.TEACHER))
    assert mail["Subject"] == "Who will be with the class on Tuesday, October 6?"
    assert "Esperanza Ochoa comes on Tuesday, October 6, 9:20 to 10:10." in flowing(mail)
    assert any(address.endswith("/plan") and "/visits/" in address for address in links(mail))


def test_a_plan_that_was_written_since_is_not_asked_for(
    session: Session, visit: Visit, transport: Transport, settings: Settings
) -> None:
    visit.planned_at = f.NOW
    session.flush()
    assert not deliver(session, left(visit, "plan_wanted", Side.TEACHER), transport, settings, f.NOW)
