"""The tour of the docs: its page and its pictures belong together, and what they show can still be opened.

Whether a picture still shows its page, `scripts/tour --check` says: it brings the whole demo about and takes all anew.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser import pictures, tour, valley
from tests.browser.stops import stops
from tests.web.test_route_permissions import ROLES, TABLE

LARGEST = 1_500_000
ROLE = {
    valley.TEACHER: "teacher",
    valley.PARTNER: "partner",
    valley.COORDINATOR: "coordinator",
    valley.ADMIN: "admin",
    valley.FUNDER: "funder",
    valley.NOBODY: "anonymous",
}


def test_the_page_and_its_pictures_belong_together() -> None:
    assert tour.PAGE.read_text(encoding="utf-8") == tour.written(), "scripts/tour writes it anew"
    names = [stop.name for stop in stops()]
    kept = {file.stem: file.stat().st_size for file in tour.PICTURES.iterdir()}
    assert kept.keys() == set(names) and len(set(names)) == len(names)
    assert sum(kept.values()) <= LARGEST


def test_every_stop_can_still_be_opened_by_whom_it_shows() -> None:
    """By the table of permissions, of which another test asks every address."""
    for stop in stops():
        outcomes = dict(zip(ROLES, TABLE[f"GET {stop.rule}"].split(), strict=True))
        assert outcomes[ROLE[stop.who]] == "200", stop.name


@pytest.mark.browser
@pytest.mark.full
def test_pictures_are_told_apart_by_what_is_seen(browser: Browser) -> None:
    page, blank = browser.new_page(viewport={"width": 600, "height": 400}), browser.new_page()

    def taken(words: str, spacing: str = "normal") -> bytes:
        text = f"<p style='font: 16px serif; letter-spacing: {spacing}'>{words * 12}</p>"
        page.set_content(f"<h1>A need</h1>{text}")
        return pictures.take(page, height=400)

    usual = taken("Who reads the clouds? ")
    assert pictures.alike(blank, usual, taken("Who reads the clouds? ", "0.02px"))
    assert not pictures.alike(blank, usual, taken("Quién lee las nubes y el agua. "))
    page.close()
    blank.close()
