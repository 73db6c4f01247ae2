"""Databases of a test's own, copied from a migrated one: for threads and processes, which no rollback can hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session

from matchmaker import create_app
from matchmaker.embedded.postgres import create_database
from matchmaker.extensions import alembic, db
from matchmaker.settings import Settings
from tests import factories

_numbers = count(1)


@dataclass(frozen=True)
class OwnDatabase:
    """A database that only this test uses. ``settings`` are the test run's, with this database in them."""

    settings: Settings
    engine: Engine

    @property
    def url(self) -> str:
        return self.settings.database_url

    def app(self) -> Flask:
        """The application on this database."""
        return create_app(self.settings)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session as a process of its own would have it; what is not committed is rolled back."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def stored(self) -> Iterator[Session]:
        """A session that the factories write to; committed at the end."""
        with Session(self.engine, expire_on_commit=False) as session:
            factories.Stored.session = session
            try:
                yield session
                session.commit()
            finally:
                factories.Stored.session = None

    def waiting(self) -> int:
        """How many connections wait for somebody's lock now."""
        with psycopg.connect(plain(self.url), autocommit=True) as connection:
            [(number,)] = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return int(number)


@contextmanager
def own(settings: Settings, template: str | None) -> Iterator[OwnDatabase]:
    """A new database, empty or copied from ``template``, dropped at the end."""
    name = f"own_{next(_numbers)}"
    url = create_database(settings.database_url, name, template=template)
    engine = create_engine(url)
    try:
        yield OwnDatabase(replace(settings, database_url=url), engine)
    finally:
        engine.dispose()
        _drop(settings.database_url, name)


def migrated(settings: Settings) -> str:
    """Make a migrated database to copy from, and return its name. Nobody stays connected to it."""
    name = "migrated"
    url = create_database(settings.database_url, name)
    app = create_app(replace(settings, database_url=url))
    with app.app_context():
        alembic.upgrade()
        db.engine.dispose()
    return name


def plain(url: str) -> str:
    """A SQLAlchemy address as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _drop(server_url: str, name: str) -> None:
    with psycopg.connect(plain(server_url), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
