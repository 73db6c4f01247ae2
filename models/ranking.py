"""The frozen result of one run of the ranker, and the proposals made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, RegionOwned, enum_column, same_region
from models.columns import Columnar
from models.learning_request import LearningRequest
from models.partner import Fund, Partner
from models.region import EquityPolicy
from models.states import PROPOSAL_CHANGES, ProposalState, Stateful


class Ranking(RegionOwned, Base):
    """One run of the ranker for one request, kept for audit and replay.

    ``candidates`` holds the first 200 with all parts of their scores, in order after equity, stored column by column;
    ``pinned`` those whom coordinators had put forward by hand, in the order they did, each with its ``place`` in the
    ranker's own order and the steer; ``excluded`` how many partners each hard rule took out; ``versions`` what the run
    was made with, the ``plan`` whose prices it took among them (null where there was none), and the formula from a
    candidate's evidence to its relevance: what a feature gave is evidence times coefficient.
    """

    __tablename__ = "ranking"

    request_id: Mapped[int]
    request_version: Mapped[int]
    policy_id: Mapped[int]
    ranked_at: Mapped[datetime]
    eligible: Mapped[int]
    excluded: Mapped[dict[str, int]] = mapped_column(JSONB)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(Columnar)
    pinned: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    versions: Mapped[dict[str, Any]] = mapped_column(JSONB)

    request: Mapped[LearningRequest] = relationship(
        primaryjoin="foreign(Ranking.request_id) == LearningRequest.id", viewonly=True
    )
    policy: Mapped[EquityPolicy] = relationship(
        primaryjoin="foreign(Ranking.policy_id) == EquityPolicy.id", viewonly=True
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("request_id", "learning_request"),
            same_region("policy_id", "equity_policy"),
            CheckConstraint("eligible >= 0", name="eligible"),
            Index(None, "request_id", "ranked_at"),
        )


class Proposal(Stateful, RegionOwned, Base):
    """A candidate put before a coordinator, with the parts of the score V = need x deficit x relevance + boost - price.

    ``rank_before`` is the place by relevance alone, ``rank_after`` the place after equity, ``rank`` the place on the
    desk, which differs where coordinators put people forward by hand (``steer_id``); all start at 1. ``reasons`` are
    the codes and figures that were found, ``why`` the sentence made of them in each language of the region.
    """

    __tablename__ = "proposal"
    CHANGES = PROPOSAL_CHANGES
    HISTORY_KEY = "proposal_id"

    ranking_id: Mapped[int]
    request_id: Mapped[int]
    partner_id: Mapped[int]
    fund_id: Mapped[int | None]
    steer_id: Mapped[int | None]
    state: Mapped[ProposalState] = mapped_column(enum_column(ProposalState, "state"), default=ProposalState.OPEN)
    rank: Mapped[int]
    rank_before: Mapped[int]
    rank_after: Mapped[int]
    relevance: Mapped[float]
    need: Mapped[float]
    deficit: Mapped[float]
    boost: Mapped[float]
    price: Mapped[float]
    score: Mapped[float]
    features: Mapped[dict[str, float | None]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    why: Mapped[dict[str, str]] = mapped_column(JSONB)

    ranking: Mapped[Ranking] = relationship(primaryjoin="foreign(Proposal.ranking_id) == Ranking.id", viewonly=True)
    partner: Mapped[Partner] = relationship(primaryjoin="foreign(Proposal.partner_id) == Partner.id", viewonly=True)
    fund: Mapped[Fund | None] = relationship(primaryjoin="foreign(Proposal.fund_id) == Fund.id", viewonly=True)
    request: Mapped[LearningRequest] = relationship(
        primaryjoin="foreign(Proposal.request_id) == LearningRequest.id", viewonly=True
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("ranking_id", "ranking"),
            same_region("request_id", "learning_request"),
            same_region("partner_id", "partner"),
            same_region("fund_id", "fund", ondelete="SET NULL (fund_id)"),
            same_region("steer_id", "steer"),
            UniqueConstraint("ranking_id", "partner_id"),
            UniqueConstraint("ranking_id", "rank"),
            CheckConstraint("relevance BETWEEN 0 AND 1", name="relevance"),
            CheckConstraint("boost >= 0 AND price >= 0 AND need > 0 AND deficit > 0", name="parts"),
            Index(None, "request_id", "state"),
        )
