"""One partner's invitation and all that follows from it; backups that wait behind it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region
from models.learning_request import LearningRequest, Window
from models.partner import Partner
from models.ranking import Proposal
from models.states import (
    BACKUP_CHANGES,
    INTRODUCTION_CHANGES,
    LIVE_INTRODUCTIONS,
    BackupState,
    IntroductionState,
    Stateful,
)


class NotNowReason(StrEnum):
    """Why a partner says not now. Optional, and read by coordinators only."""

    BUSY = "busy"
    FAR = "far"
    NOT_MINE = "not_mine"
    HEALTH = "health"
    UNSAID = "unsaid"


class Side(StrEnum):
    """Who says something: one of the two sides, or a coordinator for the network."""

    TEACHER = "teacher"
    PARTNER = "partner"
    COORDINATOR = "coordinator"


class AnswerVia(StrEnum):
    """How an answer came: by the link of a mail, by the partner's own page, or told to a coordinator."""

    LINK = "link"
    PAGE = "page"
    PHONE = "phone"
    IN_PERSON = "in_person"


class Introduction(Stateful, RegionOwned, Base):
    """From approval to reflection with one partner. ``key`` is what links and calendars know it by; ids never leave.

    The invitation leaves at ``due_at``, the end of the undo window. ``proposal_id`` is NULL for what was
    arranged outside the ranker (a network's earlier history). ``first_id`` is the introduction whose backup this one
    was, NULL for a first choice. ``answered_by`` is who answered while signed in: a coordinator who was told it, or
    the partner or teacher in person.
    """

    __tablename__ = "introduction"
    CHANGES = INTRODUCTION_CHANGES
    HISTORY_KEY = "introduction_id"

    key: Mapped[UUID] = mapped_column(default=uuid4, unique=True)
    request_id: Mapped[int]
    proposal_id: Mapped[int | None]
    first_id: Mapped[int | None]
    partner_id: Mapped[int]
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    approved_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[IntroductionState] = mapped_column(
        enum_column(IntroductionState, "state"), default=IntroductionState.APPROVED
    )
    invited_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_via: Mapped[AnswerVia | None] = mapped_column(enum_column(AnswerVia, "answered_via"))
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    window_id: Mapped[int | None]
    not_now_reason: Mapped[NotNowReason | None] = mapped_column(enum_column(NotNowReason, "not_now_reason"))
    introduced_at: Mapped[datetime | None]

    request: Mapped[LearningRequest] = relationship(
        primaryjoin="foreign(Introduction.request_id) == LearningRequest.id", viewonly=True
    )
    partner: Mapped[Partner] = relationship(primaryjoin="foreign(Introduction.partner_id) == Partner.id", viewonly=True)
    proposal: Mapped[Proposal | None] = relationship(
        primaryjoin="foreign(Introduction.proposal_id) == Proposal.id", viewonly=True
    )
    window: Mapped[Window | None] = relationship(
        primaryjoin="foreign(Introduction.window_id) == Window.id", viewonly=True
    )
    approved_by: Mapped[Account] = relationship(foreign_keys=[approved_by_id])

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        live = ", ".join(f"'{state}'" for state in sorted(LIVE_INTRODUCTIONS))
        return (
            same_region("request_id", "learning_request"),
            same_region("proposal_id", "proposal"),
            same_region("partner_id", "partner"),
            same_region("window_id", "request_window"),
            same_region("first_id", "introduction"),
            # Whatever two coordinators do at once, one partner is asked once for one request.
            Index(
                "uq_introduction_live",
                "request_id",
                "partner_id",
                unique=True,
                postgresql_where=text(f"state IN ({live})"),
            ),
            CheckConstraint("due_at >= approved_at", name="due"),
            Index(None, "partner_id"),
            Index(None, "request_id"),
            Index(None, "first_id", postgresql_where=text("first_id IS NOT NULL")),
        )


class Backup(Stateful, RegionOwned, Base):
    """An ordered person of an approval, asked only if the first choice cannot."""

    __tablename__ = "backup"
    CHANGES = BACKUP_CHANGES
    HISTORY_KEY = "backup_id"

    introduction_id: Mapped[int]
    proposal_id: Mapped[int]
    position: Mapped[int]
    state: Mapped[BackupState] = mapped_column(enum_column(BackupState, "state"), default=BackupState.WAITING)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("introduction_id", "introduction"),
            same_region("proposal_id", "proposal"),
            UniqueConstraint("introduction_id", "position"),
            UniqueConstraint("introduction_id", "proposal_id"),
            CheckConstraint("position >= 1", name="position"),
        )
