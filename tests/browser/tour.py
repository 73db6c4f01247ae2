"""``scripts/tour``: the pictures of docs/tour.md, and one of every page in every state."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from html import escape
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import time_machine
from playwright.sync_api import Browser, Page, sync_playwright

from matchmaker.embedded.services import embedded_services
from matchmaker.settings import Settings
from tests import databases
from tests.architecture.conftest import ROOT
from tests.browser import looking, pictures
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.pages import Scene
from tests.browser.serving import COOKIE, LANGUAGES, Stage, stage
from tests.browser.stops import PHONE, TOUR, Stop, stops
from tests.browser.valley import Valley, valley
from tests.factories import NOW

PICTURES = ROOT / "docs" / "images" / "tour"
PAGE = ROOT / "docs" / "tour.md"
INTRODUCTION = """# A tour in pictures

Every picture here was taken by `scripts/tour` from the demo region, on Monday, September 14, 2026, a day that does not
move: the region is loaded, ranked and planned by the application itself, and some needs are on their way. Taken again,
a picture changes only where its page has; `scripts/tour --check` names those that have. `scripts/tour --states FOLDER`
takes one of every page in every state. How to walk this way yourself stands in the [README](../README.md).
"""
PUBLIC = "http://matchmaker.example"
Held = TypeVar("Held")


def main(words: list[str]) -> int:
    """Take the pictures. Returns the exit status: 1 when some are out of date with --check, or none can be taken."""
    arguments = parse(words)
    if CHROMIUM is None:
        print("tour: there is no Chromium on the PATH; install it (apt install chromium)", file=sys.stderr)
        return 1
    if arguments.states:
        return take_states(Path(arguments.states))
    return check(arguments.only) if arguments.check else take_tour(arguments.only)


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/tour", description="Take the pictures of docs/tour.md anew.")
    parser.add_argument("--check", action="store_true", help="only say which pictures are out of date")
    parser.add_argument("--only", metavar="WORD", default="", help="only pictures with this in their name")
    parser.add_argument("--states", metavar="FOLDER", help="instead: every page in every state, with an index.html")
    return parser.parse_args(words)


def take_tour(only: str) -> int:
    """Write the pictures that have changed, and the page they stand on."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with _walked(only) as (blank, taken):
        for stop, picture in taken:
            if pictures.keep(blank, file_of(stop), picture):
                print(f"tour: {stop.name} is new, {len(picture) / 1000:.0f} kB", flush=True)
    for file in PICTURES.iterdir():
        if file.stem not in {stop.name for stop in stops()}:
            file.unlink()
    PAGE.write_text(written(), encoding="utf-8")
    print(f"tour: {sum(file.stat().st_size for file in PICTURES.iterdir()) / 1e6:.2f} MB in all")
    return 0


def check(only: str) -> int:
    """Name the pictures that no longer show their page."""
    with _walked(only) as (blank, taken):
        out = [
            stop.name
            for stop, picture in taken
            if not (file := file_of(stop)).exists() or not pictures.alike(blank, file.read_bytes(), picture)
        ]
    print("\n".join(f"out of date: {name}" for name in out) or "every picture shows its page")
    return 1 if out else 0


def file_of(stop: Stop) -> Path:
    """Where a stop's picture is kept."""
    return PICTURES / f"{stop.name}.webp"


def written() -> str:
    """docs/tour.md."""
    lines = [INTRODUCTION]
    for part in TOUR:
        lines += [f"## {part.title}", "", part.said, ""]
        for stop in part.stops:
            width = ' width="292"' if stop.window[0] == PHONE[0] else ""
            lines += [stop.said, "", f'<img src="images/tour/{stop.name}.webp" alt="{escape(stop.said)}"{width}>', ""]
    return "\n".join(lines).rstrip() + "\n"


@contextmanager
def _walked(only: str) -> Iterator[tuple[Page, Iterator[tuple[Stop, bytes]]]]:
    """A blank page to decode pictures with, and each stop with its picture."""
    with ExitStack() as opened:
        settings, migrated = opened.enter_context(_servers())
        here = opened.enter_context(_beside(valley(settings, migrated)))
        browser = opened.enter_context(_chromium(here.site.address))
        yield (
            browser.new_context().new_page(),
            ((stop, _picture(browser, here, stop)) for stop in stops() if only in stop.name),
        )


def _picture(browser: Browser, here: Valley, stop: Stop) -> bytes:
    width, height = stop.window
    context = browser.new_context(
        base_url=PUBLIC,
        viewport={"width": width, "height": height},
        locale=stop.language,
        color_scheme="dark" if stop.theme == "dark" else "light",
        reduced_motion="reduce",
    )
    try:
        session = here.cookies[stop.who, stop.language]
        context.add_cookies([{"name": COOKIE, "value": session, "url": PUBLIC}])
        page = context.new_page()
        answer = page.goto(stop.address(here))
        assert answer is not None and answer.status == 200, f"{stop.name}: {answer and answer.status}"
        return pictures.take(page, height=height, at=stop.at)
    finally:
        context.close()


def take_states(folder: Path) -> int:
    """One picture of every scene into a folder, languages, widths and themes in turn, and a page with all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        settings, migrated = opened.enter_context(_servers())
        mailbox = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        here = opened.enter_context(_beside(stage(settings, migrated, mailbox)))
        browser = opened.enter_context(_chromium())
        opened.enter_context(time_machine.travel(NOW, tick=False))
        shown = [(scene, _state(browser, here, folder, at, scene)) for at, scene in enumerate(here.scenes)]
    (folder / "index.html").write_text(_index(shown), encoding="utf-8")
    print(f"tour: {len(shown)} pages, see {folder / 'index.html'}")
    return 0


def _state(browser: Browser, here: Stage, folder: Path, at: int, scene: Scene) -> str:
    language, wide, theme = LANGUAGES[at % 2], at // 2 % 2 == 0, ("light", "dark")[at // 4 % 2]
    with looking.shown(browser, here, scene, language, width=1280 if wide else 390, theme=theme) as page:
        picture = pictures.take(page, height=900 if wide else 844, scale=0.5)
    name = f"{at:04}-{language}-{'wide' if wide else 'phone'}-{theme}.webp"
    (folder / name).write_bytes(picture)
    return name


def _index(shown: list[tuple[Scene, str]]) -> str:
    by_state: dict[str, list[str]] = {}
    for scene, name in shown:
        line = f'<figure><img src="{name}" loading="lazy"><figcaption>{escape(str(scene))}</figcaption></figure>'
        for state in scene.states or {"usual"}:
            by_state.setdefault(state, []).append(line)
    parts = (f"<h2>{escape(state)}</h2>{''.join(lines)}" for state, lines in sorted(by_state.items()))
    style = "figure { display: inline-block; max-width: 640px; vertical-align: top } img { max-width: 100% }"
    return f"<!doctype html><meta charset=utf-8><title>Every state</title><style>{style}</style>{''.join(parts)}"


@contextmanager
def _servers() -> Iterator[tuple[Settings, str]]:
    """Embedded servers, and the name of a migrated database."""
    home = Path(tempfile.mkdtemp(prefix="mm-"))
    try:
        with embedded_services(home) as running:
            settings = Settings(
                database_url=running.database_url,
                redis_url=running.redis_url,
                smtp_url="smtp://127.0.0.1:9",
                secret_key="a-secret-of-the-tour-of-more-than-32-characters",
                password_salt="a-salt-of-the-tour",
                public_url=PUBLIC,
                environment="test",
            )
            yield settings, databases.migrated(settings)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _beside(what: AbstractContextManager[Held]) -> Iterator[Held]:
    """Something made in a thread of its own: Playwright's event loop in this one makes Flask take it for async."""
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(what.__enter__).result()
        beside.submit(what.__exit__, None, None, None).result()


@contextmanager
def _chromium(public: str = "") -> Iterator[Browser]:
    """A browser; what is served at ``public`` it finds at the public address, for ports are others each time."""
    there = [f"--host-resolver-rules=MAP {urlsplit(PUBLIC).netloc} {urlsplit(public).netloc}"] if public else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *there])
        yield chromium
        chromium.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
