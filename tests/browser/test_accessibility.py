"""Nobody is kept out: axe on every page in every state, and what no rule of axe asks. See docs/accessibility.md.

A page of each person in each run. Every page wide and narrow, light and dark, languages in turn, and each of its other
states at one width, takes longer than the rest together: pytest -m sweep tests/browser.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.looking import AXE_SCRIPT, axe, faults, faults_of_state, shown
from tests.browser.pages import NOBODY, Scene
from tests.browser.serving import LANGUAGES, Stage

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("present")]

ONE_OF_EACH = (
    ("/requests/new", "teacher", "POST"),
    ("/profile", "partner", "GET"),
    ("/desk/<row:request_id>", "coordinator", "GET"),
    ("/admin/health", "admin", "GET"),
    ("/equity", "funder", "GET"),
    ("/i/<token>", NOBODY, "POST"),
)
"""The main page of each person, or the form as it comes back."""
MAIN_PAGES = (
    pytest.param("/requests/new", "teacher", marks=pytest.mark.full),
    pytest.param("/profile", "partner", marks=pytest.mark.full),
    ("/i/<token>", NOBODY),
    pytest.param("/people/new", "coordinator", marks=pytest.mark.full),
    ("/desk/<row:request_id>", "coordinator"),
)
BESIDE = 2
"""Browsers at work at the same time: as many as the machine has cores."""
MOST_TABS = 400
PARTS = 5
"""Of the sweep, each told by itself. Odd, so that no part has but one language."""
Step = dict[str, Any]


def scene_of(stage: Stage, rule: str, who: str, method: str = "GET") -> Scene:
    return next(s for s in stage.scenes if s.name == f"{method} {rule}" and s.who == who)


def nothing(found: Iterable[str]) -> None:
    """Fail with everything that was found, a line each."""
    assert not (lines := sorted(set(found))), "\n".join([f"{len(lines)} found:", *lines])


def test_axe_finds_what_is_wrong(browser: Browser, all_pages: Stage) -> None:
    with shown(browser, all_pages, scene_of(all_pages, "/how", NOBODY), "en", width=390, theme="light") as page:
        page.evaluate(
            """() => {
              document.querySelector("h1").outerHTML = '<h4 id="main" tabindex="3">Words</h4><img src="/none.png">';
              document.documentElement.removeAttribute("lang");
            }"""
        )
        page.evaluate(AXE_SCRIPT)
        found = {line.split(",")[0] for line in axe(page)}
    assert {"html-has-lang", "image-alt", "tabindex", "page-has-heading-one"} <= found


@pytest.mark.parametrize(
    ("rule", "who", "method"),
    [pytest.param(*each, marks=pytest.mark.full if each[1] in ("admin", "funder") else ()) for each in ONE_OF_EACH],
)
def test_a_main_page_of_each_person_keeps_nobody_out(
    browser: Browser, all_pages: Stage, rule: str, who: str, method: str
) -> None:
    at = ONE_OF_EACH.index((rule, who, method))
    scene = scene_of(all_pages, rule, who, method)
    nothing(faults(browser, all_pages, scene, LANGUAGES[at % 2], ("light", "dark")[at // 2 % 2]))


@pytest.mark.sweep
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_keeps_nobody_out(all_pages: Stage, _needs_browser: None, part: int) -> None:
    scenes = once_each(all_pages.scenes)[part::PARTS]
    look_at(scenes, lambda browser, at, scene: faults(browser, all_pages, scene, *how(at)))


@pytest.mark.sweep
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_in_every_other_state_keeps_nobody_out(all_pages: Stage, _needs_browser: None, part: int) -> None:
    seen = {id(scene) for scene in once_each(all_pages.scenes)}
    look_at(
        [scene for scene in all_pages.scenes if id(scene) not in seen][part::PARTS],
        lambda browser, at, scene: faults_of_state(browser, all_pages, scene, *how(at), width=(390, 1280)[at // 4 % 2]),
    )


def look_at(scenes: Sequence[Scene], faults_of: Callable[[Browser, int, Scene], list[str]]) -> None:
    """Look at scenes in several browsers beside each other; fail with all that is wrong."""

    def look(part: Sequence[tuple[int, Scene]]) -> list[str]:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            return [wrong for at, scene in part for wrong in looked_at(browser, at, scene)]

    def looked_at(browser: Browser, at: int, scene: Scene) -> list[str]:
        try:
            return faults_of(browser, at, scene)
        except Error as failed:
            # The others are looked at all the same.
            return [f"{scene}: {failed.message}"]

    numbered = list(enumerate(scenes))
    with ThreadPoolExecutor(BESIDE) as threads:
        found = threads.map(look, [numbered[first::BESIDE] for first in range(BESIDE)])
        nothing(itertools.chain.from_iterable(found))


def how(at: int) -> tuple[str, str]:
    """In which language and theme the so-manieth scene is looked at."""
    return LANGUAGES[at % 2], ("light", "dark")[at // 2 % 2]


def once_each(scenes: Sequence[Scene]) -> list[Scene]:
    """The first scene of each page."""
    return list({scene.rule: scene for scene in reversed(scenes)}.values())


@pytest.mark.parametrize(("rule", "who"), MAIN_PAGES)
def test_the_tab_key_goes_down_the_page_and_the_focus_is_always_seen(
    browser: Browser, all_pages: Stage, rule: str, who: str
) -> None:
    with shown(browser, all_pages, scene_of(all_pages, rule, who), "en", width=390, theme="light") as page:
        steps = _tabbed(page)
    assert len(steps) > 5
    # Within a field for a date, the button that opens the calendar takes the ring from it.
    ringed = {each["place"] for each in steps if each["ring"]}
    nothing(f"no ring: {each['name']}" for each in steps if each["place"] not in ringed)
    nothing(f"covered by {each['covered']}: {each['name']}" for each in steps if each["covered"])
    in_flow = [each for each in steps if each["main"] and not each["stuck"]]
    nothing(
        f"{after['name']} comes after {before['name']} and stands above it"
        for before, after in itertools.pairwise(in_flow)
        if after["place"] < before["place"] or after["top"] + after["height"] < before["top"]
    )


def _tabbed(page: Page) -> list[Step]:
    """Where the focus goes, key by key, until it leaves the page."""
    steps: list[Step] = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = page.evaluate("checks.focused()")
        if here is None or (steps and here["place"] == steps[0]["place"]):
            return steps
        steps.append(here)
    raise AssertionError(f"still within the page after {MOST_TABS} keys")


def test_escape_closes_the_list_of_keys_and_gives_the_focus_back(browser: Browser, all_pages: Stage) -> None:
    scene = scene_of(all_pages, "/desk/<row:request_id>", "coordinator")
    with shown(browser, all_pages, scene, "en", width=1280, theme="light") as page:
        opener = page.locator("[popovertarget=keys]").first
        opener.focus()
        page.keyboard.press("Enter")
        page.locator("#keys").wait_for(state="visible")
        page.keyboard.press("Escape")
        page.locator("#keys").wait_for(state="hidden")
        assert opener.evaluate("button => button === document.activeElement")


def test_single_keys_can_be_switched_off(browser: Browser, all_pages: Stage) -> None:
    scene = scene_of(all_pages, "/desk/<row:request_id>", "coordinator")
    with shown(browser, all_pages, scene, "en", width=1280, theme="light") as page:
        page.keyboard.press("?")
        page.locator("[data-keys-on]").uncheck()
        page.keyboard.press("Escape")
        page.locator("#keys").wait_for(state="hidden")
        page.keyboard.press("?")
        assert page.locator("#keys").is_hidden()
