"""How processes start: light where they must be, and refusing in one line what cannot work."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from matchmaker import worker
from matchmaker.settings import Settings
from tests.architecture.conftest import ROOT

MODEL = ("torch", "sentence_transformers", "transformers", "sklearn")
HEAVY = (*MODEL, "scipy", "numba")
GIVEN = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "SECRET_KEY": "k" * 40,
    "SECURITY_PASSWORD_SALT": "salt",
    "PUBLIC_URL": "http://matchmaker.example",
    "MATCHMAKER_ENV": "test",
}
COMMANDS = {
    "clock": (sys.executable, "-m", "matchmaker.worker", "clock"),
    "web": (sys.executable, "-m", "flask", "--app", "matchmaker", "routes"),
}


def run(command: tuple[str, ...], **changed: str | None) -> subprocess.CompletedProcess[str]:
    """Run a process with the settings given here, some of them changed or (None) left out."""
    ours = {spec.metadata["env"] for spec in Settings.__dataclass_fields__.values()}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    wanted = {name: value for name, value in {**GIVEN, **changed}.items() if value is not None}
    return subprocess.run(
        command, cwd=ROOT, env={**inherited, **wanted}, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_web_application_loads_none_of_the_rankers_libraries() -> None:
    program = (
        "import sys; from matchmaker import create_app; create_app();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = run((sys.executable, "-c", program))
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.full
def test_the_planning_process_loads_no_model_and_has_its_auction_compiled() -> None:
    program = (
        "import sys; from matchmaker import create_app, worker; from matchmaker.settings import Settings;"
        "from models import QueueName;"
        "settings = Settings.from_environ(); worker.prepare(create_app(settings), settings, QueueName.PLANNING);"
        f"print([name for name in {MODEL!r} if name in sys.modules], 'numba' in sys.modules)"
    )
    done = run((sys.executable, "-c", program))
    assert (done.returncode, done.stdout.strip()) == (0, "[] True"), done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_a_missing_setting_stops_the_start_with_one_line(name: str) -> None:
    done = run(COMMANDS[name], SECRET_KEY=None)
    assert done.returncode != 0
    [line] = done.stderr.strip().splitlines()
    assert "SECRET_KEY is not set" in line


@pytest.mark.parametrize("words", [(), ("dancing",), ("mail", "clock")])
def test_a_process_that_does_not_exist_is_said_to(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert worker.main(list(words)) == 2
    assert capsys.readouterr().err.strip() == "usage: python -m matchmaker.worker ranking|planning|mail|webhooks|clock"
