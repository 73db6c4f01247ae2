"""Redis goes away while a coordinator approves: the approval stands, and the mail leaves when Redis is back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matchmaker import create_app
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from models import Account, Heartbeat, Introduction, IntroductionState
from tests.cast import Cast
from tests.embedded.watching import until
from tests.faults.conftest import House
from tests.services.conftest import set_desk


def browser(app: Flask, account: Account) -> FlaskClient:
    """A browser signed in as somebody."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = account.fs_uniquifier, True
    return client


@pytest.mark.full
def test_an_approval_without_redis_stands_and_its_mail_leaves_later(house: House, people: Cast) -> None:
    with house.database.stored():
        desk = set_desk(people, starts_at=utc_now() + timedelta(days=21))
    app = create_app(replace(house.database.settings, redis_url=house.environment["REDIS_URL"]))
    # The form's token is another test's matter: here a coordinator has the page open already.
    app.config["WTF_CSRF_ENABLED"] = False
    house.start("mailer").wait_until_ready()
    house.redis.stop()
    page = browser(app, people.marisol)
    answer = page.post(
        f"/desk/{desk.request.id}/approve",
        data={"ranking": desk.ranking.id, "proposal": desk.first.id, "view": "section=ready"},
    )
    assert answer.status_code == 302
    assert house.count(Introduction.state == IntroductionState.APPROVED) == 1
    assert house.mails == []
    house.redis.start()
    house.redis.wait_until_ready()
    house.start("clock")
    until(lambda: house.count(Introduction.state == IntroductionState.INVITED) == 1, seconds=60)
    assert house.children["mailer"].running, "it found Redis again by itself"
    [mail] = house.mails
    assert "Esperanza" in str(mail["To"])
    with app.app_context():
        db.engine.dispose()


@pytest.mark.full
def test_workers_and_clock_outlive_redis(house: House, people: Cast) -> None:
    """Nobody starts them again: they find Redis when it is back, and work goes on."""
    house.start("mailer").wait_until_ready()
    house.start("clock").wait_until_ready()
    before = {name: child.process and child.process.pid for name, child in house.children.items()}
    house.redis.stop()
    until(lambda: all("redis" in (house.home.log / f"{name}.log").read_text().lower() for name in before), seconds=60)
    with house.database.stored() as session:
        desk = set_desk(people, starts_at=utc_now() + timedelta(days=21))
        desk.approve(session, utc_now)
    house.redis.start()
    house.redis.wait_until_ready()
    until(lambda: house.count(Introduction.state == IntroductionState.INVITED) == 1, seconds=60)
    until(lambda: house.count(Heartbeat.name.in_(("mail", "clock")), of=Heartbeat) == 2, seconds=60)
    assert {name: child.process and child.process.pid for name, child in house.children.items()} == before
    assert all(child.running for child in house.children.values())


def test_a_nudge_that_was_lost_is_made_good_by_the_clock(house: House, people: Cast) -> None:
    """The mailer is idle and nobody tells it of the new item; the next beat of the clock does."""
    house.start("mailer").wait_until_ready()
    with house.database.stored() as session:
        desk = set_desk(people, starts_at=utc_now() + timedelta(days=21))
        desk.approve(session, utc_now)
    house.start("clock")
    until(lambda: house.count(Introduction.state == IntroductionState.INVITED) == 1, seconds=60)
    assert len(house.mails) == 1
