"""Spreadsheets from a shell: looked at, read in, taken back, written out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Partner, SheetImport
from tests.cast import Cast

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session, cast: Cast) -> Run:
    """A command as the shell would give it, in this test's transaction, by Marisol."""

    def called(*words: object, region: bool = True) -> Result:
        session.commit()
        by = ["--by", cast.marisol.email, *(["--region", cast.region.slug] if region else [])]
        return app.test_cli_runner().invoke(args=[*map(str, words), *by])

    return called


def test_a_file_is_only_looked_at_unless_it_is_to_be_applied(session: Session, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "neighbors.csv"
    file.write_text("name,email,days,size\nLucho,lucho@people.example,Mon,4\n,x,Someday,\n")
    looked = run("sheets", "import", "partners", file)
    assert "1 created, 0 changed, 0 unchanged, 1 wrong" in looked.output
    assert "columns left out: size" in looked.output and "row 3, email: email (x)" in looked.output
    assert session.scalar(select(Partner.id).where(Partner.name == "Lucho")) is None
    assert "say --leave-out" in run("sheets", "import", "partners", file, "--apply").output
    done = run("sheets", "import", "partners", file, "--apply", "--leave-out")
    number = session.scalar(select(SheetImport.id).where(SheetImport.applied_at.is_not(None)))
    assert f"Read in as import {number}" in done.output
    assert "is taken back" in run("sheets", "undo", number).output
    assert session.scalar(select(Partner.id).where(Partner.name == "Lucho")) is None


def test_what_is_here_is_written_out(run: Run, cast: Cast, tmp_path: Path) -> None:
    file, archive = tmp_path / "partners.csv", tmp_path / "all.zip"
    assert run("sheets", "export", "partners", file).exit_code == 0
    assert cast.esperanza.email in file.read_text("utf-8-sig")
    assert run("region", "export", cast.region.slug, archive, region=False).exit_code == 0
    assert archive.read_bytes().startswith(b"PK")


def test_nobody_undoes_what_is_not_there(run: Run) -> None:
    assert "has no import 999" in run("sheets", "undo", 999).output
