"""A request of Ana's before the coordinators, with two people proposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.embedding import Encoder
from matchmaker.index import Index
from matchmaker.policies import Actor, actor_for
from matchmaker.services import proposals
from models import (
    Account,
    AuditEvent,
    CapacityUnit,
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    Proposal,
    Ranking,
    RequestState,
)
from tests import factories as f
from tests import tiny_models
from tests.cast import Cast
from tests.services.hamlet import Hamlet, Reader
from tests.services.valley import BREAD, MURALS, RADIOS, WATER, Valley

OCTOBER = date(2026, 10, 1)


def acting(account: Account) -> Actor:
    """The actor an account is in these tests."""
    return actor_for(account, account.memberships, f.NOW)


@dataclass(frozen=True)
class Desk:
    """What a coordinator has on the page: Esperanza first, Ramón second."""

    request: LearningRequest
    ranking: Ranking
    first: Proposal
    second: Proposal
    marisol: Actor
    ben: Actor

    def approve(
        self,
        session: Session,
        clock: Clock,
        actor: Actor | None = None,
        *,
        second: bool = False,
        backups: Sequence[Proposal] = (),
    ) -> Introduction:
        """Approve as the page would send it."""
        return proposals.approve(
            session,
            actor or self.marisol,
            request_id=self.request.id,
            ranking_id=self.ranking.id,
            proposal_id=(self.second if second else self.first).id,
            clock=clock,
            backups=[proposal.id for proposal in backups],
        )


def set_desk(cast: Cast, *, starts_at: datetime | None = None) -> Desk:
    """Write the request and its proposals. A test that cannot set the clock says when the visit would be."""
    windows = [(starts_at, starts_at + timedelta(hours=1))] if starts_at else None
    request = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, windows=windows)
    first = f.ProposalFactory(region=cast.region, of=request, who=cast.esperanza, what=cast.esperanza.funds[0])
    second = f.ProposalFactory(
        region=cast.region,
        of=request,
        found_in=first.ranking,
        who=cast.ramon,
        what=cast.ramon.funds[0],
        rank=2,
        rank_before=2,
        relevance=0.6,
    )
    return Desk(request, first.ranking, first, second, acting(cast.marisol), acting(cast.ben))


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return set_desk(cast)


@pytest.fixture
def invited(session: Session, desk: Desk, clock: Clock) -> Introduction:
    """Esperanza has been approved and her invitation has left."""
    introduction = desk.approve(session, clock)
    introduction.become(IntroductionState.INVITED, at=f.NOW)
    introduction.invited_at = f.NOW
    session.flush()
    return introduction


@pytest.fixture
def held(session: Session) -> Callable[..., int]:
    """How many units are held, of everybody or of one partner."""

    def count(partner_id: int | None = None, period: date | None = None) -> int:
        query = select(func.count(CapacityUnit.id)).where(CapacityUnit.released_at.is_(None))
        if partner_id is not None:
            query = query.where(CapacityUnit.partner_id == partner_id)
        if period is not None:
            query = query.where(CapacityUnit.period == period)
        return session.scalar(query) or 0

    return count


def waiting(session: Session) -> list[str]:
    """Keys of what the outbox has still to do, oldest first."""
    return list(session.scalars(select(OutboxItem.key).where(OutboxItem.done_at.is_(None)).order_by(OutboxItem.id)))


def audited(session: Session) -> list[str]:
    """Tags of the audit, oldest first."""
    return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)))


def nothing_done(session: Session, desk: Desk) -> bool:
    """Whether the desk stands as it was set: nobody approved, nothing left to send, nothing held."""
    session.flush()
    session.expire_all()
    return (
        desk.request.state is RequestState.PROPOSED
        and session.scalar(select(func.count(Introduction.id))) == 0
        and session.scalar(select(func.count(CapacityUnit.id))) == 0
        and waiting(session) == []
    )


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder(threads=1)


@pytest.fixture
def valley(session: Session, cast: Cast, encoder: Encoder, clock: Clock) -> Valley:
    # The cast's own partners know one and the same thing; here everybody knows their own.
    cast.esperanza.reviewed_at = cast.ramon.reviewed_at = None
    made = Valley(session, cast, Index(encoder), clock)
    for name, fund in {"Ximena": WATER, "Rafael": RADIOS, "Petra": BREAD, "Moisés": MURALS}.items():
        made.add(name, fund)
    return made


@pytest.fixture(scope="session")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of two models of one and the same name, with vectors of different length."""
    folder = tmp_path_factory.mktemp("models")
    return (
        tiny_models.save(folder / "first" / "model", seed=1, dimension=16),
        tiny_models.save(folder / "second" / "model", seed=2, dimension=24),
    )


@pytest.fixture
def hamlet(session: Session, two_models: tuple[Path, Path]) -> Hamlet:
    made = Hamlet(session, f.RegionFactory(), Reader(str(two_models[0])))
    for number in range(6):
        made.add(f"I know bridge {number}.", f"I mend gate {number}.")
    return made
