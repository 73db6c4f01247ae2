"""A person's hands on a page: by touch or mouse, by keys alone, or in a browser that runs no script."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from playwright.sync_api import Locator, Page, expect

POINTER, KEYS, NO_SCRIPT = "pointer", "keys", "no script"
PHONE, DESK = 390, 1280
MOST_KEYS = 150
TYPED = {"date": ("%Y-%m-%d", "%m%d%Y"), "time": ("%H:%M", "%I%M%p")}
"""What a field holds, and the keys by which a Chromium that speaks English takes it."""
PRESSED_BY_SPACE = "[type=checkbox], [type=radio]"


@dataclass(frozen=True)
class Way:
    """How somebody comes to a page."""

    input: str
    width: int
    language: str
    theme: str

    def __str__(self) -> str:
        return f"{self.input}, {self.width} px, {self.language}, {self.theme}"


WAYS = (
    Way(POINTER, PHONE, "es", "light"),
    Way(POINTER, DESK, "en", "dark"),
    Way(KEYS, PHONE, "en", "dark"),
    Way(KEYS, DESK, "es", "light"),
    Way(NO_SCRIPT, PHONE, "en", "light"),
    Way(NO_SCRIPT, DESK, "es", "dark"),
)
"""Fewest ways in which any two of their parts come together: not all there are, but no pair is left out."""


@dataclass
class Hands:
    """Does what a person does, the way they do it, and counts what they press."""

    page: Page
    way: Way
    presses: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to an address, as by a link in a mail; it is there in the reader's language, and fits the window."""
        self.page.goto(path)
        self.look()

    def look(self) -> None:
        """What holds on every page of somebody's way."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.way.language)
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the window"

    def press(self, selector: str) -> None:
        """A button, a link, a choice, the summary of something folded."""
        target = self.page.locator(selector).first
        self.presses.append(selector)
        if self.way.input == KEYS:
            self._press_key(target)
        elif self.way.input == POINTER and self.way.width == PHONE:
            target.tap()
        else:
            target.click()

    def write(self, selector: str, words: str) -> None:
        """Fill a field; by keys alone, a date and a time part by part, as the browser's own fields take them."""
        target = self.page.locator(selector).first
        if self.way.input != KEYS:
            target.fill(words)
            return
        self._tab_to(target)
        if how := TYPED.get(target.evaluate("field => field.type")):
            value, keys = how
            self.page.keyboard.type(datetime.strptime(words, value).strftime(keys))
        else:
            self.page.keyboard.press("ControlOrMeta+a")
            self.page.keyboard.insert_text(words)
        assert target.input_value() == words

    def choose(self, selector: str, value: str) -> None:
        """One of a list."""
        target = self.page.locator(selector).first
        if self.way.input != KEYS:
            target.select_option(value)
            return
        self._tab_to(target)
        self.page.keyboard.press("Home")
        while target.input_value() != value:
            before = target.input_value()
            self.page.keyboard.press("ArrowDown")
            assert target.input_value() != before, f"{value} is not in the list {selector}"

    def _press_key(self, target: Locator) -> None:
        self._tab_to(target)
        self.page.keyboard.press("Space" if target.evaluate(f"e => e.matches('{PRESSED_BY_SPACE}')") else "Enter")

    def _tab_to(self, target: Locator) -> None:
        """Press Tab until it has the focus; within a group of dots, arrows lead on."""
        target.wait_for()
        for _ in range(MOST_KEYS):
            at = target.evaluate("""wanted => {
                const here = document.activeElement;
                if (here === wanted) return "there";
                return here.type === "radio" && here.name === wanted.name ? "in its group" : "elsewhere";
            }""")
            if at == "there":
                return
            self.page.keyboard.press("Tab" if at == "elsewhere" else "ArrowDown")
        raise AssertionError(f"keys do not lead to {target} of {self.page.url}")
