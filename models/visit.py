"""A meeting with a class: when and where, who is with the class, and other times that a partner proposes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region
from models.introduction import Introduction, Side


class Visit(RegionOwned, Base):
    """The date both sides agreed to. Whether it took place is its introduction's state.

    ``sequence`` is the calendar's (RFC 5545): it rises with every change of time or place, and with a cancellation, so
    that a late copy never overwrites a newer one. The rest is the supervision plan: ``staff_name`` stays with the
    class, ``second_adult`` is near, and ``sign_in`` says where the partner signs in. ``planned_at`` is when the plan
    was last written, NULL while there is none.
    """

    __tablename__ = "visit"

    introduction_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="")
    sequence: Mapped[int] = mapped_column(default=0)
    supervised: Mapped[bool] = mapped_column(default=True)
    staff_name: Mapped[str] = mapped_column(default="")
    second_adult: Mapped[str] = mapped_column(default="")
    room: Mapped[str] = mapped_column(default="")
    sign_in: Mapped[str] = mapped_column(default="")
    planned_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[Side | None] = mapped_column(enum_column(Side, "cancelled_by"))
    cancel_reason: Mapped[str] = mapped_column(default="")

    introduction: Mapped[Introduction] = relationship(
        primaryjoin="foreign(Visit.introduction_id) == Introduction.id", viewonly=True
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("introduction_id", "introduction"),
            UniqueConstraint("introduction_id"),
            CheckConstraint("ends_at > starts_at", name="order"),
            CheckConstraint("sequence >= 0", name="sequence"),
            CheckConstraint("(cancelled_at IS NULL) = (cancelled_by IS NULL)", name="cancelled"),
            Index(None, "region_id", "starts_at"),
        )


class OtherTime(RegionOwned, Base):
    """A time that a partner proposes instead of those offered; the teacher takes one, or none."""

    __tablename__ = "other_time"

    introduction_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("introduction_id", "introduction", ondelete="CASCADE"),
            UniqueConstraint("introduction_id", "starts_at"),
            CheckConstraint("ends_at > starts_at", name="order"),
        )


class Message(RegionOwned, Base):
    """One thing that one side of an introduction told the other through the service, in their own words."""

    __tablename__ = "message"

    introduction_id: Mapped[int]
    side: Mapped[Side] = mapped_column(enum_column(Side, "side"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    text: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    at: Mapped[datetime]
    by_mail: Mapped[bool] = mapped_column(default=False)
    # Made when the form was drawn, or a mail's Message-ID: sent twice, it is stored once.
    form_key: Mapped[str | None]

    author: Mapped[Account | None] = relationship()
    introduction: Mapped[Introduction] = relationship(
        primaryjoin="foreign(Message.introduction_id) == Introduction.id", viewonly=True
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("introduction_id", "introduction"),
            UniqueConstraint("introduction_id", "form_key"),
            CheckConstraint("length(trim(text)) BETWEEN 1 AND 10000", name="words"),
        )
