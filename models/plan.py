"""A run of the planner over a whole region: who asked, how far it is, what it promises, and the places it gives."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region


class PlanKind(StrEnum):
    """Why a plan is made. A trial is only looked at: it renews nothing."""

    NIGHTLY = "nightly"
    ASKED = "asked"
    TRIAL = "trial"


class PlanState(StrEnum):
    """How a plan stands. ``overtaken``: another plan of the region took effect while this one was made."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    OVERTAKEN = "overtaken"
    FAILED = "failed"


class Plan(RegionOwned, Base):
    """One run. ``holder`` and ``heartbeat_at`` are its lease: a run whose heart no longer beats is taken up again.

    ``numbers`` are those of the policy it was made with; ``after_id`` the plan in effect when it began, so that of
    two made at once the first to finish takes effect. ``figures`` hold its certificates and what it changes,
    ``terms`` what ranking one request between two plans needs: the weights of schools, the boosts of groups, the means.
    """

    __tablename__ = "plan"

    kind: Mapped[PlanKind] = mapped_column(enum_column(PlanKind, "kind"))
    state: Mapped[PlanState] = mapped_column(enum_column(PlanState, "state"), default=PlanState.WAITING)
    policy_id: Mapped[int]
    numbers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after_id: Mapped[int | None]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    holder: Mapped[str | None]
    heartbeat_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    rounds_done: Mapped[int] = mapped_column(default=0)
    rounds: Mapped[int] = mapped_column(default=0)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    asked_by: Mapped[Account | None] = relationship(foreign_keys=[asked_by_id], viewonly=True)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("policy_id", "equity_policy"),
            same_region("after_id", "plan"),
            CheckConstraint("rounds_done BETWEEN 0 AND rounds", name="rounds"),
            CheckConstraint("(state IN ('waiting', 'running')) = (finished_at IS NULL)", name="finished"),
            # Asking while one waits or runs is asking for that one; trials wait in line behind one another.
            Index(
                "uq_plan_under_way",
                "region_id",
                unique=True,
                postgresql_where=text("state IN ('waiting', 'running') AND kind <> 'trial'"),
            ),
            Index(None, "region_id", "asked_at"),
        )


class PlannedPlace(RegionOwned, Base):
    """The right of a partner to be proposed for a request: never a unit of the ledger.

    ``bid`` is the price up to which the request keeps this partner; the lowest bid kept in a full month is the
    partner's busy price there. ``picked``: chosen before all others, because the request had waited so long.
    """

    __tablename__ = "planned_place"

    plan_id: Mapped[int]
    request_id: Mapped[int]
    partner_id: Mapped[int]
    period: Mapped[date]
    place: Mapped[int]
    relevance: Mapped[float]
    gross: Mapped[float]
    bid: Mapped[float]
    price: Mapped[float]
    picked: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("plan_id", "plan", ondelete="CASCADE"),
            same_region("request_id", "learning_request"),
            same_region("partner_id", "partner"),
            UniqueConstraint("plan_id", "request_id", "place"),
            UniqueConstraint("plan_id", "request_id", "partner_id"),
            CheckConstraint("extract(day from period) = 1", name="period"),
            CheckConstraint("place >= 1", name="place"),
        )
