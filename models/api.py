"""What other programs hold: tokens they show, answers they were given once, and addresses that are told of events."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text

from models.account import Account
from models.base import Base, RegionOwned, same_region


class ApiToken(RegionOwned, Base):
    """A program's key to a region. It may do what its scopes name, and never more than the account that made it may at
    that moment. Only SHA-256 of the token is kept (``digest``, in hexadecimal) and its first letters (``hint``)."""

    __tablename__ = "api_token"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    hint: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            CheckConstraint("length(trim(name)) BETWEEN 1 AND 80", name="name"),
            CheckConstraint("cardinality(scopes) > 0", name="scopes"),
        )

    def works(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and now < self.expires_at


class ApiReply(RegionOwned, Base):
    """What a program's call that changed something was answered, under the idempotency key it sent along: the same call
    again is given the same answer. ``digest`` is SHA-256 of the call, so that a key is not used for another one."""

    __tablename__ = "api_reply"

    token_id: Mapped[int]
    key: Mapped[str]
    digest: Mapped[str]
    status: Mapped[int]
    location: Mapped[str | None]
    body: Mapped[Any] = mapped_column(JSONB)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("token_id", "api_token", ondelete="CASCADE"),
            UniqueConstraint("token_id", "key"),
            CheckConstraint("length(key) BETWEEN 1 AND 200", name="key"),
            Index(None, "created_at"),
        )


class Webhook(RegionOwned, Base):
    """An address of a region's own that is told what happens. What signs the calls is derived from ``seed``; a new seed
    ends the old secret. After too many failures in a row it rests (``resting_at``) until somebody wakes it."""

    __tablename__ = "webhook"

    url: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    seed: Mapped[UUID] = mapped_column(default=uuid4)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    failures: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[str] = mapped_column(default="")
    last_at: Mapped[datetime | None]
    resting_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("region_id", "url"),
            CheckConstraint("url ~ '^https?://' AND length(url) <= 500", name="url"),
            CheckConstraint("cardinality(events) > 0", name="events"),
            CheckConstraint("failures >= 0", name="failures"),
        )
