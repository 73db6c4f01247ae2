"""A small region of people who know very different things, and the ranker of its process."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.index import Index, request_text
from matchmaker.services import proposing
from models import (
    Embedding,
    LearningRequest,
    OwnerKind,
    Partner,
    Proposal,
    ProposalState,
    Ranking,
)
from tests import factories as f
from tests.cast import Cast

WATER = "Reading an arroyo", "I show where flood water runs through the wash before it rains, and why it comes so fast."
RADIOS = "Mending tube radios", "I restore old radios: circuits, capacitors and the patience to find one broken part."
BREAD = "Sourdough and wheat", "I bake with desert wheat; yeast, heat and time are all the chemistry I know."
MURALS = "Painting murals", "I paint walls with neighbors: grids, scale and color on adobe."


@dataclass
class Valley:
    """A region of four people who know very different things, and the ranker of its process."""

    session: Session
    cast: Cast
    index: Index
    clock: Clock
    people: dict[str, Partner] = field(default_factory=dict)

    def add(self, name: str, fund: tuple[str, str], **facts: object) -> Partner:
        partner = f.PartnerFactory(region=self.cast.region, name=name, **facts)
        f.FundFactory(region=self.cast.region, owner=partner, title=fund[0], text=fund[1], story="")
        self.people[name] = partner
        return partner

    def ask(self, title: str = "Why does our arroyo flood?", text: str = "Walk the wash with us.") -> LearningRequest:
        request: LearningRequest = f.LearningRequestFactory(
            region=self.cast.region, asked_by=self.cast.ana, title=title, text=text
        )
        return request

    def propose(self, request: LearningRequest, index: Index | None = None) -> Ranking | None:
        """What the ranker does with one item of its outbox."""
        index = index or self.index
        self.session.flush()
        return proposing.propose(
            self.session,
            request.id,
            matrices=index.matrices(self.session, self.cast.region),
            request_vector=index.request_vector(self.session, request),
            request_text=request_text(request),
            clock=self.clock,
        )

    def proposals(self, request: LearningRequest) -> list[Proposal]:
        return list(
            self.session.scalars(
                select(Proposal)
                .where(Proposal.request_id == request.id, Proposal.state == ProposalState.OPEN)
                .order_by(Proposal.rank)
            )
        )

    def proposed(self, request: LearningRequest) -> list[str]:
        return [proposal.partner.name for proposal in self.proposals(request)]

    def embedded(self) -> dict[tuple[OwnerKind, int, int], tuple[int, str]]:
        """Every stored vector: whose it is, its row and the hash of its text."""
        rows = self.session.scalars(select(Embedding).execution_options(populate_existing=True))
        return {(row.owner_kind, row.owner_id, row.piece): (row.id, row.text_hash) for row in rows}
