"""Nothing moves once a page is seen. How soon that is on a slow connection is a figure, not a test of a busy machine:

pytest -m sweep tests/browser/test_paint.py -s
"""

from __future__ import annotations

import json
from statistics import median

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import CHECKS
from tests.browser.pages import NOBODY, Scene
from tests.browser.serving import COOKIE, Stage

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("present")]

SLOW_4G = {
    "offline": False,
    "latency": 150 * 3.75,
    "downloadThroughput": 1.6e6 / 8 * 0.9,
    "uploadThroughput": 750e3 / 8 * 0.9,
}
"""Chromium's own "Slow 4G": milliseconds before each answer, bytes a second."""
PHONES = (1, 4)
"""How many times slower than this machine a phone computes: no slower, and as Chromium slows for a middling one."""
TIMES = 3
PAGES = (
    ("/", NOBODY),
    ("/i/<token>", NOBODY),
    ("/requests/new", "teacher"),
    ("/requests/<row:request_id>", "teacher"),
    ("/profile", "partner"),
    ("/desk/<row:request_id>", "coordinator"),
    ("/people", "coordinator"),
    ("/equity", "funder"),
)
FIRST_PAINT = """new Promise(painted => new PerformanceObserver(list => {
    const first = list.getEntriesByName("first-contentful-paint")[0];
    if (first) painted(first.startTime);
}).observe({type: "paint", buffered: true}))"""
"""Waited for by the page itself: asking again and again would be code from a string, which our pages forbid."""


@pytest.mark.full
def test_nothing_moves_after_the_first_paint_on_a_slow_connection(browser: Browser, all_pages: Stage) -> None:
    """First with an empty cache, then as somebody who comes back: with the sheet and the script kept."""
    for scene in scenes_of(all_pages):
        assert _painted(browser, all_pages, scene, slower=4)["moved"] == [], str(scene)


@pytest.mark.sweep
def test_how_soon_a_page_is_seen_is_told(browser: Browser, all_pages: Stage) -> None:
    """Medians; no bound is asserted, for a time says as much about the machine."""
    told: dict[str, dict[str, list[int]]] = {}
    for scene in scenes_of(all_pages):
        for slower in PHONES:
            runs = [_painted(browser, all_pages, scene, slower)["ms"] for _ in range(TIMES)]
            assert all(at > 0 for run in runs for at in run), f"{scene} was never painted"
            medians = [round(median(each)) for each in zip(*runs, strict=True)]
            told.setdefault(scene.rule, {})[f"processor / {slower}"] = medians
    print(json.dumps({"connection": "Slow 4G", "first visit and again, ms": told}, indent=1))


def scenes_of(stage: Stage) -> list[Scene]:
    return [next(s for s in stage.scenes if s.name == f"GET {rule}" and s.who == who) for rule, who in PAGES]


def _painted(browser: Browser, stage: Stage, scene: Scene, slower: int) -> dict[str, list]:  # type: ignore[type-arg]
    served = stage.served(scene)
    context = browser.new_context(base_url=served.address, viewport={"width": 390, "height": 844}, is_mobile=True)
    context.add_cookies([{"name": COOKIE, "value": stage.cookie(scene, "es"), "url": served.address}])
    try:
        page = context.new_page()
        tools = context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", SLOW_4G)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        painted, moved = [], []
        for _ in ("first", "again"):
            page.goto(scene.path, wait_until="load")
            painted.append(page.evaluate(FIRST_PAINT))
            page.evaluate(CHECKS)
            moved += page.evaluate("checks.shift()")
        return {"ms": painted, "moved": moved}
    finally:
        context.close()
