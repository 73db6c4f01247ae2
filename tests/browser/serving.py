"""The application itself before a browser: on a database of its own, without ranker, workers or mailer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from socket import SHUT_RD, socket
from threading import Thread

import time_machine
from flask import Flask
from flask_security.recoverable import generate_reset_password_token
from itsdangerous import URLSafeTimedSerializer
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from matchmaker import tokens
from matchmaker.extensions import db
from matchmaker.settings import Settings
from models import Account
from tests import databases
from tests import factories as f
from tests.browser import pages, signing_in, states
from tests.browser.crowd import gather
from tests.browser.pages import Scene
from tests.browser.signing_in import Sessions
from tests.cast import assemble
from tests.databases import OwnDatabase
from tests.web.conftest import CSRF, PAGES_OF
from tests.web.world import build

COOKIE = "session"
LANGUAGES = ("en", "es")
Cookies = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Served:
    """An application and where it answers."""

    app: Flask
    address: str


@dataclass(frozen=True)
class Stage:
    """All scenes, the applications that show them, the cookie of each (person, language), what forms are sent with."""

    scenes: tuple[Scene, ...]
    site: Served
    silent: Served
    cookies: Cookies
    csrf: str

    def served(self, scene: Scene) -> Served:
        """Where a scene is seen: beside a job sender that works, or beside one that is silent."""
        return self.silent if scene.sender_down else self.site

    def forget_who_looks(self) -> None:
        """Who opened a request before is not seen beside who opens it next."""
        redis = self.site.app.extensions["redis"]
        for key in redis.scan_iter("desk:looking:*"):
            redis.delete(key)

    def cookie(self, scene: Scene, language: str) -> str:
        """The session of whoever looks, reading this language."""
        return self.cookies[scene.who, language]

    def beside(self, scene: Scene, language: str) -> str:
        """The session of whoever has the scene open already."""
        return self.cookies[scene.beside, language]


@contextmanager
def stage(settings: Settings, migrated: str, mailbox: Path) -> Iterator[Stage]:
    """Write every scene's rows, then serve them: once as they are, once with a job sender that fell silent."""
    _two_mails(mailbox)
    with ExitStack() as stack, ExitStack() as still:
        still.enter_context(time_machine.travel(f.NOW, tick=False))
        there_too = replace(settings, mailbox_dir=str(mailbox), providers=(signing_in.PROVIDER,))
        here = stack.enter_context(databases.own(there_too, migrated))
        scenes, sessions = _rows(here)
        here.engine.dispose()
        there = stack.enter_context(databases.own(here.settings, here.engine.url.database))
        _sign_of_life(here, minutes=0)
        _sign_of_life(there, minutes=12)
        site, silent = (stack.enter_context(serving(database.app())) for database in (here, there))
        signer = URLSafeTimedSerializer(settings.secret_key, salt="wtf-csrf-token")
        shown = Stage(scenes, site, silent, cookies(site.app, sessions), signer.dumps(CSRF))
        # Other tests of the process live in the present that is everybody's.
        still.close()
        yield shown


def _rows(database: OwnDatabase) -> tuple[tuple[Scene, ...], Sessions]:
    """Everything written down, committed; and what the session of each who looks holds."""
    with database.stored() as session:
        cast = assemble()
        world, link = build(cast), links(database.settings)
        setting = states.Setting(cast, world, link, gather())
        people = {**pages.people(session, cast), **states.looks(setting)}
        scenes = [*pages.of_routes(session, cast, world, link), *states.everything(setting)]
        sessions = {who: signing_in.signed_in(account) if account else {} for who, account in people.items()}
        with database.app().app_context():
            arriving = signing_in.Arriving.among(setting)
            scenes += [*_of_accounts(cast.ana.account), *signing_in.everything(setting, arriving)]
            db.engine.dispose()
        return tuple(scenes), sessions | arriving.sessions(setting)


def links(settings: Settings) -> Callable[..., str]:
    """Makes the path behind a mail's link about something with a key; to its partner, unless told otherwise."""

    def path(about, *, hours=24 * 30, recipient=None, purpose=tokens.Purpose.ANSWER) -> str:  # type: ignore[no-untyped-def]
        expires = f.NOW + f.timedelta(hours=hours)
        reader = recipient or f"partner:{about.partner_id}"
        return f"/{PAGES_OF[purpose]}/{tokens.issue(settings.secret_key, purpose, about.key, reader, expires)}"

    return path


def _of_accounts(account: Account) -> list[Scene]:
    """Pages behind the links of mails about an account, and those of the demonstration's mailbox."""
    token = generate_reset_password_token(account)
    reset = Scene("a new password", pages.NOBODY, f"/reset/{token}", "/reset/<token>")
    return [
        reset,
        replace(reset, name="a password that is too short", form={"password": "x", "password_confirm": "y"}),
        Scene("wrong password", pages.NOBODY, "/login", "/login", form={"email": "x@y.example", "password": "z"}),
        Scene("mails of the demo", pages.NOBODY, "/mailbox", "/mailbox"),
        Scene("a mail of the demo", pages.NOBODY, "/mailbox/0002-1-0", "/mailbox/<message_id>"),
    ]


def _two_mails(folder: Path) -> None:
    subjects = {"en": "A class would like to learn from you", "es": "Una clase quiere aprender de usted"}
    for number, (language, subject) in enumerate(subjects.items(), 1):
        mail = EmailMessage()
        mail["Content-Language"] = language
        mail["Subject"], mail["Date"] = subject, "Mon, 14 Sep 2026 09:10:00 -0700"
        mail["From"], mail["To"] = "Marisol Vega <hola@palofierro.example>", "Esperanza Ochoa <e@people.example>"
        mail.set_content("Hola, Esperanza.\nhttp://matchmaker.example/i/abc")
        (folder / f"000{number}-1-0.eml").write_bytes(mail.as_bytes())


def _sign_of_life(database: OwnDatabase, minutes: int) -> None:
    with database.stored():
        for name in ("mail", "ranking", "planning", "clock"):
            f.HeartbeatFactory(name=name, at=f.NOW - f.timedelta(minutes=minutes))
    database.engine.dispose()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """The application logs its requests itself."""


class _Server(ThreadedWSGIServer):
    """Waits at its end for every page that it is still answering: each holds a connection to the database."""

    daemon_threads = False

    def __init__(self, app: Flask) -> None:
        super().__init__("127.0.0.1", 0, app, _Quiet)
        self.browsers: set[socket] = set()

    def process_request(self, request: socket, client_address: tuple[str, int]) -> None:
        self.browsers.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket) -> None:
        self.browsers.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        # A browser keeps its line open for the next page; nothing more comes from it, and its thread can end.
        for line in list(self.browsers):
            with suppress(OSError):
                line.shutdown(SHUT_RD)
        super().server_close()


@contextmanager
def serving(app: Flask) -> Iterator[Served]:
    """The application before a browser, in threads of this process."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    server = _Server(app)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(app, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


def cookies(app: Flask, sessions: Sessions) -> Cookies:
    """The session of each of these people, in each language."""
    made: Cookies = {}
    for who, held in sessions.items():
        for language in LANGUAGES:
            client = app.test_client()
            with client.session_transaction() as session:
                session.update({"language": language, "csrf_token": CSRF, **held})
            cookie = client.get_cookie(COOKIE)
            assert cookie is not None
            made[who, language] = cookie.value
    return made
