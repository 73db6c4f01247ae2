"""The embedded servers start, stop and start again, whatever state they are left in."""

import os
import stat
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from matchmaker.embedded import postgres
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import SOCKET_PATH_BYTES, Home
from matchmaker.embedded.services import embedded_services


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def servers_of(root: Path) -> list[psutil.Process]:
    """Living processes that were started with, or work in, the folder."""
    return [process for process in psutil.process_iter() if any(str(root) in word for word in words_of(process))]


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.pid != os.getpid() else []
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


def test_answer_on_sockets_only_with_vectors_and_unicode(kept_root: Path) -> None:
    with embedded_services(kept_root) as services:
        with connect(services.database_url) as database:
            row = database.execute(
                "SELECT '[3,4]'::vector <-> '[0,0]', lower('ÑANDÚ'), current_setting('listen_addresses')"
            )
            assert row.fetchone() == (5.0, "ñandú", "")
        with redis.Redis.from_url(services.redis_url) as memory:
            assert memory.config_get("port") == {"port": "0"}
            assert memory.config_get("appendonly") == {"appendonly": "yes"}


def test_stop_leaves_no_process_and_the_next_start_finds_the_data(kept_root: Path) -> None:
    with embedded_services(kept_root, durable=True) as services:
        with connect(services.database_url) as database:
            database.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(services.redis_url) as memory:
            memory.set("kept", "42")
        assert servers_of(kept_root)
    assert not servers_of(kept_root)
    with embedded_services(kept_root, durable=True) as services:
        with connect(services.database_url) as database:
            assert database.execute("SELECT answer FROM kept").fetchone() == (42,)
        with redis.Redis.from_url(services.redis_url) as memory:
            assert memory.get("kept") == b"42"


def test_a_lock_file_with_a_strangers_pid_does_not_stop_the_start(kept_root: Path) -> None:
    with embedded_services(kept_root, redis=False):
        pass
    lock = Home.at(kept_root).postgres / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n1700000000\n")
    with embedded_services(kept_root, redis=False) as services, connect(services.database_url) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_an_interrupted_first_start_is_made_good(root: Path) -> None:
    home = Home.at(root)
    for half in (root / "postgres.new", home.postgres):
        half.mkdir()
        (half / "half-written").touch()
    with embedded_services(root, redis=False) as services, connect(services.database_url) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)
    assert not (root / "postgres.new").exists()
    assert not (home.postgres / "half-written").exists()


def test_a_deep_folder_gets_short_sockets(root: Path) -> None:
    deep = root / ("a-folder-with-a-name-of-some-length/" * 4)
    with embedded_services(deep, postgres=False) as services, redis.Redis.from_url(services.redis_url) as memory:
        assert memory.ping()
        path = services.redis_url.removeprefix("unix://")
        assert len(os.fsencode(path)) <= SOCKET_PATH_BYTES
        assert stat.S_ISSOCK(Path(path).stat().st_mode)
        assert Path(path).parent == Home.at(deep).sockets() != deep / "run"


def test_a_copy_of_a_database_carries_its_tables(kept_root: Path) -> None:
    with embedded_services(kept_root, redis=False) as services:
        original = postgres.create_database(services.database_url, "original")
        with connect(original) as database:
            database.execute("CREATE TABLE carried AS SELECT 1 AS one")
        copy = postgres.create_database(services.database_url, "copy", template="original")
        with connect(copy) as database:
            assert database.execute("SELECT one FROM carried").fetchone() == (1,)


def test_a_server_that_cannot_start_says_why(root: Path) -> None:
    home = Home.at(root)
    home.redis.mkdir()
    (home.redis / "appendonly.aof").write_bytes(b"this is no append-only file\r\n" * 3)
    with (
        pytest.raises(EmbeddedError, match=r"redis ended at once[\s\S]*Bad file format"),
        embedded_services(root, postgres=False),
    ):
        pytest.fail("a Redis with a broken file must not come up")


def test_secrets_are_kept_and_private(home: Home) -> None:
    first = home.secret("session-key")
    assert len(first) >= 48
    assert home.secret("session-key") == first != home.secret("password-salt")
    assert stat.S_IMODE((home.root / "secret" / "session-key").stat().st_mode) == 0o600
