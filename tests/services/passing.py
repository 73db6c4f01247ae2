"""Time that passes: what falls due is done in its order and at its hour, letters are composed as by the mailer, and a
stand-in for the ranker, which needs no model, proposes whoever the hard rules leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.jobs import AFTER_SENDING, FOLLOW_UPS
from matchmaker.mail.deliver import COMPOSE
from matchmaker.mail.failures import PermanentFailure
from matchmaker.mail.letter import Letter
from matchmaker.queries import eligibility
from matchmaker.settings import Settings
from models import (
    EquityPolicy,
    LearningRequest,
    OutboxItem,
    Partner,
    Proposal,
    ProposalState,
    QueueName,
    Ranking,
    RequestState,
)
from tests import factories as f

_RANKABLE = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET)


@dataclass
class Passing:
    """The present, and what has been done by itself so far: follow-ups and letters with their hour."""

    session: Session
    settings: Settings
    now: datetime = f.NOW
    letters: list[tuple[datetime, str, Letter]] = field(default_factory=list)
    done: list[tuple[datetime, str]] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def until(self, moment: datetime) -> None:
        """Let time pass; each thing is done at the hour it falls due."""
        while (item := self._due(moment)) is not None:
            self.now = max(self.now, item.due_at)
            self._do(item)
        self.now = max(self.now, moment)

    def sent(self, kind: str) -> list[tuple[datetime, str]]:
        """When letters of a kind left, and to whom."""
        return [(at, letter.recipient.name) for at, sort, letter in self.letters if sort == kind]

    def _due(self, moment: datetime) -> OutboxItem | None:
        self.session.flush()
        return self.session.scalar(
            select(OutboxItem)
            .where(
                OutboxItem.queue.in_((QueueName.MAIL, QueueName.RANKING)),
                OutboxItem.done_at.is_(None),
                OutboxItem.failed_at.is_(None),
                OutboxItem.due_at <= moment,
            )
            .order_by(OutboxItem.due_at, OutboxItem.id)
            .limit(1)
        )

    def _do(self, item: OutboxItem) -> None:
        again: datetime | None = None
        if item.queue is QueueName.RANKING:
            self._rank(item)
        elif item.kind in FOLLOW_UPS:
            again = FOLLOW_UPS[item.kind](self.session, item, self.now)
            assert again is None or again > self.now, f"{item.kind} would be done for ever"
            self.done.append((self.now, item.kind))
        else:
            self._send(item)
        if again is not None:
            item.due_at = again
        elif item.failed_at is None:
            item.done_at = self.now
        self.session.flush()

    def _send(self, item: OutboxItem) -> None:
        try:
            letter = COMPOSE[item.kind](self.session, item, self.settings, self.now)
        except PermanentFailure:
            item.failed_at = self.now
            return
        item.done_at = self.now
        if letter is not None:
            self.letters.append((self.now, item.kind, letter))
            if item.kind in AFTER_SENDING:
                AFTER_SENDING[item.kind](self.session, item, self.now)

    def _rank(self, item: OutboxItem) -> None:
        request = self.session.get_one(LearningRequest, item.payload["request_id"])
        if request.state not in _RANKABLE:
            return
        for old in self.session.scalars(
            select(Proposal).where(Proposal.request_id == request.id, Proposal.state == ProposalState.OPEN)
        ):
            old.become(ProposalState.SUPERSEDED, at=self.now)
        policy = self.session.scalars(
            select(EquityPolicy.id).where(EquityPolicy.region_id == request.region_id)
        ).first()
        ranking = Ranking(
            region_id=request.region_id, request_id=request.id, request_version=request.version, policy_id=policy,
            ranked_at=self.now, eligible=0, excluded={}, candidates=[], versions={},
        )  # fmt: skip
        self.session.add(ranking)
        self.session.flush()
        people = self.session.scalars(
            select(Partner).where(Partner.region_id == request.region_id).order_by(Partner.id)
        ).all()
        free = [p for p in people if eligibility.excluded_by(self.session, request, p.id, self.now) is None]
        for rank, partner in enumerate(free, start=1):
            self.session.add(proposed(ranking, partner, rank))
        wanted = RequestState.PROPOSED if free else RequestState.NONE_YET
        if request.state is not wanted:
            request.become(wanted, at=self.now)


def proposed(ranking: Ranking, partner: Partner, rank: int) -> Proposal:
    """A proposal of a ranking, as close as any other."""
    return Proposal(
        region_id=ranking.region_id, ranking_id=ranking.id, request_id=ranking.request_id, partner_id=partner.id,
        rank=rank, rank_before=rank, rank_after=rank, relevance=0.7, need=1.0, deficit=1.0, boost=0.0, price=0.0,
        score=0.7, features={}, reasons=[], why={},
    )  # fmt: skip
