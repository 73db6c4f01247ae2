"""A teacher with a phone: how many taps a post takes, the coach while writing, and words that survive a dead spot."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD, Opener
from tests.browser.test_path import TEACHER, school_day

pytestmark = [pytest.mark.browser, pytest.mark.full]

MOST_TAPS = 12
PICKER_TAPS = 3
"""What a phone's own picker of a date or a time asks for, besides the tap that opens it: two wheels and "done"."""
WORDS = "My students map where rain crosses the road and want to walk the wash with somebody who knows it."


def test_a_post_takes_at_most_twelve_taps_besides_the_text(opened: Opener) -> None:
    page = opened(as_=TEACHER, width=390)
    page.goto("/requests/new")
    taps: list[str] = []

    def tap(where: Locator, picker: bool = False) -> Locator:
        taps.extend(["picker"] * PICKER_TAPS if picker else [])
        taps.append(where.evaluate("field => field.name || field.textContent"))
        where.click()
        return where

    tap(page.locator("[name=title]")).press_sequentially("Who carries the water?")
    tap(page.locator("[name=text]")).press_sequentially(WORDS)
    tap(page.locator("input[type=date]").first, picker=True).fill(school_day(21))
    tap(page.locator("input[type=time]").first, picker=True).fill("09:20")
    tap(page.locator(".actionbar .btn--primary"))
    expect(page).to_have_url(re.compile(r"/requests/\d+"))
    assert len(taps) <= MOST_TAPS, taps


def test_the_coach_and_the_question_about_names_come_while_writing(opened: Opener) -> None:
    page = opened(as_=TEACHER, width=390, language="es")
    page.goto("/requests/new")
    page.locator("[name=text]").press_sequentially("Mateo G. quiere saber de radios.")
    expect(page.locator("mark")).to_have_text("Mateo G")
    expect(page.locator(".coach__todo")).to_have_count(2)
    page.locator("[data-add]").first.click()
    added = page.locator("[data-add]").first.get_attribute("data-add") or ""
    expect(page.locator("[name=text]")).to_have_value(re.compile(f"radios. {re.escape(added)} $"))
    assert in_view(page, ".actionbar .btn--primary"), "Post stays at the bottom edge"


def test_words_are_kept_without_a_connection_and_gone_after_signing_out(opened: Opener) -> None:
    page = opened(as_=TEACHER, width=390)
    page.goto("/requests/new")
    page.fill("[name=title]", "Who carries the water?")
    page.context.set_offline(True)
    page.locator(".actionbar .btn--primary").click()
    expect(page.locator("[data-draft-state]")).to_contain_text("No connection")
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("[name=title]")).to_have_value("Who carries the water?")
    page.locator(".menu summary").click()
    page.locator("form[data-sign-out] button").click()
    expect(page).not_to_have_url(re.compile("/requests/new"))
    assert kept(page) == []


def test_what_was_posted_without_a_connection_is_sent_by_one_tap_once_it_is_back(opened: Opener) -> None:
    page = opened(as_=TEACHER, width=390)
    page.goto("/requests/new")
    page.fill("[name=title]", "Who carries the water home?")
    with page.expect_response("**/requests/look"):
        page.fill("[name=text]", WORDS)
    page.context.set_offline(True)
    page.locator(".actionbar .btn--primary").click()
    expect(page.locator("[data-draft-state]")).to_contain_text("No connection")
    expect(page.locator("[data-draft-send] button")).to_have_count(0)
    page.context.set_offline(False)
    send = page.locator("[data-draft-send] button")
    expect(send).to_be_visible()
    assert in_view(page, "[data-draft-send] button")
    expect(page).to_have_url(re.compile("/requests/new$"))
    send.click()
    # What the server has to say comes first: a date is missing.
    expect(page.locator(".errors")).to_be_focused()
    expect(page.locator("[name=title]")).to_have_value("Who carries the water home?")
    expect(send).to_have_count(0)
    page.locator("input[type=date]").first.fill(school_day(21))
    page.locator("input[type=time]").first.fill("09:20")
    page.locator(".actionbar .btn--primary").click()
    expect(page).to_have_url(re.compile(r"/requests/\d+"))
    assert kept(page) == []


def test_words_outlive_a_session_that_ended_before_they_were_sent(opened: Opener) -> None:
    page = opened(as_=TEACHER, width=390)
    page.goto("/requests/new")
    page.fill("[name=title]", "Who carries the water down?")
    page.fill("[name=text]", WORDS)
    page.context.clear_cookies()
    page.locator(".actionbar .btn--primary").click()
    # The form was refused, and did not come back.
    expect(page.locator("[name=title]")).to_have_count(0)
    assert len(kept(page)) == 1
    page.goto("/login?next=/requests/new")
    page.fill("input[name=email]", TEACHER)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    expect(page.locator("[name=title]")).to_have_value("Who carries the water down?")


def kept(page: Page) -> list[str]:
    """The drafts that this browser keeps."""
    found: list[str] = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))")
    return found


def in_view(page: Page, selector: str) -> bool:
    box = page.locator(selector).bounding_box()
    return (
        box is not None
        and box["y"] >= 0
        and box["y"] + box["height"] <= (page.viewport_size or {"height": 0})["height"]
    )
