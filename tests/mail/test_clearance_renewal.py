"""Help with renewing a clearance: what ends when, from a person, and not to those who stopped such mails."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from matchmaker.mail.deliver import deliver
from matchmaker.mail.transport import Transport
from matchmaker.settings import Settings
from models import Clearance, MailKind, OutboxItem
from tests import factories as f
from tests.cast import Cast
from tests.mail.test_clearances import Post, flowing


@pytest.fixture
def help_(cast: Cast) -> OutboxItem:
    """Marisol offers it to Esperanza, whose clearance ends in three weeks."""
    cast.esperanza.clearance_expires_on = date(2026, 10, 7)
    payload = {"partner_id": cast.esperanza.id, "by_id": cast.marisol.id}
    made: OutboxItem = f.OutboxItemFactory(kind="clearance_renewal", region_id=cast.region.id, payload=payload)
    return made


@pytest.mark.parametrize(
    ("language", "clearance", "ends", "subject", "said"),
    [
        ("en", "cleared", date(2026, 10, 7), "ends on Wednesday, October 7, 2026", "usually takes about two weeks"),
        ("en", "cleared", date(2026, 9, 1), "ended on Tuesday, September 1, 2026", "ended on Tuesday"),
        ("en", "unknown", None, "Your school clearance", "we have none on file for you yet"),
        ("es", "cleared", date(2026, 10, 7), "vence el miércoles 7 de octubre de 2026", "con gusto le ayudamos"),
    ],
)
def test_it_says_what_is_on_file_and_whom_to_ask(
    cast: Cast, help_: OutboxItem, post: Post, language: str, clearance: str, ends: date | None, subject: str, said: str
) -> None:
    cast.esperanza.language, cast.esperanza.clearance = language, Clearance(clearance)
    cast.esperanza.clearance_expires_on = ends
    mail = post(help_)
    assert subject in mail["Subject"]
    for kind in ("plain", "html"):
        assert said in flowing(mail, kind)
        assert "520-555-0142" in flowing(mail, kind) and "Marisol Vega" in flowing(mail, kind)
    assert cast.marisol.email in mail["Reply-To"]
    assert mail["List-Unsubscribe"] is not None


@pytest.mark.parametrize("now", ["renewed", "in process", "stopped", "merged"])
def test_what_changed_since_is_not_written(
    session: Session, cast: Cast, help_: OutboxItem, transport: Transport, settings: Settings, now: str
) -> None:
    if now == "renewed":
        cast.esperanza.clearance_expires_on = date(2027, 10, 6)
    elif now == "in process":
        cast.esperanza.clearance = Clearance.IN_PROCESS
    elif now == "merged":
        cast.esperanza.merged_into_id, cast.esperanza.reviewed_at = cast.ramon.id, None
    else:
        f.SuppressionFactory(region=cast.region, email=cast.esperanza.email, kind=MailKind.ASKING)
    session.flush()
    assert not deliver(session, help_, transport, settings, f.NOW)
