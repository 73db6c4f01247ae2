"""What the workers do with the outbox: one item after the other, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.clock import utc_now
from matchmaker.mail.transport import Transport
from models import OutboxItem, QueueName
from tests import factories as f
from tests.cast import Cast
from tests.mail.conftest import Postbox, Server

MAIL = QueueName.MAIL


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    server = Server(box)
    yield box
    server.stop()


@pytest.fixture
def mailer(app: Flask, session: Session, postbox: Postbox) -> Iterator[Flask]:
    """The application as the mailer's process has it."""
    with Transport(postbox.url, timeout=5) as transport:
        app.extensions["transport"] = transport
        yield app
        del app.extensions["transport"]


def vouched(cast: Cast) -> OutboxItem:
    """A mail that tells a teacher she may post."""
    item: OutboxItem = f.OutboxItemFactory(
        kind="vouched",
        region_id=cast.region.id,
        due_at=f.NOW,
        payload={"membership_id": cast.ana.account.memberships[0].id},
    )
    f.current().commit()
    return item


@pytest.fixture
def due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers read the real clock; here it stands at the factories' present."""
    monkeypatch.setattr(jobs, "utc_now", lambda: f.NOW)


def test_nothing_due_is_nothing_done(session: Session, mailer: Flask, due: None) -> None:
    f.OutboxItemFactory(queue=QueueName.RANKING)
    assert jobs.do_next(session, MAIL) is False


@pytest.mark.usefixtures("due", "mailer")
def test_items_are_done_until_none_is_left(session: Session, cast: Cast, postbox: Postbox) -> None:
    items = [vouched(cast) for _ in range(3)]
    for _ in items:
        assert jobs.do_next(session, MAIL)
    assert jobs.do_next(session, MAIL) is False
    assert [item.done_at for item in items] == [f.NOW] * 3
    assert len({mail["Message-ID"] for mail in postbox.mails}) == 3


@pytest.mark.usefixtures("due", "mailer")
def test_a_server_that_says_later_is_asked_later(session: Session, cast: Cast, postbox: Postbox) -> None:
    item = vouched(cast)
    postbox.at_data.append("451 busy")
    assert jobs.do_next(session, MAIL)
    assert (item.attempts, item.done_at, item.failed_at) == (1, None, None)
    assert item.due_at > f.NOW and "451" in (item.last_error or "")
    assert jobs.do_next(session, MAIL) is False
    item.due_at = f.NOW
    session.flush()
    assert jobs.do_next(session, MAIL)
    assert item.done_at == f.NOW
    assert [mail["Message-ID"] for mail in postbox.mails] == [f"<{item.uid}@matchmaker.example>"]


@pytest.mark.usefixtures("due", "mailer")
def test_what_can_never_be_sent_does_not_hold_up_the_rest(session: Session, cast: Cast, postbox: Postbox) -> None:
    unknown = f.OutboxItemFactory(kind="no such letter", due_at=f.NOW)
    good = vouched(cast)
    assert jobs.do_next(session, MAIL) and jobs.do_next(session, MAIL)
    assert (unknown.failed_at, unknown.done_at) == (f.NOW, None)
    assert good.done_at == f.NOW
    assert jobs.do_next(session, MAIL) is False


@pytest.mark.usefixtures("due", "mailer")
def test_a_broken_item_is_tried_again_and_does_not_hold_up_the_rest(session: Session, cast: Cast) -> None:
    broken = f.OutboxItemFactory(kind="vouched", due_at=f.NOW, payload={})
    good = vouched(cast)
    assert jobs.do_next(session, MAIL) and jobs.do_next(session, MAIL)
    assert (broken.attempts, broken.failed_at, broken.last_error) == (1, None, "KeyError: 'membership_id'")
    assert good.done_at == f.NOW


def test_the_real_clock_is_the_one_that_is_stood_still_here() -> None:
    assert jobs.utc_now is utc_now
