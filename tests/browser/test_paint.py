"""Nothing moves once a page is seen; how soon that is on a slow connection is measured and printed:

scripts/test --full tests/browser/test_paint.py -s
"""

from __future__ import annotations

import json
from statistics import median

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import CHECKS
from tests.browser.pages import NOBODY, Scene
from tests.browser.serving import COOKIE, Stage

pytestmark = [pytest.mark.browser, pytest.mark.full, pytest.mark.usefixtures("present")]

SLOW_4G = {
    "offline": False,
    "latency": 150 * 3.75,
    "downloadThroughput": 1.6e6 / 8 * 0.9,
    "uploadThroughput": 750e3 / 8 * 0.9,
}
"""Chromium's own "Slow 4G": milliseconds before each answer, bytes a second."""
SLOWER = 4
"""How many times slower than this machine a phone computes."""
TIMES = 1
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


def test_nothing_moves_after_the_first_paint_on_a_slow_connection(browser: Browser, all_pages: Stage) -> None:
    """First with an empty cache, then as somebody who comes back: with the sheet and the script kept."""
    told, all_moved = {}, []
    for rule, who in PAGES:
        scene = next(s for s in all_pages.scenes if s.name == f"GET {rule}" and s.who == who)
        runs = [_painted(browser, all_pages, scene) for _ in range(TIMES)]
        assert all(at > 0 for run in runs for at in run["ms"]), f"{scene} was never painted"
        first, again = (round(median(run["ms"][nth] for run in runs)) for nth in (0, 1))
        moved = sorted({each for run in runs for each in run["moved"]})
        told[rule] = {"first_visit_ms": first, "again_ms": again}
        all_moved += [f"{scene}: {each}" for each in moved]
    print(json.dumps({"first_paint": told, "connection": "Slow 4G", "cpu": f"{SLOWER} times slower"}, indent=1))
    assert all_moved == []


def _painted(browser: Browser, stage: Stage, scene: Scene) -> dict[str, list]:  # type: ignore[type-arg]
    served = stage.served(scene)
    context = browser.new_context(base_url=served.address, viewport={"width": 390, "height": 844}, is_mobile=True)
    context.add_cookies([{"name": COOKIE, "value": stage.cookie(scene, "es"), "url": served.address}])
    try:
        page = context.new_page()
        tools = context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", SLOW_4G)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        painted, moved = [], []
        for _ in ("first", "again"):
            page.goto(scene.path, wait_until="load")
            painted.append(page.evaluate(FIRST_PAINT))
            page.evaluate(CHECKS)
            moved += page.evaluate("checks.shift()")
        return {"ms": painted, "moved": moved}
    finally:
        context.close()
