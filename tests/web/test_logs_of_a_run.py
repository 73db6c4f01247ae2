"""A request's whole path, with the log of production kept: it holds codes and figures, and nobody."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog
from flask import Flask
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs, logs
from matchmaker.mail.transport import Transport
from models import (
    Account,
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    Partner,
    QueueName,
    RequestState,
    Teacher,
)
from tests import factories as f
from tests.cast import Cast
from tests.mail.conftest import Postbox, Server, links
from tests.web.test_requests import form


@pytest.fixture
def in_production() -> Iterator[None]:
    """The log as production has it."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers = list(root.handlers)
    logs.configure(production=True)
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers


@pytest.fixture
def postbox(app: Flask) -> Iterator[Postbox]:
    """A mail server, and the application as the mailer's process has it."""
    box = Postbox()
    server = Server(box)
    with Transport(box.url, timeout=5) as transport:
        app.extensions["transport"] = transport
        yield box
        del app.extensions["transport"]
    server.stop()


def mailed(session: Session, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Everything that is due some minutes from now is done."""
    session.commit()
    monkeypatch.setattr(jobs, "utc_now", lambda: f.NOW + timedelta(minutes=minutes))
    while jobs.do_next(session, QueueName.MAIL):
        pass


def test_nobody_is_in_the_log_of_a_whole_run(
    app: Flask,
    session: Session,
    cast: Cast,
    browse,
    postbox: Postbox,
    in_production: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert browse(cast.ana.account).post("/requests/new", form()).status_code == 302
    asked = session.scalars(select(LearningRequest)).one()
    first = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza, what=cast.esperanza.funds[0])
    asked.state = RequestState.PROPOSED
    chosen = {"ranking": first.ranking_id, "proposal": first.id, "view": "section=ready"}
    assert browse(cast.marisol).post(f"/desk/{asked.id}/approve", chosen).status_code == 302
    introduction = session.scalars(select(Introduction)).one()

    # The server refuses her for good, and says whom; then somebody puts it right and sends it again.
    postbox.at_rcpt.append(f"550 <{cast.esperanza.email}> Esperanza Ochoa, (520) 555-0134, is unknown here")
    mailed(session, monkeypatch, 15)
    stuck = session.scalars(select(OutboxItem).where(OutboxItem.failed_at.is_not(None))).one()
    assert browse(cast.ada).post(f"/admin/outbox/{stuck.id}/retry").status_code == 302
    mailed(session, monkeypatch, 16)
    assert introduction.state is IntroductionState.INVITED
    path = next(re.search(r"/i/[^?#]+", address) for address in links(postbox.mails[-1]) if "/i/" in address)
    assert path is not None

    # A page that breaks, with the link in its address and a person in what the error says.
    with monkeypatch.context() as broken:
        broken.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        broken.setattr("matchmaker.tokens.read", lambda *given: 1 / len("") if given else None)
        assert browse(None).get(path[0]).status_code == 500
    # And nudges that are lost.
    with monkeypatch.context() as lost:
        lost.setitem(app.extensions, "redis", Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2))
        window = {"answer": "yes", "window": asked.windows[0].id}
        assert browse(None).post(path[0], window).status_code == 302
    mailed(session, monkeypatch, 20)
    assert introduction.introduced_at is not None
    assert len(postbox.mails) >= 3

    said = capsys.readouterr().out
    events = [json.loads(line) for line in said.splitlines()]
    told = {event["event"] for event in events}
    assert {"request", "mail_sent", "outbox_failed", "nudge_lost"} <= told
    assert any(event.get("raised", [None])[0] == "ZeroDivisionError" for event in events)
    assert {"/i/<token>", "/desk/<row:request_id>/approve"} <= {event.get("route") for event in events}
    assert all(event["request_id"] for event in events if event["event"] == "request")
    assert not [each for each in personal(session, postbox) if each.casefold() in said.casefold()]


def personal(session: Session, postbox: Postbox) -> set[str]:
    """Every name, every part of one, every address and telephone number there is, and every token that was mailed."""
    people = [*session.scalars(select(Account)), *session.scalars(select(Partner))]
    found = {person.email for person in people if person.email} | {"555-0134"}
    found |= {part for person in people for part in person.name.split() if len(part) > 3 and part != "Admin"}
    found |= {
        each.phone for each in (*session.scalars(select(Teacher)), *session.scalars(select(Partner))) if each.phone
    }
    for mail in postbox.mails:
        for address in links(mail):
            found |= {part for part in re.split(r"[/?#&=]", address) if len(part) > 30}
    assert len(found) > 15 and any("." in each and len(each) > 60 for each in found)
    return found
