"""What must not be written to which address."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RegionOwned, enum_column


class MailKind(StrEnum):
    """The three kinds of mail that a person chooses about. Mails about an account itself are none of them."""

    ASKING = "asking"
    """Somebody is asked for something: invitations, and one reminder of each."""
    AGREED = "agreed"
    """What was agreed or asked for: introductions, dates, changes, messages of the other side."""
    AFTERWARDS = "afterwards"
    """Reflections, and what became of a visit."""


class SuppressionReason(StrEnum):
    """Why an address is left alone."""

    ASKED = "asked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Suppression(RegionOwned, Base):
    """An address to which this region sends no mail of a kind any more; none at all where ``kind`` is NULL."""

    __tablename__ = "suppression"

    email: Mapped[str]
    kind: Mapped[MailKind | None] = mapped_column(enum_column(MailKind, "kind"))
    reason: Mapped[SuppressionReason] = mapped_column(enum_column(SuppressionReason, "reason"))

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("region_id", "email", "kind", postgresql_nulls_not_distinct=True),
            CheckConstraint("email = lower(email)", name="email_lower"),
        )
