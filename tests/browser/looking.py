"""A scene in a real browser, and what can be found wrong with how it looks and answers to assistive technology."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.pages import Scene
from tests.browser.serving import COOKIE, Stage

CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async ([within, only]) => {
  const { violations } = await axe.run(within, { runOnly: only, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => {
    const [{ target, html, failureSummary }] = nodes;
    return `${id}, ${nodes.length} times: ${target.join(" ")} ${html.slice(0, 160)} (${failureSummary.slice(0, 240)})`;
  });
}"""
SEND = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}"""
WRITTEN = "Who reads the clouds before the monsoon?"
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = !each.matches('.menu'); })"
OPEN_MENUS = "document.querySelectorAll('details.menu').forEach((each) => { each.open = true; })"
CLOSE_MENUS = "document.querySelectorAll('details.menu').forEach((each) => { each.open = false; })"
TWICE_THE_TEXT = {"standard": 32, "fixed": 26}
"""What a reader sets in the browser, in pixels."""
SPACE = """for (const each of document.querySelectorAll("body *")) {
  Object.assign(each.style, { letterSpacing: "%s", wordSpacing: "%s", lineHeight: "%s" });
}"""
MORE_SPACE, USUAL_SPACE = SPACE % ("0.12em", "0.16em", "1.5"), SPACE % ("", "", "")
"""The text spacing that WCAG 1.4.12 lets a reader ask for."""
Found = Callable[[str], list[str]]
PATIENCE = 120_000
"""For a busy machine; in milliseconds."""


@contextmanager
def shown(browser: Browser, stage: Stage, scene: Scene, language: str, *, width: int, theme: str) -> Iterator[Page]:
    """The scene in a window of its own, with its checks loaded."""
    served = stage.served(scene)
    context = browser.new_context(
        base_url=served.address,
        viewport={"width": width, "height": 900},
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    stage.forget_who_looks()
    try:
        page = context.new_page()
        if scene.beside:
            _sign_in(context, stage.beside(scene, language), served.address)
            page.goto(scene.path)
        _sign_in(context, stage.cookie(scene, language), served.address)
        visit(page, stage, scene)
        page.evaluate(CHECKS)
        yield page
    finally:
        context.close()


def _sign_in(context: BrowserContext, session: str, address: str) -> None:
    context.add_cookies([{"name": COOKIE, "value": session, "url": address}])


def visit(page: Page, stage: Stage, scene: Scene) -> None:
    """Open the scene; where it is what a form comes back as, send the form; where the connection goes, type on."""
    if scene.form is None:
        page.goto(scene.path)
        if scene.offline:
            page.context.set_offline(True)
            page.fill("form[data-draft] input[name=title]", WRITTEN)
            page.evaluate("window.dispatchEvent(new Event('offline'))")
        return
    page.goto("/privacy")
    with page.expect_navigation():
        page.evaluate(SEND, [scene.path, {"csrf_token": stage.csrf, **scene.form}])


def faults(browser: Browser, stage: Stage, scene: Scene, language: str, theme: str) -> list[str]:
    """Everything that is wrong with a page: wide in one theme, narrow in the other."""
    found: list[str] = []
    other = "light" if theme == "dark" else "dark"
    with shown(browser, stage, scene, language, width=1280, theme=theme) as page:

        def note(where: str, wrong: list[str]) -> None:
            found.extend(f"{scene} {language} {where}: {each}" for each in wrong)

        for check in ("moving", "errors"):
            note("as it comes", page.evaluate(f"checks.{check}()"))
        page.evaluate(OPEN_ALL)
        page.evaluate(AXE_SCRIPT)
        note(f"1280 {theme}", axe(page))
        page.emulate_media(color_scheme=other, reduced_motion="reduce")
        page.set_viewport_size({"width": 390, "height": 844})
        note(f"390 {other}", axe(page))
        note("390", page.evaluate("checks.small()"))
        page.set_viewport_size({"width": 320, "height": 640})
        note("320", page.evaluate("[...checks.sideways(), ...checks.small()]"))
        page.evaluate(MORE_SPACE)
        note("320 with more space in the text", page.evaluate("checks.sideways()"))
        page.evaluate(USUAL_SPACE)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": TWICE_THE_TEXT})
        note("1280 with text twice as large", page.evaluate("checks.sideways()"))
    return found


def faults_of_state(browser: Browser, stage: Stage, scene: Scene, language: str, theme: str, width: int) -> list[str]:
    """What is wrong with a page in another state, or for another reader: at one width, and when it is narrowest."""
    with shown(browser, stage, scene, language, width=width, theme=theme) as page:
        wrong = page.evaluate("checks.errors()")
        page.evaluate(OPEN_ALL)
        page.evaluate(AXE_SCRIPT)
        wrong += axe(page)
        page.set_viewport_size({"width": 320, "height": 640})
        wrong += page.evaluate("checks.sideways()")
    return [f"{scene} {language} {width} {theme}: {each}" for each in wrong]


def axe(page: Page) -> list[str]:
    """The violations of axe's rules for A, AA, 2.2 and best practice: of the page, then of its menus once open.

    Apart, because an open menu lies over whatever stands below it, until it is closed.
    """

    def violations(within: str) -> list[str]:
        found: list[str] = page.evaluate(RUN_AXE, [within, {"type": "tag", "values": RULES}])
        return found

    wrong = violations("html")
    if page.locator("details.menu").count():
        page.evaluate(OPEN_MENUS)
        wrong += violations("details.menu")
        page.evaluate(CLOSE_MENUS)
    return wrong
