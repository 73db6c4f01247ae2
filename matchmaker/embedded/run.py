"""The one command: ``scripts/run``, or ``python -m matchmaker.embedded.run`` where the environment exists."""

import argparse
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path

from matchmaker.embedded import postgres, processes
from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.home import PROJECT, Home
from matchmaker.embedded.lock import sole_parent
from matchmaker.embedded.services import Services, planned
from matchmaker.embedded.supervisor import StopRequested, Supervisor, step
from matchmaker.embedded.terminal import Terminal, short
from matchmaker.errors import SettingsError
from matchmaker.settings import read_dotenv


def main() -> int:
    """Run everything until a signal; returns the exit status."""
    arguments = parse(sys.argv[1:])
    terminal = Terminal()
    try:
        read_dotenv()
        run(arguments, os.environ, terminal)
    except (EmbeddedError, SettingsError) as error:
        terminal.say("run", str(error))
        return 1
    except (StopRequested, KeyboardInterrupt):
        terminal.say("run", "stopped")
    return 0


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/run",
        description="Run Matchmaker with its demo region. DATABASE_URL, REDIS_URL and SMTP_URL name servers of "
        "your own; for each that is not set an embedded one is run, its data under var/ or MATCHMAKER_HOME.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="delete all data of earlier runs first, after asking")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args(words)


def run(arguments: argparse.Namespace, given: Mapping[str, str], terminal: Terminal) -> None:
    """Bring everything up, then watch over it until StopRequested."""
    processes.refuse_embedded_in_production(given)
    home = Home.at(Path(given.get("MATCHMAKER_HOME") or PROJECT / "var"))

    def say(line: str) -> None:
        terminal.say("run", line)

    with ExitStack() as stack:
        stack.enter_context(sole_parent(home, say))
        listener = stack.enter_context(closing(listen(arguments.host, arguments.port)))
        if arguments.fresh:
            start_over(home, given, asked=not arguments.yes)
        say(f"starting; data and logs are kept in {short(home.root)}")
        supervisor = stack.enter_context(Supervisor(home, terminal))
        services = start_servers(stack, supervisor, home, given)
        address = f"http://{_shown(arguments.host)}:{listener.getsockname()[1]}"
        environment = processes.environment(given, services, home, address)
        prepare_data(supervisor, environment)
        say("starting the web and the workers; the ranker loads its model, which takes some seconds")
        with logins(environment) as names:
            supervisor.start(processes.application(environment, listener))
            welcome(terminal, environment, home, names.communicate()[0])
        supervisor.watch()


def listen(host: str, port: int) -> socket.socket:
    """The web's listening socket, taken before anything else so that a port in use is known at once.

    Raises
    ------
    EmbeddedError
        When the port is taken or the address is not this machine's.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise EmbeddedError(f"Port {port} is in use. Choose another one: scripts/run --port {port + 1}") from error
        raise EmbeddedError(f"Cannot listen on {host}:{port}: {error}. See scripts/run --help.") from error
    listener.set_inheritable(True)
    return listener


def start_over(home: Home, given: Mapping[str, str], *, asked: bool) -> None:
    """Delete what earlier runs left, after asking.

    Raises
    ------
    EmbeddedError
        When nobody can be asked, the answer is no, or the data is in a database of the person's own.
    """
    if given.get("DATABASE_URL"):
        raise EmbeddedError(
            "--fresh deletes embedded data only, but DATABASE_URL is set. Empty that database yourself."
        )
    if home.exists_already() and asked:
        if not sys.stdin.isatty():
            raise EmbeddedError("--fresh asks before it deletes, and nobody can answer here. Add --yes to delete.")
        answer = input(f"Delete the database, the mails, the logs and the keys in {short(home.root)}? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            raise EmbeddedError("Nothing was deleted. scripts/run without --fresh goes on with what is there.")
    home.erase()


def start_servers(stack: ExitStack, supervisor: Supervisor, home: Home, given: Mapping[str, str]) -> Services:
    """Start an embedded server for each that was not given."""
    services, specs = stack.enter_context(
        planned(
            home,
            postgres=not given.get("DATABASE_URL"),
            redis=not given.get("REDIS_URL"),
            mailbox=not given.get("SMTP_URL"),
            durable=True,
            say=lambda line: supervisor.terminal.say("run", line),
        )
    )
    supervisor.start(specs)
    if services.database_url:
        postgres.create_database(services.database_url, postgres.DATABASE)
    return services


def prepare_data(supervisor: Supervisor, environment: Mapping[str, str]) -> None:
    """Bring the schema up to date and, in a demo, load the demo region where it is missing."""
    supervisor.terminal.say("run", "bringing the database schema up to date")
    supervisor.run(step("migrate", processes.MIGRATE, environment))
    if environment["MATCHMAKER_ENV"] == "demo":
        supervisor.terminal.say("run", "loading the demo region; the first time takes longer")
        supervisor.run(step("demo", processes.LOAD_DEMO, environment), shown=True)


def logins(environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """A process that prints who can sign in to the demo; it works while the others start."""
    command = processes.SHOW_LOGINS if environment["MATCHMAKER_ENV"] == "demo" else ("true",)
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def welcome(terminal: Terminal, environment: Mapping[str, str], home: Home, names: str) -> None:
    """Say where it is, who can sign in, and how to stop it."""
    terminal.say("run", f"everything runs, after {terminal.seconds()}")
    lines = ["", f"Matchmaker is at {environment['PUBLIC_URL']}", ""]
    if names:
        lines += [names.rstrip(), ""]
    if environment.get("MAILBOX_DIR"):
        lines.append(f"Every mail it sends is at {environment['PUBLIC_URL']}/mailbox")
    lines += [f"Logs are in {short(home.log)}", "Ctrl-C stops everything; what you did is kept for the next start.", ""]
    print("\n".join(lines), flush=True)


def _shown(host: str) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
