"""What each side says of a visit afterwards: in private, in two minutes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, RegionOwned, enum_column, same_region
from models.introduction import Introduction, Side


class Again(StrEnum):
    """Whether somebody would do it again."""

    YES = "yes"
    PERHAPS = "perhaps"
    NO = "no"


class Reflection(RegionOwned, Base):
    """One side's answer to how a visit went. ``note`` is for coordinators only.

    ``story`` may be shown to everybody with ``first_name``, but only with ``consent`` and once a coordinator has read
    it (``shared_at``). Taking the consent back takes the story down. ``shared_by_id`` is who decided on it, also where
    that was not to share it. ``written_at`` is when it was first written.
    """

    __tablename__ = "reflection"

    introduction_id: Mapped[int]
    side: Mapped[Side] = mapped_column(enum_column(Side, "side"))
    took_place: Mapped[bool]
    again: Mapped[Again | None] = mapped_column(enum_column(Again, "again"))
    note: Mapped[str] = mapped_column(default="")
    story: Mapped[str] = mapped_column(default="")
    first_name: Mapped[str] = mapped_column(default="")
    consent: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(default="en")
    written_at: Mapped[datetime]
    shared_at: Mapped[datetime | None]
    shared_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    introduction: Mapped[Introduction] = relationship(
        primaryjoin="foreign(Reflection.introduction_id) == Introduction.id", viewonly=True
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("introduction_id", "introduction"),
            UniqueConstraint("introduction_id", "side"),
            CheckConstraint("side <> 'coordinator'", name="whose"),
            CheckConstraint("shared_at IS NULL OR (consent AND length(trim(story)) > 0)", name="shared"),
            CheckConstraint("length(story) <= 4000 AND length(note) <= 4000", name="words"),
            Index("ix_reflection_shared", "region_id", "shared_at", postgresql_where=text("shared_at IS NOT NULL")),
        )
