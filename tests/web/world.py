"""One of everything that has a page, so that every address can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from models import (
    ApiToken,
    Fund,
    Introduction,
    IntroductionState,
    LearningRequest,
    Note,
    OutboxItem,
    Plan,
    PlanKind,
    PlanState,
    Proposal,
    Ranking,
    Reflection,
    SavedView,
    Side,
    Steer,
    Suppression,
    Task,
    Webhook,
)
from tests import factories as f
from tests.cast import Cast, Found, Peopled
from tests.databases import OwnDatabase


@dataclass(frozen=True)
class World:
    """Ana's request with two people who fit, one decided, one answered by mail; Esperanza's fund; a hand of Ben's; a
    plan that waits, and a trial that has ended; a visit with a story."""

    asked: LearningRequest
    ranking: Ranking
    first: Proposal
    second: Proposal
    approved: Introduction
    invited: Introduction
    fund: Fund
    steer: Steer
    plan: Plan
    trial: Plan
    stuck: OutboxItem
    quiet: Suppression
    task: Task
    told: Reflection
    kept: SavedView
    note: Note
    token: ApiToken
    webhook: Webhook


@dataclass(frozen=True)
class Furnished:
    """A database in which the cast and the world are stored, and where the world's rows are found."""

    database: OwnDatabase
    found: Found

    @classmethod
    def fill(cls, database: OwnDatabase, peopled: Peopled) -> Furnished:
        """Write the world into a copy of the cast's database, for good."""
        with database.stored() as session:
            return cls(database, Found.of(build(peopled.cast(session))))

    def world(self, session: Session) -> World:
        """The stored rows in another session of this database."""
        return World(**self.found.rows(session))


def build(cast: Cast) -> World:
    """Write it into the cast's region."""
    cast.esperanza.public_since, cast.esperanza.public_name = f.NOW, True
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    ranking = f.RankingFactory(region=cast.region, of=asked, eligible=2, excluded={"paused": 3, "distance": 1})
    shared = {"region": cast.region, "of": asked, "found_in": ranking}
    first = f.ProposalFactory(**shared, who=cast.esperanza)
    second = f.ProposalFactory(**shared, who=cast.ramon, rank=2, rank_before=2, relevance=0.5)
    approved = _introduction(cast, due_at=f.NOW + timedelta(minutes=5), approved_at=f.NOW - timedelta(minutes=5))
    return World(
        asked=asked,
        ranking=ranking,
        first=first,
        second=second,
        approved=approved,
        invited=_introduction(
            cast,
            state=IntroductionState.INVITED,
            invited_at=f.NOW - timedelta(hours=1),
            answer_by=f.NOW + timedelta(days=5),
        ),
        fund=cast.esperanza.funds[0],
        steer=f.SteerFactory(region=cast.region, of=approved.request, who=approved.partner, hand=cast.ben),
        plan=f.PlanFactory(region=cast.region, state=PlanState.WAITING, finished_at=None),
        trial=f.PlanFactory(region=cast.region, kind=PlanKind.TRIAL),
        stuck=f.OutboxItemFactory(region_id=cast.region.id, kind="vouched", failed_at=f.NOW, last_error="550 unknown"),
        quiet=f.SuppressionFactory(region=cast.region),
        task=f.TaskFactory(region=cast.region, owner=cast.marisol, of=approved.request),
        told=_told(cast),
        note=f.NoteFactory(region=cast.region, of=asked, author=cast.marisol),
        token=f.ApiTokenFactory(region=cast.region, owner=cast.marisol),
        webhook=f.WebhookFactory(region=cast.region, failures=2, last_status="timeout", last_at=f.NOW),
        kept=f.SavedViewFactory(region=cast.region, owner=cast.marisol),
    )


def _told(cast: Cast) -> Reflection:
    visit = f.VisitFactory(
        region=cast.region,
        of=_introduction(cast, state=IntroductionState.MET),
        starts_at=f.NOW - timedelta(days=1),
        ends_at=f.NOW - timedelta(hours=23),
    )
    words = {"story": "They drew the wash from memory.", "first_name": "Ana", "consent": True}
    return f.ReflectionFactory(region=cast.region, of=visit.introduction, side=Side.PARTNER, **words)


def _introduction(cast: Cast, **more: object) -> Introduction:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    who = f.PartnerFactory(region=cast.region)
    suggested = f.ProposalFactory(region=cast.region, of=asked, who=who)
    return f.IntroductionFactory(region=cast.region, suggested=suggested, coordinator=cast.marisol, **more)
