"""Addresses that must not be written to."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RegionOwned, enum_column


class SuppressionReason(StrEnum):
    """Why an address is left alone."""

    ASKED = "asked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Suppression(RegionOwned, Base):
    """An address this region does not send invitations to any more."""

    __tablename__ = "suppression"

    email: Mapped[str]
    reason: Mapped[SuppressionReason] = mapped_column(enum_column(SuppressionReason, "reason"))

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("region_id", "email"),
            CheckConstraint("email = lower(email)", name="email_lower"),
        )
