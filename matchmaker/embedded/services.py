"""The embedded servers together: planned for the parent of scripts/run, or started for a test or a script."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from matchmaker.embedded import mailbox as mailbox_server
from matchmaker.embedded import postgres as postgres_server
from matchmaker.embedded import redis as redis_server
from matchmaker.embedded.child import Child, Spec
from matchmaker.embedded.home import Home
from matchmaker.embedded.lock import record_children, sole_parent


@dataclass(frozen=True)
class Services:
    """Where the servers answer; empty for one that was not asked for."""

    database_url: str = ""
    redis_url: str = ""
    smtp_url: str = ""
    mail_dir: str = ""


@contextmanager
def planned(
    home: Home, *, postgres: bool, redis: bool, mailbox: bool, durable: bool, say: Callable[[str], None]
) -> Iterator[tuple[Services, list[Spec]]]:
    """Prepare the servers asked for: where each will answer and how to run it. Nothing is started yet."""
    specs: list[Spec] = []
    smtp_url = ""
    if postgres:
        specs.append(postgres_server.server(home, durable=durable, say=say))
    if redis:
        specs.append(redis_server.server(home))
    listener = mailbox_server.listen() if mailbox else None
    if listener is not None:
        specs.append(mailbox_server.server(home.mail, listener))
        smtp_url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    services = Services(
        database_url=postgres_server.url(home) if postgres else "",
        redis_url=redis_server.url(home) if redis else "",
        smtp_url=smtp_url,
        mail_dir=str(home.mail) if mailbox else "",
    )
    try:
        yield services, specs
    finally:
        if listener is not None:
            listener.close()


@contextmanager
def embedded_services(
    home: Path,
    *,
    postgres: bool = True,
    redis: bool = True,
    mailbox: bool = False,
    durable: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Services]:
    """Run servers for the length of a ``with`` block.

    Parameters
    ----------
    home : the folder for their data, sockets and logs; made where it is missing. One user of a home at a time.
    postgres, redis, mailbox : which to run. PostgreSQL comes with an empty database and pgvector in it.
    durable : whether PostgreSQL's data must survive a crash of the machine; off, it is several times faster.
    say : receives lines worth showing.

    Raises
    ------
    EmbeddedError
        When the home is in use, a wheel is missing or a server does not come up.
    """
    place = Home.at(home)
    wanted = {"postgres": postgres, "redis": redis, "mailbox": mailbox, "durable": durable}
    with sole_parent(place, say), planned(place, **wanted, say=say) as (services, specs):
        children = [Child(spec, place.log) for spec in specs]
        try:
            for child in children:
                child.start()
                record_children(place, children)
            for child in children:
                child.wait_until_ready()
            if postgres:
                postgres_server.create_database(services.database_url, postgres_server.DATABASE)
            yield services
        finally:
            for child in reversed(children):
                child.stop()
