"""A mail that came back for a while leaves once more: composed anew, the same mail by its Message-ID."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker.mail.deliver import deliver
from matchmaker.mail.transport import Transport
from matchmaker.services import bounces
from matchmaker.settings import Settings
from models import Introduction, IntroductionState
from tests import factories as f
from tests.mail.conftest import Postbox, item_for, part

AGAIN = f.NOW + timedelta(hours=1)


@pytest.mark.parametrize("kind", ["invitation", "introduction_teacher", "introduction_partner"])
def test_the_same_mail_again(
    session: Session, introduction: Introduction, transport: Transport, postbox: Postbox, settings: Settings, kind: str
) -> None:
    if kind != "invitation":
        introduction.state = IntroductionState.ACCEPTED
    item = item_for(introduction, kind)
    deliver(session, item, transport, settings, f.NOW)
    introduction.state = IntroductionState.INVITED if kind == "invitation" else IntroductionState.INTRODUCED
    introduction.answer_by = f.NOW + timedelta(days=7)

    bounces.came_back(session, item, "4.4.7", f.NOW, for_good=False)
    assert deliver(session, item, transport, settings, AGAIN)

    first, again = postbox.mails
    assert first["Message-ID"] == again["Message-ID"] and first["Subject"] == again["Subject"]
    assert first["Date"] != again["Date"] and item.done_at == AGAIN


def test_the_day_to_answer_by_stays(
    session: Session, introduction: Introduction, transport: Transport, postbox: Postbox, settings: Settings
) -> None:
    item = item_for(introduction, "invitation")
    deliver(session, item, transport, settings, f.NOW)
    introduction.state, introduction.answer_by = IntroductionState.INVITED, f.NOW + timedelta(days=3)
    bounces.came_back(session, item, "4.4.7", f.NOW, for_good=False)

    deliver(session, item, transport, settings, AGAIN + timedelta(days=2))

    assert "jueves 17 de septiembre" in part(postbox.mails[-1], "plain").replace("\n", " ")


@pytest.mark.parametrize("state", [IntroductionState.NOT_NOW, IntroductionState.LAPSED, IntroductionState.WITHDRAWN])
def test_what_nobody_waits_for_any_more_stays_here(
    session: Session,
    introduction: Introduction,
    transport: Transport,
    postbox: Postbox,
    settings: Settings,
    state: IntroductionState,
) -> None:
    item = item_for(introduction, "invitation")
    deliver(session, item, transport, settings, f.NOW)
    bounces.came_back(session, item, "4.4.7", f.NOW, for_good=False)
    introduction.state = state

    assert deliver(session, item, transport, settings, AGAIN) is False
    assert len(postbox.raw) == 1 and item.done_at == AGAIN
