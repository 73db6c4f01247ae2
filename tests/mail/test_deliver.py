"""At least once, never lost: retries, kills between the server's 250 and our commit, and two mailers at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from matchmaker import create_app, outbox
from matchmaker.extensions import alembic, db
from matchmaker.jobs import AFTER_SENDING
from matchmaker.mail.deliver import COMPOSE, SENT, PermanentFailure, TransientFailure, deliver
from matchmaker.mail.transport import Transport
from matchmaker.settings import Settings
from models import AuditEvent, Introduction, IntroductionState, OutboxItem, QueueName, StateChange
from tests import factories as f
from tests.cast import assemble
from tests.mail.conftest import Postbox, item_for


def test_a_failed_try_leaves_everything_to_do(
    session: Session, introduction: Introduction, transport: Transport, postbox: Postbox, settings: Settings
) -> None:
    item = item_for(introduction, "invitation")
    postbox.at_rcpt.append("451 later")

    with pytest.raises(TransientFailure), session.begin_nested():
        deliver(session, item, transport, settings, f.NOW)
    assert item.done_at is None and introduction.state is IntroductionState.APPROVED

    deliver(session, item, transport, settings, f.NOW)
    assert item.done_at == f.NOW


@pytest.mark.parametrize("kind", ["invitation", "introduction_teacher", "introduction_partner"])
def test_a_kill_before_the_commit_sends_the_same_mail_again(
    session: Session,
    introduction: Introduction,
    transport: Transport,
    postbox: Postbox,
    settings: Settings,
    kind: str,
) -> None:
    if kind != "invitation":
        introduction.state = IntroductionState.ACCEPTED
    item = item_for(introduction, kind)

    killed = session.begin_nested()
    deliver(session, item, transport, settings, f.NOW)
    killed.rollback()
    deliver(session, item, transport, settings, f.NOW)

    first, again = postbox.mails
    assert first["Message-ID"] == again["Message-ID"] == f"<{item.uid}@{settings.mail_domain}>"


def test_an_unknown_kind_is_put_aside(
    session: Session, transport: Transport, postbox: Postbox, settings: Settings
) -> None:
    with pytest.raises(PermanentFailure):
        deliver(session, f.OutboxItemFactory(kind="postcard"), transport, settings, f.NOW)

    assert postbox.raw == []


def test_what_is_sent_can_be_composed() -> None:
    assert set(SENT) <= set(COMPOSE)


@pytest.fixture
def committed(settings: Settings) -> Iterator[Flask]:
    """An application on a database of its own, where commits are real."""
    name = f"race_{uuid4().hex}"
    admin = settings.database_url.replace("postgresql+psycopg://", "postgresql://")
    url = make_url(settings.database_url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        app = create_app(replace(settings, database_url=url))
        with app.app_context():
            alembic.upgrade()
            f.Stored.session = db.session
            yield app
            f.Stored.session = None
            db.session.close()
            db.engine.dispose()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_two_mailers_introduce_once(committed: Flask, postbox: Postbox) -> None:
    cast = assemble()
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.ramon, what=cast.ramon.funds[0])
    introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=IntroductionState.ACCEPTED
    )
    for side in ("teacher", "partner"):
        item_for(introduction, f"introduction_{side}")
    db.session.commit()
    # Each server answer waits for the other mailer's mail, so that both are between SMTP and commit at once.
    postbox.meet(2)

    def mailer() -> str:
        with committed.app_context(), Transport(postbox.url, timeout=20) as transport:
            item = outbox.claim(db.session, QueueName.MAIL, f.NOW)
            assert item is not None
            deliver(db.session, item, transport, committed.config["SETTINGS"], f.NOW)
            AFTER_SENDING[item.kind](db.session, item, f.NOW)
            db.session.commit()
            return item.kind

    with ThreadPoolExecutor(2) as mailers:
        kinds = {future.result(30) for future in [mailers.submit(mailer) for _ in range(2)]}

    assert kinds == {"introduction_teacher", "introduction_partner"} and len(postbox.raw) == 2
    db.session.expire_all()
    assert introduction.state is IntroductionState.INTRODUCED
    assert db.session.scalars(select(StateChange.after)).all() == ["introduced"]
    assert db.session.scalars(select(AuditEvent.tag)).all() == ["mail:introduction:introduced"]


def test_two_mailers_never_hold_the_same_item(committed: Flask) -> None:
    f.OutboxItemFactory()
    db.session.commit()

    with committed.app_context():
        mine = outbox.claim(db.session, QueueName.MAIL, f.NOW)
        with committed.app_context():
            assert outbox.claim(db.session, QueueName.MAIL, f.NOW) is None
        assert isinstance(mine, OutboxItem)
