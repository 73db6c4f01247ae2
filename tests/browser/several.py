"""More than one at once: people side by side, requests approved together, a colleague on the same request; and pages
while something is under way, or while their phone has no connection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from models import LearningRequest, PlanState, Proposal, RequestState
from tests import factories as f
from tests.browser.pages import Scene

if TYPE_CHECKING:
    from tests.browser.states import Setting

DESK, COMPARE, BULK = "/desk/<row:request_id>", "/desk/<row:request_id>/compare", "/desk/bulk"
FUNDS = (
    ("Lucha Armenta", "es", "Cartas celestes de la siembra", "De mi abuelo, en la milpa."),
    ("Desert Sky Astronomers", "en", "Telescopes for a schoolyard", "Thirty years of dark nights."),
    ("Ignacio Bojórquez-Maldonado", "en", "Sundials from scrap metal", "My daughter asked why noon moves."),
    ("Wren Tsosie", "en", "Naming stars in two languages", "My aunties told them in winter."),
)
"""Who fits the request that is compared: name, language, a fund and how they came to know it."""
TITLES = (
    "Who has grown chiltepín from seed?",
    "¿Quién repara bombas de agua?",
    "Someone who reads old maps with us",
)


def everything(at: Setting) -> Iterator[Scene]:
    """All of these scenes."""
    asked, people = _wanted_by_many(at)
    yield from _compared(asked, people)
    yield from _together(at)
    yield _beside_a_colleague(asked)
    yield from _under_way(at)
    yield Scene(
        "a phone without a connection", "teacher", "/requests/new", "/requests/new",
        states=frozenset({"offline phone"}), offline=True,
    )  # fmt: skip


def _wanted_by_many(at: Setting) -> tuple[LearningRequest, list[Proposal]]:
    region = at.cast.region
    asked = f.LearningRequestFactory(
        region=region, asked_by=at.cast.tomas, title="What does the night sky say about time?"
    )
    ranking = f.RankingFactory(region=region, of=asked, eligible=len(FUNDS), excluded={"distance": 2, "full": 1})
    people = []
    for place, (name, language, title, story) in enumerate(FUNDS, 1):
        who = f.PartnerFactory(region=region, name=name, language=language, languages=[language])
        what = f.FundFactory(region=region, owner=who, title=title, story=story, language=language)
        at_place = {"rank": place, "rank_before": place, "relevance": 0.8 - place / 12, "boost": place * 0.02}
        people.append(f.ProposalFactory(region=region, of=asked, found_in=ranking, who=who, what=what, **at_place))
    return asked, people


def _compared(asked: LearningRequest, people: list[Proposal]) -> Iterator[Scene]:
    for count in (3, 4):
        named = "&".join(f"p={each.id}" for each in people[:count])
        for path, rule in ((f"/desk/{asked.id}/compare?{named}", COMPARE), (f"/desk/{asked.id}?{named}", DESK)):
            yield Scene(f"{count} side by side: {rule}", "coordinator", path, rule)


def _together(at: Setting) -> Iterator[Scene]:
    """One, several and many with a clear lead, before they are approved."""
    picked = []
    for title in TITLES:
        first = f.ProposalFactory(region=at.cast.region, of__title=title, of__asked_by=at.cast.tomas)
        f.ProposalFactory(
            region=at.cast.region, of=first.request, found_in=first.ranking, rank=2, rank_before=2, relevance=0.4
        )
        picked.append(f"picked={first.request_id}:{first.ranking_id}:{first.id}")
    for count in (1, len(picked)):
        yield Scene(f"{count} picked", "coordinator", f"{BULK}?{'&'.join(picked[:count])}", BULK)
    yield Scene("many, long names: picked", "crowd", f"{BULK}?all=1", BULK, states=frozenset({"many", "long names"}))


def _beside_a_colleague(asked: LearningRequest) -> Scene:
    both = frozenset({"two coordinators at once"})
    path = f"/desk/{asked.id}"
    return Scene("a colleague has it open", "coordinator", path, DESK, states=both, beside="second_coordinator")


def _under_way(at: Setting) -> Iterator[Scene]:
    """A plan in its seventh round, and a request that the ranker has not come to."""
    loading = frozenset({"loading"})
    f.PlanFactory(
        region=at.crowd.region, state=PlanState.RUNNING, finished_at=None, kind="asked", rounds=20, rounds_done=7,
        started_at=f.NOW - timedelta(seconds=40), heartbeat_at=f.NOW, holder="planner",
    )  # fmt: skip
    yield Scene("a plan in the making", "crowd", "/desk/plan", "/desk/plan", states=loading)
    waits = f.LearningRequestFactory(region=at.cast.region, asked_by=at.cast.ana, title="Who keeps bees in the city?")
    waits.state = RequestState.POSTED
    for who, path, rule in (
        ("teacher", f"/requests/{waits.id}", "/requests/<row:request_id>"),
        ("coordinator", f"/desk/{waits.id}", DESK),
    ):
        yield Scene("not ranked yet", who, path, rule, states=loading)
