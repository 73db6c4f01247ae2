"""The whole demo, started by the same parent as scripts/run, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from matchmaker.settings import Settings
from tests import factories, tiny_models
from tests.browser.serving import Stage, stage

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "ironwood-and-rain"
PATIENCE = 240.0


@pytest.fixture(scope="session")
def _needs_browser() -> None:
    if CHROMIUM is None:
        if os.environ.get("MATCHMAKER_REQUIRE_BROWSER"):
            pytest.fail("MATCHMAKER_REQUIRE_BROWSER is set and there is no Chromium on the PATH")
        pytest.skip("BROWSER TESTS SKIPPED: no Chromium on the PATH; install it (apt install chromium) and run again")


@pytest.fixture(scope="package")
def model(thorough: bool, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo's ranker reads with: the model of the installation with --full, else one that reads in no time.

    These tests follow people through pages; how well the ranker ranks is measured elsewhere.
    """
    if thorough:
        return ""
    return str(tiny_models.save(tmp_path_factory.mktemp("models") / "small", seed=1))


@pytest.fixture(scope="package")
def site(model: str, _needs_browser: None) -> Iterator[str]:
    """The address of a freshly started demo."""
    home = Path(tempfile.mkdtemp(prefix="mm-"))
    command = [sys.executable, "-m", "matchmaker.embedded.run", "--port", "0"]
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**clean, "MATCHMAKER_HOME": str(home), "PYTHONPATH": str(ROOT), "EMBEDDING_MODEL": model},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _address(process)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        shutil.rmtree(home, ignore_errors=True)


def _address(process: subprocess.Popen[str]) -> str:
    """The address it prints once everything runs; what it said, when it ends before that."""
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line)
        if found := re.search(r"Matchmaker is at (\S+)", line):
            return found[1]
    raise AssertionError("the demo did not start:\n" + "".join(said))


@pytest.fixture
def present() -> Iterator[None]:
    """The time stands still at the factories' present, also for an application served from this process."""
    with time_machine.travel(factories.NOW, tick=False):
        yield


@pytest.fixture(scope="package")
def all_pages(settings: Settings, migrated_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Every page in every state, served to tests that also ask for ``present``."""
    with stage(settings, migrated_database, tmp_path_factory.mktemp("mailbox")) as served:
        yield served


@pytest.fixture(scope="package")
def browser(_needs_browser: None) -> Iterator[Browser]:
    """Chromium, closed after these tests."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


Opener = Callable[..., Page]
EXPECTED = re.compile(
    r"Failed to load resource: (the server responded with a status of 4(00|09|22)\b|net::ERR_INTERNET_DISCONNECTED)"
)
"""What Chromium calls an error and we an answer: a form that came back, a phone without a connection."""


def is_fault(said: ConsoleMessage) -> bool:
    """Whether the browser complains of a page of ours."""
    return said.type == "error" and not EXPECTED.match(said.text)


@pytest.fixture
def opened(browser: Browser, site: str) -> Iterator[Opener]:
    """Open a page: ``opened(as_="marisol@…", width=390, language="es", script=False)``; its errors fail the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(*, as_: str | None = None, width: int = 1280, language: str = "en", script: bool = True) -> Page:
        context = browser.new_context(
            base_url=site, viewport={"width": width, "height": 900}, locale=language, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on("console", lambda said: problems.append(f"{page.url}: {said.text}") if is_fault(said) else None)
        if as_:
            page.goto("/login")
            page.fill("input[name=email]", as_)
            page.fill("input[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.goto(f"/language/{language}?next=/home")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def eventually(page: Page, found: Callable[[], bool], what: str) -> None:
    """Reload the page until something is there: what a person waiting for a worker does."""
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for {what} at {page.url}"
        page.wait_for_timeout(300)
        page.reload()
