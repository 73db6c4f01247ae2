"""What coordinators do to a ranking by hand: whom they put forward, and whom they set aside."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region
from models.partner import Partner


class SteerKind(StrEnum):
    """Which way a coordinator turned a ranking."""

    PINNED = "pinned"
    SET_ASIDE = "set_aside"


class Steer(RegionOwned, Base):
    """A coordinator's hand on one partner's place for one request: pinned to the front of the list, or set aside.

    It is live until released. Rows are never removed, so that what people decided can be told from what was ranked.
    """

    __tablename__ = "steer"

    request_id: Mapped[int]
    partner_id: Mapped[int]
    kind: Mapped[SteerKind] = mapped_column(enum_column(SteerKind, "kind"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    partner: Mapped[Partner] = relationship(primaryjoin="foreign(Steer.partner_id) == Partner.id", viewonly=True)
    by: Mapped[Account | None] = relationship(foreign_keys=[by_id])

    @property
    def live(self) -> bool:
        """Whether it still counts."""
        return self.released_at is None

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("request_id", "learning_request"),
            same_region("partner_id", "partner"),
            CheckConstraint("released_at >= at", name="order"),
            Index(
                "uq_steer_live",
                "request_id",
                "partner_id",
                unique=True,
                postgresql_where=text("released_at IS NULL"),
            ),
            Index(None, "request_id"),
        )
