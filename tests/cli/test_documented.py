"""Every command stands in docs/operations.md with what it says of itself, and nothing that is none.

After a command has changed: MATCHMAKER_WRITE_SAMPLES=1 scripts/test tests/cli/test_documented.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from matchmaker.cli import AREAS
from tests.architecture.conftest import ROOT

PAGE = ROOT / "docs" / "operations.md"
BEGIN, END = "<!-- The commands: written by tests/cli/test_documented.py -->\n", "<!-- End of the commands -->\n"


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """A command, or all of a group, by what is typed after ``flask --app matchmaker``."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from commands(each, f"{name} {each.name}")
    else:
        yield name, command


def row(name: str, command: click.Command) -> str:
    arguments = [
        each.make_metavar(click.Context(command)) for each in command.params if each.param_type_name == "argument"
    ]
    options = [each.opts[0] for each in command.params if each.param_type_name == "option"]
    said = " ".join((command.help or "").split("\n\n")[0].split())
    return f"| `{' '.join((name, *arguments))}` | {said} | {' '.join(f'`{each}`' for each in options)} |"


def table() -> str:
    found = [pair for area in AREAS for each in area.COMMANDS for pair in commands(each, each.name)]
    return "\n".join(["| command | does | options |", "|---|---|---|", *(row(*each) for each in found), ""])


def test_every_command_is_described_in_its_own_words() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    stands, after = rest.split(END)
    if os.environ.get("MATCHMAKER_WRITE_SAMPLES"):
        PAGE.write_text("".join((before, BEGIN, table(), END, after)), encoding="utf-8")
    else:
        assert stands == table(), "MATCHMAKER_WRITE_SAMPLES=1 scripts/test tests/cli/test_documented.py writes it anew"
