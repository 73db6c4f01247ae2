"""Real PostgreSQL and Redis for every test; each test's writes are rolled back at its end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

from matchmaker import create_app
from matchmaker.clock import Clock
from matchmaker.embedded.services import Services, embedded_services
from matchmaker.extensions import alembic, db
from matchmaker.settings import Settings
from models import Account
from tests import databases, factories
from tests.cast import Cast, Peopled
from tests.databases import OwnDatabase

# By default few examples, and the same ones in every run: what fails here fails everywhere. To look for new ones:
# pytest --hypothesis-profile=thorough. No deadline: what a busy machine needs says nothing about the code.
hypothesis.settings.register_profile("quick", max_examples=30, deadline=None, derandomize=True)
hypothesis.settings.register_profile("thorough", max_examples=1000, deadline=None)
hypothesis.settings.load_profile("quick")

# Nobody's .env, neither here nor in the processes that tests start.
os.environ["FLASK_SKIP_DOTENV"] = "1"

# Templates are compiled once for all applications of all workers, instead of once for each.
Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache()}

SLOWEST_FIRST = ("tests/faults/test_introductions.py", "tests/faults", "tests/browser", "tests/embedded")
"""Files that wait for processes. Begun first, they are done while the rest is run beside them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand out first what takes longest, each file still in one piece."""
    items.sort(
        key=lambda item: next(
            (n for n, slow in enumerate(SLOWEST_FIRST) if item.nodeid.startswith(slow)), len(SLOWEST_FIRST)
        )
    )


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether this run asks everything, as with --full, or a share of it."""
    return "not full" not in pytestconfig.getoption("markexpr")


ON_THE_DEMO = ("tests/browser/test_path.py", "tests/browser/test_teacher.py")
"""Files that share one running demo, which takes longer to start than any of them to run."""


class FilesTogether(LoadFileScheduling):
    """A file to each worker, as ``--dist loadfile`` does it; but all that use the demo to one, which starts it once."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "the demo" if file in ON_THE_DEMO else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesTogether:
    """Hand out tests by files, whatever the command line says."""
    return FilesTogether(config, log)


SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Embedded PostgreSQL and Redis for this run; a short folder, because socket paths are short."""
    home = Path(tempfile.mkdtemp(prefix="mm-"))
    try:
        with embedded_services(home) as running:
            yield running
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def settings(services: Services) -> Settings:
    return Settings(
        database_url=services.database_url,
        redis_url=services.redis_url,
        smtp_url="smtp://127.0.0.1:9",
        secret_key="a-test-secret-of-more-than-32-characters",
        password_salt="a-test-salt",
        public_url="http://matchmaker.example",
        environment="test",
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The application on a migrated, empty database."""
    application = create_app(settings)
    with application.app_context():
        alembic.upgrade()
    yield application
    with application.app_context():
        db.engine.dispose()


KEPT = {"world": "furnished", "cast": "peopled"}
"""What takes longer to write than most tests to run is written once for each worker: in which fixture's database."""


@pytest.fixture
def session(app: Flask, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session whose commits are rolled back when the test ends, shared with the client's requests.

    Its database is empty; where the test asks for the cast or the world, one in which these are stored already.
    """
    kept = next((name for asked, name in KEPT.items() if asked in request.fixturenames), None)
    with app.app_context(), _rolled_back(request.getfixturevalue(kept).database.engine if kept else db.engine):
        factories.Stored.session = db.session
        yield db.session
        factories.Stored.session = None


@contextmanager
def _rolled_back(engine: Engine) -> Iterator[None]:
    """Bind every session to one connection whose transaction is rolled back; a commit only releases a savepoint.

    Flask-SQLAlchemy-Lite's own ``test_isolation`` patches the engine, and SQLAlchemy 2.1 then commits for real.
    """
    with engine.connect() as connection:
        outer = connection.begin()
        bound = {"bind": connection, "join_transaction_mode": "create_savepoint"}
        with mock.patch.dict(db.sessionmaker.kw, bound):
            yield
            db.session.close()
        outer.rollback()


@pytest.fixture(scope="session")
def migrated_database(settings: Settings) -> str:
    """Name of a migrated, empty database to copy from."""
    return databases.migrated(settings)


@pytest.fixture
def own_database(settings: Settings, migrated_database: str) -> Iterator[OwnDatabase]:
    """A migrated, empty database that only this test uses: what it commits stays, so threads and processes see it."""
    with databases.own(settings, migrated_database) as database:
        yield database


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A browser that is nobody yet."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, session: Session) -> Callable[[Account], FlaskClient]:
    """A new browser signed in as somebody."""

    def as_(account: Account) -> FlaskClient:
        session.flush()
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = account.fs_uniquifier
            cookie["_fresh"] = True
        return browser

    return as_


@pytest.fixture(scope="session")
def peopled(settings: Settings, migrated_database: str) -> Iterator[Peopled]:
    """The cast, written once for all tests of this worker: to write it takes longer than most of them."""
    with databases.own(settings, migrated_database) as database:
        yield Peopled.fill(database)


@pytest.fixture
def cast(session: Session, peopled: Peopled) -> Cast:
    """Everybody, in the test's own session."""
    return peopled.cast(session)


@pytest.fixture
def clock() -> Clock:
    """The present of the factories."""
    return lambda: factories.NOW


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The evaluation sets that lie beside a checkout; a test that needs them says so where they are not."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the evaluation sets are not at {SHARED_DATA}")
    return SHARED_DATA
