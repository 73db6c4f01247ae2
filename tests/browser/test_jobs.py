"""Each person's main jobs: at both widths, in both languages, light and dark, by pointer, by keys, without script."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import pytest
import time_machine
from playwright.sync_api import Browser, expect

from matchmaker.settings import Settings
from tests import databases
from tests import factories as f
from tests.browser.hands import DESK, KEYS, NO_SCRIPT, PHONE, POINTER, WAYS, Hands, Way
from tests.browser.jobs import JOBS, Workshop
from tests.browser.serving import COOKIE, LANGUAGES, cookies, serving
from tests.browser.signing_in import signed_in
from tests.cast import Peopled
from tests.queries.regions import in_effect

pytestmark = pytest.mark.browser

WHO = {"teacher": "ana", "partner": "esperanza", "coordinator": "marisol", "admin": "ada", "funder": "fran"}
BELOW_THE_PROMISE = 0.9649
"""How close a plan is that does not keep 97 percent."""
PATIENCE = 60_000
"""For a busy machine; in milliseconds."""


@pytest.fixture(scope="module")
def workshop(settings: Settings, migrated_database: str, _needs_browser: None) -> Iterator[Workshop]:
    """Where the jobs are done, in the factories' present, from which time goes on."""
    expect.set_options(timeout=PATIENCE)
    with time_machine.travel(f.NOW, tick=True), databases.own(settings, migrated_database) as database:
        peopled = Peopled.fill(database)
        with database.stored() as session:
            for name in ("mail", "ranking", "planning", "clock"):
                f.HeartbeatFactory(name=name, at=f.NOW)
            cast = peopled.cast(session)
            f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title="An earlier need")
            halves = [{"group": group, "merit": 0.5, "before": 0.5, "after": 0.5} for group in (2, 3)]
            in_effect(cast.region, [(cast.school, 1, 0.5, 0.9)], groups=halves, quality=BELOW_THE_PROMISE)
            accounts = {who: getattr(cast, name) for who, name in WHO.items()}
            people = {
                who: session.get_one(f.models.Account, getattr(each, "account_id", None) or each.id)
                for who, each in accounts.items()
            }
            sessions = {who: signed_in(account) for who, account in people.items()}
        with serving(database.app()) as site:
            made = cookies(site.app, {**sessions, "nobody": {}})
            yield Workshop(peopled, site, database.settings, made)
    expect.set_options(timeout=None)


def test_any_two_parts_of_a_way_come_together_in_one() -> None:
    parts = [("input", (POINTER, KEYS, NO_SCRIPT)), ("width", (PHONE, DESK)), ("language", LANGUAGES)]
    parts.append(("theme", ("light", "dark")))
    for (one, these), (other, those) in combinations(parts, 2):
        seen = {(getattr(way, one), getattr(way, other)) for way in WAYS}
        assert seen == set(product(these, those)), f"{one} and {other}"


@pytest.mark.parametrize("who", JOBS)
def test_everybody_does_their_jobs_in_every_way(
    browser: Browser, workshop: Workshop, who: str, thorough: bool
) -> None:
    """With --full; else the first of them in the first way."""
    for way in WAYS if thorough else WAYS[:1]:
        do(browser, workshop, who, way, most=None if thorough else 1)


def do(browser: Browser, workshop: Workshop, who: str, way: Way, most: int | None) -> None:
    """The person's jobs one after another, in a window of their own; what the pages complain of fails the test."""
    context = browser.new_context(
        base_url=workshop.site.address,
        viewport={"width": way.width, "height": 900},
        has_touch=way.width == PHONE,
        locale=way.language,
        color_scheme="dark" if way.theme == "dark" else "light",
        java_script_enabled=way.input != NO_SCRIPT,
    )
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": COOKIE, "value": workshop.cookies[who, way.language], "url": workshop.site.address}])
    problems: list[str] = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        for job in JOBS[who][:most]:
            try:
                job(Hands(page, way), workshop)
            except Exception as error:
                error.add_note(f"{job.__name__} ({way}) at {page.url}")
                raise
    finally:
        context.close()
    assert problems == []
