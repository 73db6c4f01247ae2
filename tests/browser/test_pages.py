"""Every page in every state, in both languages, as a program reads it: no browser is needed for what is asked here."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, pairwise, product
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from matchmaker.extensions import db
from matchmaker.web import first_visit
from tests import factories as f
from tests.architecture.conftest import ROOT
from tests.browser.english import english_in
from tests.browser.pages import Scene, is_page
from tests.browser.reading import Reading, read
from tests.browser.serving import LANGUAGES, Stage
from tests.web.test_route_permissions import INLINE, LARGEST_PAGE, TABLE

MOST_QUERIES = 12
MOST_OF_AN_ANSWER = 20
"""Of a form that came back: what was to be done has been tried, and the page is drawn as well."""
ERROR_PAGE = re.compile(r"Number of this page for us|Número de esta página")
"""A page that says nothing but what is wrong needs no alert: its heading is one."""
SHEET, SCRIPT, ICON = "/static/matchmaker.css", "/static/matchmaker.js", "/static/favicon.svg"


@dataclass(frozen=True)
class Seen:
    """A page as it came."""

    scene: Scene
    language: str
    status: int
    headers: dict[str, str]
    html: str
    reading: Reading
    queries: int

    def __str__(self) -> str:
        return f"{self.scene} {self.scene.path} in {self.language}"


@pytest.fixture(scope="module")
def seen(all_pages: Stage, thorough: bool) -> Iterator[list[Seen]]:
    """Every scene, opened once in each language; without --full each page and each form once, languages in turn."""
    once = {(scene.rule, scene.form is None): scene for scene in reversed(all_pages.scenes)}.values()
    everything = product(all_pages.scenes, LANGUAGES)
    with time_machine.travel(f.NOW, tick=False):
        yield [
            _open(all_pages, scene, language)
            for scene, language in (everything if thorough else zip(once, cycle(LANGUAGES), strict=False))
        ]


def _open(stage: Stage, scene: Scene, language: str) -> Seen:
    app = stage.served(scene).app
    browser = app.test_client()
    browser.set_cookie(first_visit.COOKIE, first_visit.version(app))
    stage.forget_who_looks()
    if scene.beside:
        colleague = app.test_client()
        colleague.set_cookie("session", stage.beside(scene, language))
        colleague.get(scene.path)
    browser.set_cookie("session", stage.cookie(scene, language))
    with _counted(app) as sent:
        if scene.form is None:
            answer = browser.get(scene.path)
        else:
            answer = browser.post(scene.path, data={"csrf_token": stage.csrf, **scene.form})
    html = answer.get_data(as_text=True)
    return Seen(scene, language, answer.status_code, dict(answer.headers), html, read(html), len(sent))


class _counted:
    """The statements that an application sends to its database meanwhile."""

    def __init__(self, app: Flask) -> None:
        with app.app_context():
            self.engine = db.engine
        self.sent: list[str] = []

    def _note(self, connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not re.match(r"(SAVEPOINT|RELEASE|ROLLBACK)", statement):
            self.sent.append(statement)

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.sent

    def __exit__(self, *ended: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)


def nothing(found: Iterable[str]) -> None:
    """Fail with everything that was found, a line each."""
    assert not (lines := sorted(set(found))), "\n".join([f"{len(lines)} found:", *lines])


def test_every_page_is_a_scene(all_pages: Stage) -> None:
    pages = {rule for route in TABLE if route.startswith("GET ") and is_page(rule := route.removeprefix("GET "))}
    assert pages - {scene.rule for scene in all_pages.scenes} == REDIRECTS


STATES = {
    "empty", "loading", "error on save", "offline phone", "job sender down", "mail came back", "expired link",
    "used link", "withdrawn while open", "two coordinators at once", "many", "long names",
}  # fmt: skip
"""Those of the design guide, §7; one of something is what each page shows in its usual state."""


def test_every_state_of_the_guide_is_a_scene(all_pages: Stage) -> None:
    assert {state for scene in all_pages.scenes for state in scene.states} >= STATES


REDIRECTS = {
    "/visits/of/<row:introduction_id>", "/profile/visits/<row:introduction_id>", "/confirm/<token>",
    # To the provider, and from it on into the account or to the page that asks whose it is.
    "/sign-in/with/<name>", "/sign-in/with/<name>/return",
    # A passkey is removed by a form; its address leads whoever opens it back to all ways to sign in.
    "/account/sign-in/passkey/remove",
}  # fmt: skip
"""They lead on to pages that are scenes."""


def test_every_scene_is_what_it_says(seen: list[Seen]) -> None:
    nothing(f"{each}: {each.status}" for each in seen if each.status != each.scene.status)


def test_every_page_says_its_language_and_no_spanish_page_is_left_in_english(seen: list[Seen]) -> None:
    nothing(str(each) for each in seen if each.reading.language != each.language)
    nothing(
        f"{each.scene.rule} <{words.inside}> {english}"
        for each in seen
        if each.language == "es"
        for words in each.reading.words
        if words.language == "es" and (english := english_in(words.text, words.inside))
    )


def most_queries(scene: Scene) -> int:
    return MOST_QUERIES if scene.form is None else MOST_OF_AN_ANSWER


def test_every_page_is_light_and_asks_little(seen: list[Seen]) -> None:
    nothing(f"{each}: {size} bytes" for each in seen if (size := len(each.html.encode())) > LARGEST_PAGE)
    nothing(f"{each}: {each.queries} queries" for each in seen if each.queries > most_queries(each.scene))


def test_every_page_asks_only_us_and_only_for_its_sheet_its_script_and_its_icon(seen: list[Seen]) -> None:
    for each in seen:
        fetched = [address.split("?v=")[0] for address in each.reading.fetched]
        assert sorted(fetched) == sorted([ICON, SHEET, SCRIPT]), str(each)
        assert INLINE.search(each.html) is None, str(each)
        assert "default-src 'none'" in each.headers["Content-Security-Policy"]
        assert each.headers["X-Content-Type-Options"] == "nosniff"
        leading_out = [
            link for link in each.reading.links + each.reading.actions if link.startswith("http") or "//" in link[:2]
        ]
        assert [link for link in leading_out if not link.startswith("http://matchmaker.example/")] == [], str(each)


def test_every_page_has_its_parts_in_order_and_refers_to_what_is_there(seen: list[Seen]) -> None:
    wrong: set[str] = set()
    for each in seen:
        here = each.reading
        twice = {name for name in here.ids if here.ids.count(name) > 1}
        nowhere = set(here.references) - set(here.ids)
        if twice or nowhere:
            wrong.add(f"{each}: twice {sorted(twice)}, nowhere {sorted(nowhere)}")
        if here.headings.count(1) != 1 or any(after > before + 1 for before, after in pairwise(here.headings)):
            wrong.add(f"{each}: headings {here.headings}")
    nothing(wrong)


def test_a_form_that_came_back_says_so_and_ties_each_error_to_its_field(seen: list[Seen]) -> None:
    came_back = [each for each in seen if each.scene.form is not None and not ERROR_PAGE.search(each.html)]
    nothing(str(each) for each in came_back if not each.reading.alerts)
    for each in seen:
        for name, described in each.reading.invalid:
            assert described and set(described.split()) <= set(each.reading.ids), f"{each}: {name}"


def test_the_sheet_and_the_script_are_light() -> None:
    for path, most, packed in ((SHEET, 64_000, 16_000), (SCRIPT, 32_000, 10_000)):
        body = (ROOT / "matchmaker" / path.removeprefix("/")).read_bytes()
        assert len(body) <= most and len(gzip.compress(body)) <= packed, (path, len(body), len(gzip.compress(body)))
