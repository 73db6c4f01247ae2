"""A backup is restored into another database, holds every row, and the service goes on from there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from sqlalchemy import select, text

from matchmaker import backups
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.settings import Settings
from models import CapacityUnit, Introduction, IntroductionState, OutboxItem
from tests import factories as f
from tests.cast import assemble
from tests.databases import OwnDatabase, own, plain
from tests.services.conftest import Desk, set_desk

Run = Callable[..., Result]


@pytest.fixture
def desk(own_database: OwnDatabase) -> Desk:
    """A region with a request before the coordinators, a file of vectors and one mail."""
    with own_database.stored():
        cast = assemble()
        desk = set_desk(cast, starts_at=utc_now() + f.timedelta(days=21))
        cast.region.clearance_required = False
        f.EmbeddingFactory(region=cast.region)
        f.OutboxItemFactory(region_id=cast.region.id)
        for coordinator in (cast.marisol, cast.ben):
            assert coordinator.memberships
    return desk


@pytest.fixture
def run(own_database: OwnDatabase) -> Iterator[Run]:
    """A command as the shell would give it, on this test's database."""
    app = own_database.app()
    yield lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def elsewhere(settings: Settings) -> Iterator[OwnDatabase]:
    with own(settings, template=None) as database:
        yield database


def counted(database: OwnDatabase) -> dict[str, int]:
    with psycopg.connect(plain(database.url)) as connection:
        return backups.count_rows(connection)


def test_what_is_restored_is_what_was_there_and_can_be_worked_with(
    run: Run, desk: Desk, own_database: OwnDatabase, elsewhere: OwnDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "monday.dump"
    made = run("backup", "create", file)
    assert made.exit_code == 0, made.output
    manifest = json.loads((tmp_path / "monday.dump.json").read_text())
    assert manifest["rows"] == counted(own_database)
    assert manifest["rows"]["learning_request"] == 1 and manifest["rows"]["embedding"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["monday.dump", "monday.dump.json"]
    whole = run("backup", "check", file)
    assert whole.exit_code == 0 and "is whole" in whole.output
    restored = run("backup", "restore", file, "--into", elsewhere.url)
    assert restored.exit_code == 0, restored.output
    assert counted(elsewhere) == counted(own_database)
    with elsewhere.session() as session:
        desk.approve(session, utc_now)
        session.commit()
        assert session.scalars(select(Introduction.state)).all() == [IntroductionState.APPROVED]
        assert len(session.scalars(select(CapacityUnit.id)).all()) == 1
        assert session.scalars(select(OutboxItem.id).where(OutboxItem.kind == "invitation")).all()
    assert counted(own_database)["introduction"] == 0


def test_a_database_with_something_in_it_is_never_restored_into(run: Run, desk: Desk, tmp_path: Path) -> None:
    assert run("backup", "create", tmp_path / "a.dump").exit_code == 0
    refused = run("backup", "restore", tmp_path / "a.dump")
    assert refused.exit_code == 1
    assert re.fullmatch(r"Error: the database is not empty: it has \d+ tables\. Nothing was changed\n", refused.output)


@pytest.mark.parametrize("command", ["check", "restore"])
def test_a_backup_that_is_not_whole_is_refused_in_one_line(
    run: Run, desk: Desk, elsewhere: OwnDatabase, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "a.dump"
    assert run("backup", "create", file).exit_code == 0
    into = ("--into", elsewhere.url) if command == "restore" else ()
    file.write_bytes(file.read_bytes()[:-100])
    for reason, spoil in {
        "checksum differs": lambda: None,
        "cannot be read": lambda: backups.beside(file).unlink(),
    }.items():
        spoil()
        refused = run("backup", command, file, *into)
        assert refused.exit_code == 1 and reason in refused.output
        assert len(refused.output.splitlines()) == 1
    assert counted(elsewhere) == {}


def test_a_backup_of_newer_code_is_refused(run: Run, own_database: OwnDatabase, tmp_path: Path) -> None:
    with own_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert run("backup", "create", tmp_path / "a.dump").exit_code == 0
    refused = run("backup", "check", tmp_path / "a.dump")
    assert refused.exit_code == 1 and "has schema 9999, which this code does not know" in refused.output


def test_a_backup_that_fails_leaves_the_former_one(
    run: Run, desk: Desk, own_database: OwnDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.dump"
    assert run("backup", "create", file).exit_code == 0
    before = file.read_bytes()
    monkeypatch.setattr(backups, "_program", lambda name, least: ("/bin/false", least))
    failed = run("backup", "create", file)
    assert failed.exit_code == 1 and failed.output.startswith("Error: pg_dump failed")
    assert file.read_bytes() == before and len(list(tmp_path.iterdir())) == 2


def test_without_a_program_of_that_version_it_is_said_so() -> None:
    with pytest.raises(backups.BackupError, match="pg_dump 99 or newer is needed"):
        backups._program("pg_dump", 99)


def test_a_password_is_on_no_command_line() -> None:
    with backups._address("postgresql://ana:s%3Acr%5Ct@db.internal/matchmaker") as address:
        assert "s:cr" not in address and "user=ana" in address
        file = re.search(r"passfile=(\S+)", address)
        assert file is not None and Path(file[1]).read_text() == "*:*:*:*:s\\:cr\\\\t\n"
        assert Path(file[1]).stat().st_mode & 0o077 == 0
    assert not Path(file[1]).exists()
