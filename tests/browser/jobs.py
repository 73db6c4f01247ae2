"""The main jobs of each person, done with somebody's hands on pages of an application of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import tokens
from matchmaker.settings import Settings
from models import (
    Introduction,
    IntroductionState,
    LearningRequest,
    Note,
    Partner,
    Proposal,
    ProposalState,
    Region,
)
from tests import factories as f
from tests.browser.hands import Hands
from tests.browser.serving import Served, links
from tests.cast import Cast, Peopled

TITLE = "Who carries the water when it rains?"
WORDS = "My class maps where rain crosses the road, and would draw with somebody who knows the wash."
POST = ".actionbar .btn--primary"
SEND = "main form .btn--primary"


@dataclass(frozen=True)
class Workshop:
    """An application with the cast in it, where each job finds rows of its own."""

    peopled: Peopled
    site: Served
    settings: Settings
    cookies: dict[tuple[str, str], str]

    @contextmanager
    def rows(self) -> Iterator[tuple[Session, Cast]]:
        """To write with the factories, and to read what came of it."""
        with self.peopled.database.stored() as session:
            yield session, self.peopled.cast(session)

    def link(self, about: Any, **more: Any) -> str:
        """The page behind a mail's link."""
        return links(self.settings)(about, **more)

    def proposed(self) -> tuple[int, list[int]]:
        """A request with two people who fit: its id, and theirs as proposals."""
        with self.rows() as (_, cast):
            asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title=TITLE)
            ranking = f.RankingFactory(region=cast.region, of=asked, eligible=2)
            shared = {"region": cast.region, "of": asked, "found_in": ranking}
            both = [
                f.ProposalFactory(**shared, rank=rank, rank_before=rank, relevance=0.8 - rank / 5) for rank in (1, 2)
            ]
            return asked.id, [each.id for each in both]

    def invited(self, language: str) -> tuple[int, str]:
        """An invitation for one day to somebody who reads a language: its id, and the address in its mail."""
        with self.rows() as (_, cast):
            day = f.NOW + timedelta(days=21)
            asked = f.LearningRequestFactory(
                region=cast.region, asked_by=cast.ana, title=TITLE, windows=[(day, day + timedelta(minutes=50))]
            )
            who = f.PartnerFactory(region=cast.region, language=language)
            met = f.IntroductionFactory(
                region=cast.region, suggested=f.ProposalFactory(region=cast.region, of=asked, who=who),
                coordinator=cast.marisol, state=IntroductionState.INVITED,
                invited_at=f.NOW - timedelta(days=1), answer_by=f.NOW + timedelta(days=4),
            )  # fmt: skip
            return met.id, self.link(met)

    def one(self, kind: type, row_id: int) -> Any:
        """A row as it is now."""
        with self.peopled.database.session() as session:
            return session.get_one(kind, row_id)


Job = Callable[[Hands, Workshop], None]


def post_a_need(hands: Hands, at: Workshop) -> None:
    hands.open("/requests/new")
    assert hands.page.locator("[name=grade]").input_value() == "7", "the class is filled in from last time"
    hands.write("[name=title]", TITLE)
    hands.write("[name=text]", WORDS)
    hands.write("input[type=date]", (f.NOW + timedelta(days=22)).date().isoformat())
    hands.write("input[type=time]", "09:20")
    hands.press(POST)
    expect(hands.page).to_have_url(re.compile(r"/requests/\d+$"))
    expect(hands.page.locator("h1")).to_have_text(TITLE)


def see_its_timeline(hands: Hands, at: Workshop) -> None:
    request_id, _proposals = at.proposed()
    hands.open("/requests")
    hands.press(f"main a[href$='/requests/{request_id}']")
    expect(hands.page.locator("#next-h")).to_be_visible()
    expect(hands.page.locator("section[aria-labelledby=tl] li")).to_have_count(6)
    box = hands.page.locator("#next-h").bounding_box()
    assert box and box["y"] < 900, "what happens next is seen without scrolling"


def say_yes(hands: Hands, at: Workshop) -> None:
    met, link = at.invited(hands.way.language)
    hands.open(f"{link}?answer=yes")
    before = len(hands.presses)
    hands.press(SEND)
    expect(hands.page.locator("main form")).to_have_count(0)
    assert len(hands.presses) - before == 1, "the link in the mail, and one more"
    assert at.one(Introduction, met).state is IntroductionState.ACCEPTED


def propose_other_times(hands: Hands, at: Workshop) -> None:
    met, link = at.invited(hands.way.language)
    hands.open(f"{link}?answer=other_times")
    hands.write("input[type=date]", (f.NOW + timedelta(days=23)).date().isoformat())
    hands.write("input[type=time]", "10:00")
    hands.press(SEND)
    expect(hands.page.locator("section.next li")).to_have_count(1)
    assert at.one(Introduction, met).state is IntroductionState.OTHER_TIMES


def add_a_fund(hands: Hands, at: Workshop) -> None:
    title = f"Patching a clay oven, {hands.way}"
    hands.open("/profile/funds/new")
    hands.write("[name=title]", title)
    hands.write("[name=text]", "A class sees how mud, straw and patience become bread by noon.")
    hands.write("[name=story]", "My aunt built the first one I ever burned my hand on.")
    hands.press(SEND)
    expect(hands.page).to_have_url(re.compile("/classes"))
    hands.press(SEND)
    expect(hands.page.locator("article", has_text=title).first).to_be_visible()


def pause_from_a_mail(hands: Hands, at: Workshop) -> None:
    with at.rows() as (_, cast):
        who = f.PartnerFactory(region=cast.region, language=hands.way.language)
        mail = f.OutboxItemFactory(region_id=cast.region.id, recipient=who.email.lower(), done_at=f.NOW)
        link = at.link(SimpleNamespace(key=mail.uid), purpose=tokens.Purpose.CHOICES, recipient="asking")
        partner_id = who.id
    hands.open(link)
    before = len(hands.presses)
    hands.press("#pause button[type=submit]")
    expect(hands.page.locator("#pause form[action] input[type=date]")).to_have_count(0)
    assert len(hands.presses) - before + 1 <= 2, "the link in the mail, and one more"
    assert at.one(Partner, partner_id).paused_until is not None


def approve_and_take_back(hands: Hands, at: Workshop) -> None:
    request_id, (first, _second) = at.proposed()
    hands.open(f"/desk/{request_id}")
    hands.press("#decide button[type=submit]")
    expect(hands.page.locator(".desk__said form[data-key=u]")).to_have_count(1)
    assert at.one(Proposal, first).state is ProposalState.APPROVED
    hands.press(".desk__said form[data-key=u] button")
    expect(hands.page.locator(".desk__said form[data-key=u]")).to_have_count(0)
    assert at.one(Proposal, first).state is not ProposalState.APPROVED


def pass_over(hands: Hands, at: Workshop) -> None:
    request_id, (first, _second) = at.proposed()
    hands.open(f"/desk/{request_id}")
    hands.press(f"a[href*='/proposals/{first}/']")
    hands.press("[name=reason]")
    hands.press(SEND)
    expect(hands.page.locator("h1, [data-desk-heading]").first).to_be_visible()
    expect(hands.page.locator(".desk__said")).to_be_attached()
    assert at.one(Proposal, first).state is ProposalState.PASSED


def keep_a_note(hands: Hands, at: Workshop) -> None:
    request_id, _proposals = at.proposed()
    words = "Ask at the front office about the gate."
    hands.open(f"/desk/{request_id}")
    hands.press("#notes summary")
    hands.write("#note", words)
    hands.press("#notes form:has(#note) button[type=submit]")
    expect(hands.page.locator("#notes .said")).to_have_text(words)
    with at.peopled.database.session() as session:
        assert session.scalar(select(Note.text).where(Note.request_id == request_id)) == words


def hold(hands: Hands, at: Workshop) -> None:
    request_id, _proposals = at.proposed()
    hands.open(f"/desk/{request_id}")
    hands.press("form[data-key=h] button[type=submit]")
    expect(hands.page.locator(".desk__said")).to_be_attached()
    hands.open(f"/desk/{request_id}")
    expect(hands.page.locator("#held-h")).to_be_visible()
    assert at.one(LearningRequest, request_id).held_until is not None


def change_a_number(hands: Hands, at: Workshop) -> None:
    days = {"390": 17, "1280": 18}[str(hands.way.width)] + len(hands.way.input)
    hands.open("/admin/region")
    hands.write("[name=answer_days]", str(days))
    hands.press("main form .btn--primary")
    expect(hands.page.locator("main [role=status]").first).to_be_visible()
    expect(hands.page.locator("[name=answer_days]")).to_have_value(str(days))
    with at.peopled.database.session() as session:
        assert days in session.scalars(select(Region.answer_days))


def find_a_promise_not_kept(hands: Hands, at: Workshop) -> None:
    hands.open("/admin/health")
    hands.press("nav.nav a[href$='/equity']")
    expect(hands.page.locator("section[aria-labelledby=prom] .badge--warn")).to_have_count(1)
    expect(hands.page.locator("section[aria-labelledby=prom] .badge--ok").first).to_be_visible()


def read_how_fair_it_is(hands: Hands, at: Workshop) -> None:
    hands.open("/home")
    expect(hands.page.locator("#prom")).to_be_visible()
    hands.press("main a[href$='/equity/policy']")
    expect(hands.page).to_have_url(re.compile("/equity/policy"))
    expect(hands.page.locator("h1")).to_be_visible()


def join(hands: Hands, at: Workshop) -> None:
    hands.open("/")
    hands.press(".doors a[href$='/join/partner']")
    email = f"{hands.way.input}-{hands.way.width}@people.example".replace(" ", "-")
    for name, words in {
        "title": "Reading the clouds", "text": "We look up, and say what comes.", "story": "From my father, fishing.",
        "name": "Nube Vargas", "email": email, "password": "ironwood-and-rain-again",
    }.items():  # fmt: skip
        hands.write(f"[name={name}]", words)
    hands.press(POST)
    expect(hands.page.locator("main")).to_contain_text(email)


def find_the_way_in(hands: Hands, at: Workshop) -> None:
    hands.open("/")
    hands.press(".hero a[href$='/requests/new']")
    expect(hands.page.locator("[name=password]")).to_be_visible()


JOBS: dict[str, tuple[Job, ...]] = {
    "teacher": (post_a_need, see_its_timeline),
    "partner": (say_yes, propose_other_times, add_a_fund, pause_from_a_mail),
    "coordinator": (approve_and_take_back, pass_over, keep_a_note, hold),
    "admin": (change_a_number, find_a_promise_not_kept),
    "funder": (read_how_fair_it_is,),
    "nobody": (find_the_way_in, join),
}
"""What each person comes for, the first of all first."""
