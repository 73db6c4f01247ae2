"""A coordinator's hands on the keys: ten approvals, another first choice, several at once, and all of it taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from matchmaker.settings import Settings
from models import Introduction, IntroductionState
from tests import databases
from tests import factories as f
from tests.browser.serving import COOKIE, LANGUAGES, cookies, serving
from tests.browser.signing_in import session_of
from tests.cast import assemble
from tests.databases import OwnDatabase

pytestmark = [pytest.mark.browser, pytest.mark.full]

CLEAR_LEADS = 12
PATIENCE = 60_000
SETTLED = 750
"""A little longer than the heading has to be in focus before A acts. Times here are in milliseconds."""


PRESS_A = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true}));"
AWAY = "window.dispatchEvent(new Event('blur'));"
BACK = "window.dispatchEvent(new Event('focus'));"
"""Another window in front of this one, and back: what the browser tells a page of it."""


class Keys:
    """Presses keys as a person does, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.pressed += 1
            self.page.keyboard.press(key)

    def read(self, title: str = "Question 1 of a class") -> None:
        """Take in a request before the next key."""
        self.arrive(title)
        self.page.wait_for_timeout(SETTLED)

    def arrive(self, title: str) -> None:
        """Wait for a request's page, with its heading in focus."""
        expect(self.page.locator("[data-desk-heading]")).to_have_text(title)
        expect(self.page.locator("[data-desk-heading]")).to_be_focused()


@dataclass(frozen=True)
class Desk:
    """A region with a dozen clear leads, a close call and a caution before a coordinator."""

    database: OwnDatabase
    open: Callable[..., Page]

    def count(self, state: IntroductionState = IntroductionState.APPROVED) -> int:
        with self.database.session() as session:
            return session.scalar(select(func.count(Introduction.id)).where(Introduction.state == state)) or 0


@pytest.fixture
def going_on() -> Iterator[None]:
    """The factories' present, from which time goes on: no two approvals are at one instant."""
    with time_machine.travel(f.NOW, tick=True):
        yield


@pytest.fixture(scope="module")
def before_her(settings: Settings, migrated_database: str) -> Iterator[tuple[str, str | None]]:
    """A database with what stands before a coordinator, to be copied, and the key her session names her with."""
    with time_machine.travel(f.NOW), databases.own(settings, migrated_database) as database:
        with database.stored():
            cast = assemble()
            for number in range(CLEAR_LEADS):
                ask(cast, f"Question {number + 1} of a class", 0.7, 0.5, 0.45, 0.4)
            ask(cast, "Two who fit as well", 0.7, 0.69)
            for name in ("mail", "ranking", "planning", "clock"):
                f.HeartbeatFactory(name=name, at=f.NOW)
            key = cast.marisol.fs_uniquifier
        database.engine.dispose()
        yield str(database.engine.url.database), key


@pytest.fixture
def own_database(settings: Settings, before_her: tuple[str, str | None]) -> Iterator[OwnDatabase]:
    """One of a test's own, with all that in it."""
    with databases.own(settings, before_her[0]) as database:
        yield database


@pytest.fixture
def desk(
    own_database: OwnDatabase, before_her: tuple[str, str | None], browser: Browser, going_on: None
) -> Iterator[Desk]:
    who = {"coordinator": session_of(before_her[1])}
    expect.set_options(timeout=PATIENCE)
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    with serving(own_database.app()) as site:
        cookie = cookies(site.app, who)

        def open_page(
            path: str = "/desk", *, width: int = 1280, script: bool = True, language: str = "en", first: str = ""
        ) -> Page:
            context = browser.new_context(
                base_url=site.address, viewport={"width": width, "height": 900}, java_script_enabled=script
            )
            contexts.append(context)
            context.add_cookies([{"name": COOKIE, "value": cookie["coordinator", language], "url": site.address}])
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.add_init_script(first)
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.goto(path)
            return page

        yield Desk(own_database, open_page)
        for context in contexts:
            context.close()
        expect.set_options(timeout=None)
    assert problems == []


def ask(cast, title: str, *relevances: float) -> None:  # type: ignore[no-untyped-def]
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title=title)
    ranking = f.RankingFactory(region=cast.region, of=request, eligible=len(relevances))
    for rank, relevance in enumerate(relevances, start=1):
        f.ProposalFactory(
            region=cast.region, of=request, found_in=ranking, rank=rank, rank_before=rank, relevance=relevance
        )


def test_ten_clear_leads_take_at_most_twelve_keys(desk: Desk) -> None:
    keys = Keys(desk.open())
    for number in range(1, 11):
        keys.read(f"Question {number} of a class")
        keys.press("a")
    keys.read("Question 11 of a class")
    expect(keys.page.locator(".desk__said [role=status]").first).to_contain_text("Approved.")
    assert keys.pressed <= 12
    assert desk.count() == 10
    keys.press("u")
    expect(keys.page.locator("[data-desk-heading]")).to_have_text("Question 10 of a class")
    assert desk.count() == 9


def test_every_clear_lead_takes_three_keys_and_one_to_take_them_back(desk: Desk) -> None:
    keys = Keys(desk.open())
    keys.press("Shift+X")
    expect(keys.page.locator("[data-picked]")).to_have_text(re.compile("^12 picked. All have a clear lead and no caut"))
    keys.press("Shift+A")
    expect(keys.page.locator("dialog[open] button[type=submit]")).to_be_focused()
    keys.press("Enter")
    expect(keys.page.locator(".desk__said")).to_contain_text("12 approved")
    expect(keys.page.locator("[data-desk-heading]")).to_have_text("Two who fit as well")
    assert keys.pressed == 3
    assert desk.count() == CLEAR_LEADS
    keys.press("u")
    expect(keys.page.locator(".desk__said")).to_contain_text("12 approvals taken back")
    assert desk.count(IntroductionState.UNDONE) == CLEAR_LEADS


def test_picks_are_kept_from_one_request_to_the_next(desk: Desk) -> None:
    page = desk.open()
    keys = Keys(page)
    for number in (1, 2):
        keys.arrive(f"Question {number} of a class")
        keys.press("x", "j")
    keys.arrive("Question 3 of a class")
    expect(page.locator("[name=picked]:checked")).to_have_count(2)
    keys.press("x", "x")
    expect(page.locator("[data-picked]")).to_contain_text("2 picked")
    keys.press("Shift+A")
    expect(page.locator("dialog[open] li")).to_have_count(2)
    keys.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("[data-desk-heading]")).to_be_focused()
    assert desk.count() == 0
    page.locator(".q__t", has_text="Two who fit").click()
    keys.arrive("Two who fit as well")
    keys.press("x")
    expect(page.locator("[data-picked]")).to_contain_text("decided by itself")
    page.locator(".bulk button", has_text="Approve 2").click()
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator(".desk__said")).to_contain_text("2 approved")
    expect(page.locator("[name=picked]:checked")).to_have_count(0)
    assert desk.count() == 2


def test_another_first_choice_and_its_approval_take_two_keys(desk: Desk) -> None:
    keys = Keys(desk.open())
    second = keys.page.locator(".match__name").nth(1).inner_text()
    keys.read()
    keys.press("2", "a")
    expect(keys.page.locator(".desk__said")).to_contain_text(second)
    assert keys.pressed == 2
    assert desk.count() == 1


def test_a_key_that_is_held_down_approves_once(desk: Desk) -> None:
    keys = Keys(desk.open())
    keys.read()
    for _ in range(3):
        keys.page.keyboard.down("a")
    keys.read("Question 2 of a class")
    keys.page.keyboard.down("a")
    keys.page.keyboard.up("a")
    # A form sent by that would be answered before the next page.
    keys.press("j")
    keys.arrive("Question 3 of a class")
    assert desk.count() == 1


def test_a_key_that_comes_too_early_approves_nothing(desk: Desk) -> None:
    # As soon as the heading is in focus: pressed from here, a slow machine could let the time pass meanwhile.
    page = desk.open(first=f"addEventListener('focusin', () => setTimeout(() => {{ {PRESS_A} }}), {{once: true}});")
    keys = Keys(page)
    keys.read()
    page.evaluate(f"{AWAY} {BACK} {PRESS_A}")
    page.wait_for_timeout(SETTLED)
    page.evaluate(f"{AWAY} {PRESS_A}")
    expect(page.locator("[data-desk-heading]")).to_have_text("Question 1 of a class")
    assert desk.count() == 0
    page.evaluate(BACK)
    # Gone on to another control meanwhile: the page is in use.
    page.locator("input[name=proposal]").nth(1).click()
    page.wait_for_timeout(SETTLED)
    keys.press("a")
    expect(page.locator("[data-desk-heading]")).to_have_text("Question 2 of a class")
    assert desk.count() == 1


def test_keys_act_outside_fields_only_and_can_be_switched_off(desk: Desk) -> None:
    page = desk.open()
    keys = Keys(page)
    keys.read()
    page.locator("summary", has_text="Add a note").click()
    page.locator("#note").press_sequentially("a xa")
    keys.press("Escape")
    page.locator("[data-desk-heading]").focus()
    keys.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys dt")).to_have_count(11)
    keys.press("a")
    keys.press("Shift+Tab", "Space", "Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    expect(page.locator("[data-desk-heading]")).to_be_focused()
    keys.read()
    keys.press("a", "x")
    expect(page.locator("[name=picked]:checked")).to_have_count(0)
    page.reload()
    keys.read()
    keys.press("a")
    expect(page.locator("[data-desk-heading]")).to_have_text("Question 1 of a class")
    assert desk.count() == 0


def test_approving_and_taking_back_need_no_single_key(desk: Desk) -> None:
    page = desk.open()
    tab_to(page, "#decide button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator(".desk__said")).to_contain_text("Approved")
    page.locator("body").evaluate("body => document.activeElement.blur()")
    tab_to(page, "form[data-key=u] button")
    page.keyboard.press("Enter")
    expect(page.locator(".desk__said")).to_contain_text("Taken back")
    assert desk.count(IntroductionState.UNDONE) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_candidate_and_the_decision_are_in_sight(desk: Desk, language: str) -> None:
    page = desk.open(language=language)
    for selector in (".match--first .match__name", "#decide button[type=submit]", ".bulk button >> nth=1"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900, selector


def test_several_at_once_without_script(desk: Desk) -> None:
    page = desk.open(script=False)
    page.locator("[name=picked]").nth(0).check()
    page.locator("[name=picked]").nth(2).check()
    page.locator(".bulk button").first.click()
    expect(page.locator("h2")).to_have_text("Approve 2 requests?")
    page.locator("form[data-sure] button").click()
    expect(page.locator(".desk__said")).to_contain_text("2 approved")
    page.locator(".desk__said [data-key=u] button").click()
    expect(page.locator(".desk__said")).to_contain_text("2 approvals taken back")
    page.locator(".bulk button[name=all]").click()
    expect(page.locator("h2")).to_have_text(f"Approve {CLEAR_LEADS} requests?")
    page.locator("form[data-sure] button").click()
    assert desk.count() == CLEAR_LEADS


def test_on_a_phone_a_request_is_a_page_of_its_own(desk: Desk) -> None:
    page = desk.open(width=390)
    page.locator(".q__t").nth(1).click()
    expect(page.locator("[data-desk-heading]")).to_be_visible()
    expect(page.locator(".queue")).not_to_be_visible()
    page.locator(".desk__back a").first.click()
    expect(page.locator(".queue")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something is in focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not lead to {selector}")
