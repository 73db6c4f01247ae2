"""What a region's ranker has learnt from its own decisions, version by version, and which version is in effect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, RegionOwned, same_region


class RelevanceVersion(RegionOwned, Base):
    """One fit. A row is never changed, and a stored version does nothing until a person activates it.

    ``weights`` as matching.score.Weights writes them; ``data`` which decisions they were fitted on (from, to, number of
    rankings and decisions, examination by place); ``figures`` old and new on requests that the fit had not seen.
    """

    __tablename__ = "relevance_version"

    version: Mapped[int]
    weights: Mapped[dict[str, Any]] = mapped_column(JSONB)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fitted_at: Mapped[datetime]
    fitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(default="")

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("region_id", "version"),
            CheckConstraint("version >= 1", name="version"),
        )


class RelevanceActivation(RegionOwned, Base):
    """A version put into effect. The newest one not taken back counts; without one, the built-in weights do."""

    __tablename__ = "relevance_activation"

    version_id: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    version: Mapped[RelevanceVersion] = relationship(
        primaryjoin="foreign(RelevanceActivation.version_id) == RelevanceVersion.id", viewonly=True
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("version_id", "relevance_version"),
            CheckConstraint("taken_back_at >= at", name="order"),
            Index(None, "region_id", "id", postgresql_where=text("taken_back_at IS NULL")),
        )
