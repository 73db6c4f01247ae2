"""Who signs in, and what they may be in which region."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_security.core import RoleMixin, UserMixin, WebAuthnMixin
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import BigInteger, Text

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
    # Links to sign in that were used: a link carries the number, so that each works once and ends those before it.
    links_used: Mapped[int] = mapped_column(default=0)
    # Named by Flask-Security: the second step of signing in, the codes for when it is lost, and passkeys.
    tf_primary_method: Mapped[str | None]
    tf_totp_secret: Mapped[str | None]
    # Our own: the half minute of the last code that was used, so that each works once.
    tf_last_counter: Mapped[int | None] = mapped_column(BigInteger)
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(unique=True)  # type: ignore[assignment]

    roles: Mapped[list[GlobalRole]] = relationship(secondary=account_global_role)  # type: ignore[assignment]
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="account", foreign_keys="Membership.account_id", order_by="Membership.id"
    )
    # Named by Flask-Security.
    webauthn: Mapped[list[Passkey]] = relationship(  # type: ignore[assignment]
        back_populates="user", cascade="all, delete-orphan"
    )
    identities: Mapped[list[Identity]] = relationship(
        back_populates="account", cascade="all, delete-orphan", order_by="Identity.id"
    )

    @property
    def has_second_step(self) -> bool:
        """Whether there is something beside the password to be asked for: an authenticator app or a passkey."""
        return bool((self.tf_primary_method and self.tf_totp_secret) or self.webauthn)


class Passkey(WebAuthnMixin, Created, Base):
    """A passkey of an account; its columns bear the names that Flask-Security asks for."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    extensions: Mapped[str | None]
    backup_state: Mapped[bool]
    device_type: Mapped[str]
    name: Mapped[str]
    usage: Mapped[str]
    lastuse_datetime: Mapped[datetime]

    user: Mapped[Account] = relationship(back_populates="webauthn")


class Identity(Created, Base):
    """Who an account is with another provider (OpenID Connect): that provider's issuer and its name for the person,
    never an address alone, which may be given to somebody else there."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("account_id", "issuer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]
    email: Mapped[str]
    used_at: Mapped[datetime]

    account: Mapped[Account] = relationship(back_populates="identities")


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
