"""What a named coordinator has to do by a day, because the service alone cannot go on."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region
from models.learning_request import LearningRequest
from models.partner import Partner


class TaskKind(StrEnum):
    """Why a person is needed."""

    NOBODY_LEFT = "nobody_left"
    """Everybody who was asked cannot, and no backup is left."""
    NO_ANSWER = "no_answer"
    """Somebody has waited for an answer as long as the region lets anybody wait."""
    NO_DATE = "no_date"
    """Two people were introduced, and no date has been set since."""
    MAIL_CAME_BACK = "mail_came_back"
    """A mail could not be delivered for good, or its reader complained: call instead."""
    CLEARANCE_ENDS = "clearance_ends"
    """A clearance ends before an agreed visit."""
    CANCELLED = "cancelled"
    """An agreed visit was called off."""
    UNCLEAR = "unclear"
    """Of whether a visit took place, somebody says otherwise than it stands."""


class Task(RegionOwned, Base):
    """Something for one coordinator, due on a day. ``key`` names its occasion: one open task each.

    ``detail`` holds codes and figures that the sentence on the desk is made of; no contact and nobody's own words.
    """

    __tablename__ = "task"

    key: Mapped[str]
    kind: Mapped[TaskKind] = mapped_column(enum_column(TaskKind, "kind"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    request_id: Mapped[int | None]
    introduction_id: Mapped[int | None]
    partner_id: Mapped[int | None]
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    owner: Mapped[Account] = relationship(foreign_keys=[owner_id])
    request: Mapped[LearningRequest | None] = relationship(
        primaryjoin="foreign(Task.request_id) == LearningRequest.id", viewonly=True
    )
    partner: Mapped[Partner | None] = relationship(primaryjoin="foreign(Task.partner_id) == Partner.id", viewonly=True)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        open_only = text("done_at IS NULL")
        return (
            same_region("request_id", "learning_request"),
            same_region("introduction_id", "introduction"),
            same_region("partner_id", "partner"),
            Index("uq_task_open", "region_id", "key", unique=True, postgresql_where=open_only),
            Index("ix_task_due", "region_id", "due_on", postgresql_where=open_only),
            CheckConstraint("num_nonnulls(request_id, introduction_id, partner_id) >= 1", name="about"),
        )
