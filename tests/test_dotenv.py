"""A file ``.env`` in the folder that a process starts in: read by each of ours in one way, and never by the tests."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from matchmaker.errors import SettingsError
from matchmaker.settings import Settings
from tests.architecture.conftest import ROOT
from tests.test_settings import GOOD

SECRETS = ("SECRET_KEY", "SECURITY_PASSWORD_SALT")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
SAY = "print('found', current_app.config['SETTINGS'].default_region, current_app.config['SETTINGS'].tick_seconds)"
PROCESSES = {
    "a worker": "from matchmaker.settings import Settings; found = Settings.from_environ();"
    "print('found', found.default_region, found.tick_seconds)",
    "gunicorn": "from matchmaker import create_app; current_app = create_app();" + SAY,
    "flask": "import sys; sys.argv = ['flask', '--app', 'matchmaker', 'said'];"
    "import click, matchmaker.cli as cli; from flask import current_app; from flask.cli import main, with_appcontext;"
    f"cli.AREAS = (type('A', (), dict(COMMANDS=[click.Command('said', callback=with_appcontext(lambda: {SAY}))])),);"
    "main()",
}


@pytest.mark.full
@pytest.mark.parametrize("name", PROCESSES)
def test_every_process_reads_the_file_and_what_is_set_already_wins(name: str, tmp_path: Path) -> None:
    lines = [f"{key}={value}" for key, value in GOOD.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "DEFAULT_REGION=from-the-file", "TICK_SECONDS=7"]))
    ours = {spec.metadata["env"] for spec in dataclasses.fields(Settings)}
    inherited = {key: value for key, value in os.environ.items() if key not in ours}
    environment = {**inherited, "PYTHONPATH": str(ROOT), "FLASK_SKIP_DOTENV": "0", "TICK_SECONDS": "9"}
    program = (sys.executable, "-c", PROCESSES[name])
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert "found from-the-file 9" in done.stdout, done.stderr


def test_it_is_left_alone_where_flask_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is in these tests."""
    (tmp_path / ".env").write_text("\n".join(f"{key}={value}" for key, value in GOOD.items()))
    monkeypatch.chdir(tmp_path)
    assert os.environ["FLASK_SKIP_DOTENV"] == "1"
    with pytest.raises(SettingsError, match="is not set"):
        Settings.from_environ()


def test_the_example_has_every_setting_with_what_holds_without_it() -> None:
    """A new setting needs its line in .env.example, with its default, and its row in docs/operations.md."""
    fields = {spec.metadata["env"]: spec for spec in dataclasses.fields(Settings)}
    optional = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    required = {name for name, spec in fields.items() if spec.default is dataclasses.MISSING}
    assert optional == {name: _said(spec.default) for name, spec in fields.items() if name not in required}
    given = {key: value or "" for key, value in dotenv_values(ROOT / ".env.example").items()}
    assert given.keys() == required
    assert [key for key, value in given.items() if not value] == list(SECRETS), "no secret that everybody knows"
    assert Settings.from_environ({**given, **dict.fromkeys(SECRETS, "k" * 32)}).environment == "production"


def _said(default: object) -> str:
    return " ".join(default) if isinstance(default, tuple) else str(default)


def test_the_file_is_nobody_else_s() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in ignored
