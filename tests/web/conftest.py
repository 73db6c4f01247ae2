"""Browsers for page tests. Each request starts with a clean ``g``, as it would in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha1
from typing import Any

import pytest
import time_machine
from flask import Flask, g
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matchmaker import create_app, tokens
from matchmaker.extensions import db, limiter
from matchmaker.settings import Settings
from matchmaker.web import first_visit
from models import Account, Introduction
from tests import databases, factories
from tests.cast import Peopled
from tests.web.world import Furnished, World

PAGES_OF = {
    tokens.Purpose.TIMES: "t",
    tokens.Purpose.CHOICES: "mail",
    tokens.Purpose.JOIN: "join/by",
    tokens.Purpose.SIGN_IN: "sign-in/link",
    tokens.Purpose.ANSWER: "i",
    tokens.Purpose.VISIT: "visits",
    tokens.Purpose.TALK: "messages",
    tokens.Purpose.REFLECT: "reflections",
}
CSRF = sha1(b"a test's browser").hexdigest()


class Browser:
    """Somebody's browser. Rows a test has flushed are stored before each request, so that a refused one keeps them."""

    def __init__(self, app: Flask, session: Session, account: Account | None) -> None:
        self.app, self.session = app, session
        self.client: FlaskClient = app.test_client()
        # Somebody who was here before; tests/web/test_first_visit.py is the first time.
        self.client.set_cookie(first_visit.COOKIE, first_visit.version(app))
        if account is not None:
            with self.client.session_transaction() as cookie:
                cookie["_user_id"] = account.fs_uniquifier
                cookie["_fresh"] = True

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        self._start()
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form with its CSRF token."""
        with self.client.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF
        signer = URLSafeTimedSerializer(self.app.secret_key or "", salt="wtf-csrf-token")
        self._start()
        return self.client.post(path, data={"csrf_token": signer.dumps(CSRF), **(data or {})}, **options)

    def post_bare(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        """Send a form as another site could: without the token."""
        self._start()
        return self.client.post(path, data=data or {})

    def _start(self) -> None:
        self.session.commit()
        # The test holds the application context that requests then share; what they keep in g must not outlive them.
        for name in set(vars(g)) - {"_sqlalchemy_sessions"}:
            g.pop(name)


@pytest.fixture(autouse=True)
def present() -> Iterator[None]:
    """Pages take the time themselves: it stands still at the factories' present."""
    with time_machine.travel(factories.NOW, tick=False):
        yield


@pytest.fixture
def browse(app: Flask, session: Session) -> Callable[[Account | None], Browser]:
    """A new browser, signed in as somebody or nobody."""
    return lambda account=None: Browser(app, session, account)


@pytest.fixture
def visitor(browse: Callable[[Account | None], Browser]) -> Browser:
    """A browser that is nobody."""
    return browse(None)


@pytest.fixture
def link(settings: Settings) -> Callable[..., str]:
    """The path of the page that a mail's link opens: an invitation's, unless told otherwise."""

    def path(
        introduction: Introduction,
        *,
        hours: int = 24 * 30,
        recipient: str | None = None,
        purpose: tokens.Purpose = tokens.Purpose.ANSWER,
    ) -> str:
        expires = factories.NOW + factories.timedelta(hours=hours)
        token = tokens.issue(
            settings.secret_key,
            purpose,
            introduction.key,
            recipient or f"partner:{introduction.partner_id}",
            expires,
        )
        return f"/{PAGES_OF[purpose]}/{token}"

    return path


@pytest.fixture
def another(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Flask]]:
    """Applications with other settings on the same database; their connections are closed afterwards."""
    # One limiter serves all applications of a process: who makes one that counts must not leave it counting.
    monkeypatch.setattr(limiter, "enabled", limiter.enabled)
    made: list[Flask] = []

    def application(**changed: Any) -> Flask:
        made.append(create_app(replace(settings, **changed)))
        return made[-1]

    yield application
    for one in made:
        with one.app_context():
            db.engine.dispose()


@pytest.fixture
def queries() -> Iterator[list[str]]:
    """The statements sent to the database since this fixture was asked for."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not re.match(r"(SAVEPOINT|RELEASE|ROLLBACK)", statement):
            sent.append(statement)

    engine = db.session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def furnished(settings: Settings, peopled: Peopled) -> Iterator[Furnished]:
    """The cast's database once more, with the world in it. Nobody may be connected to what is copied."""
    peopled.database.engine.dispose()
    with databases.own(settings, peopled.database.engine.url.database) as database:
        yield Furnished.fill(database, peopled)


@pytest.fixture
def world(session: Session, furnished: Furnished) -> World:
    """One of everything that has a page."""
    return furnished.world(session)
