"""The samples in docs/mails are what would leave today. To write them anew after a change of words:

MATCHMAKER_WRITE_SAMPLES=1 scripts/test tests/mail/test_samples.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from matchmaker.settings import Settings
from tests.mail import clients, samples

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "mails"


def compare(name: str, text: str) -> None:
    kept = FOLDER / name
    if os.environ.get("MATCHMAKER_WRITE_SAMPLES"):
        kept.write_text(text)
    assert kept.is_file(), f"docs/mails/{name} is missing"
    assert kept.read_text() == text


@pytest.mark.parametrize("letter", samples.LETTERS)
def test_a_mail(session: Session, settings: Settings, letter: str) -> None:
    scene = samples.set_up(session)
    item = samples.LETTERS[letter](scene)

    for language in samples.LANGUAGES:
        scene.read_in(language)
        mail = samples.write(scene, item, settings)

        clients.check(mail, samples.PUBLIC)
        assert mail["Content-Language"] == language
        compare(f"{letter}.{language}.txt", samples.as_text(mail))


@pytest.mark.parametrize("zone", samples.ZONES)
@pytest.mark.parametrize("letter", samples.CALENDARS)
def test_a_calendar_file(session: Session, settings: Settings, letter: str, zone: str) -> None:
    scene = samples.set_up(session, samples.ZONES[zone])

    mail = samples.write(scene, samples.LETTERS[letter](scene), settings)

    compare(f"{letter}.{zone}.ics", samples.calendar_of(mail))


def test_nothing_is_missing_and_nothing_is_left_over() -> None:
    written = {each.name for each in (ROOT / "templates" / "mail").iterdir() if each.is_dir()}
    assert written == set(samples.LETTERS), "a letter has a folder of templates, and a sample"
    expected = {f"{letter}.{language}.txt" for letter in samples.LETTERS for language in samples.LANGUAGES}
    expected |= {f"{letter}.{zone}.ics" for letter in samples.CALENDARS for zone in samples.ZONES}
    assert {each.name for each in FOLDER.iterdir()} == expected | {"README.md"}
    for letter in samples.LETTERS:
        assert f"`{letter}`" in (FOLDER / "README.md").read_text(), letter
