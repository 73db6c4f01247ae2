"""Who signs in, and what they may be in which region."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Created, RegionOwned, enum_column


class Role(StrEnum):
    """What a membership lets an account be."""

    TEACHER = "teacher"
    PARTNER = "partner"
    COORDINATOR = "coordinator"
    ADMIN = "admin"
    FUNDER = "funder"


# Flask-Security insists on global roles. The tables stay empty: rights come from memberships alone.
account_global_role = Table(
    "account_global_role",
    Base.metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("global_role_id", ForeignKey("global_role.id", ondelete="CASCADE"), primary_key=True),
)


class GlobalRole(RoleMixin, Base):
    """Required by Flask-Security's datastore and never filled."""

    __tablename__ = "global_role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Account(UserMixin, Created, Base):
    """A person who can sign in. The address is stored in lower case."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("length(trim(name)) > 0", name="name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str | None]
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    confirmed_at: Mapped[datetime | None]

    roles: Mapped[list[GlobalRole]] = relationship(secondary=account_global_role)  # type: ignore[assignment]
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="account", foreign_keys="Membership.account_id", order_by="Membership.id"
    )


class Membership(RegionOwned, Base):
    """An account's role in a region: the only source of rights.

    A teacher's membership counts once a coordinator has vouched for it (``since`` is then set); others start at once.
    """

    __tablename__ = "membership"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    vouched_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]

    account: Mapped[Account] = relationship(back_populates="memberships", foreign_keys=[account_id])
    region: Mapped[Any] = relationship("Region")

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            CheckConstraint("until IS NULL OR since IS NULL OR until >= since", name="order"),
            Index(
                "uq_membership_current",
                "account_id",
                "region_id",
                "role",
                unique=True,
                postgresql_where=text("until IS NULL"),
            ),
        )

    def counts(self, now: datetime) -> bool:
        """Whether the membership gives rights at this moment."""
        return self.since is not None and self.since <= now and (self.until is None or now < self.until)
