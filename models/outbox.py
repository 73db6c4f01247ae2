"""Work that must survive a crash: one row per thing to do, written with the change that asks for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Created, enum_column


class QueueName(StrEnum):
    """The queues, a process each."""

    RANKING = "ranking"
    PLANNING = "planning"
    MAIL = "mail"
    WEBHOOKS = "webhooks"


class OutboxItem(Created, Base):
    """Something to do once, at or after ``due_at``. ``key`` is unique, so asking twice is asking once.

    ``recipient`` is the address a mail went to, in lower case, and ``bounces`` how often it came back for a while.
    ``uid`` is the stable identity a mail carries in its Message-ID, however often it is tried. An item is finished by
    ``done_at``, or put aside by ``failed_at`` for a person to look at.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("done_at IS NULL OR failed_at IS NULL", name="one_end"),
        Index(
            "ix_outbox_waiting",
            "queue",
            "due_at",
            "id",
            postgresql_where=text("done_at IS NULL AND failed_at IS NULL"),
        ),
        Index("ix_outbox_recipient", "recipient", "done_at", postgresql_where=text("recipient IS NOT NULL")),
        Index("ix_outbox_put_aside", "region_id", postgresql_where=text("failed_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(default=uuid4, unique=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id", ondelete="RESTRICT"), index=True)
    queue: Mapped[QueueName] = mapped_column(enum_column(QueueName, "queue"))
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    recipient: Mapped[str | None]
    bounces: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
