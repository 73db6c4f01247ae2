"""Partners and their funds of knowledge."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship
from sqlalchemy.types import BigInteger, Integer, Text

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region


class PartnerKind(StrEnum):
    """A person, or an organisation with a contact."""

    PERSON = "person"
    ORGANISATION = "organisation"


class KnowledgeKind(StrEnum):
    """How a fund came to be known; one of the two boost groups of the equity policy."""

    CREDENTIALED = "credentialed"
    PRACTICE = "practice"


class Clearance(StrEnum):
    """What is kept of a school clearance: its status, never the report."""

    CLEARED = "cleared"
    IN_PROCESS = "in_process"
    NONE = "none"
    UNKNOWN = "unknown"


class Partner(RegionOwned, Base):
    """A person or organisation of the community. Seen by the ranker once ``reviewed_at`` is set and while not paused.

    Empty ``languages``, ``formats`` or ``weekdays`` (0 = Monday) mean *not said*, which excludes from nothing.
    """

    __tablename__ = "partner"

    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    kind: Mapped[PartnerKind] = mapped_column(enum_column(PartnerKind, "kind"), default=PartnerKind.PERSON)
    name: Mapped[str]
    contact_name: Mapped[str | None]
    email: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    about: Mapped[str] = mapped_column(default="")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    formats: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    # The hours of a day at which a visit may begin and must have ended, in the region's zone; NULL is *not said*.
    free_from: Mapped[time | None]
    free_until: Mapped[time | None]
    sharing: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    neighbourhood: Mapped[str] = mapped_column(default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    radius_miles: Mapped[int | None]
    online: Mapped[bool] = mapped_column(default=False)
    monthly_capacity: Mapped[int] = mapped_column(default=2)
    clearance: Mapped[Clearance] = mapped_column(enum_column(Clearance, "clearance"), default=Clearance.UNKNOWN)
    clearance_issuer: Mapped[str | None]
    clearance_issued_on: Mapped[date | None]
    clearance_expires_on: Mapped[date | None]
    joined_on: Mapped[date]
    # Since when anybody may read their funds on the network's public pages, and whether with the first name beside
    # them. NULL is *not asked or no*. How they came to know it and how to reach them never stand there.
    public_since: Mapped[datetime | None]
    public_name: Mapped[bool] = mapped_column(default=False)
    paused_at: Mapped[datetime | None]
    # The day on which a pause ends by itself; NULL for one without an end.
    paused_until: Mapped[date | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    # The secret of the private calendar feed; a new one ends the old address.
    feed_key: Mapped[UUID] = mapped_column(default=uuid4, unique=True)
    # The organisation this person belongs to: a partner of that kind, with funds of its own.
    organisation_id: Mapped[int | None]
    # The profile that took this one in; its funds went there, what happened under it stays here.
    merged_into_id: Mapped[int | None]
    # The key of its row in a spreadsheet of the network's own, by which another import finds it again.
    source_key: Mapped[str | None]
    # The region's revision at the last change of this profile or one of its funds.
    revision: Mapped[int] = mapped_column(BigInteger, default=0)

    account: Mapped[Account | None] = relationship(foreign_keys=[account_id])
    funds: Mapped[list[Fund]] = relationship(
        primaryjoin="Partner.id == foreign(Fund.partner_id)",
        order_by="Fund.position, Fund.id",
        viewonly=True,
    )

    organisation: Mapped[Partner | None] = relationship(
        primaryjoin="foreign(Partner.organisation_id) == remote(Partner.id)", viewonly=True
    )

    if TYPE_CHECKING:
        organisation_name: Mapped[str | None]

    @property
    def addressee(self) -> str:
        """Whom a letter is written to: the person, or the organisation's contact."""
        return self.contact_name or self.name

    @property
    def known_as(self) -> str:
        """What others read: the name, and for somebody of an organisation where they are from."""
        return f"{self.name}, {self.organisation_name}" if self.organisation_name else self.name

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("organisation_id", "partner"),
            same_region("merged_into_id", "partner"),
            UniqueConstraint("region_id", "source_key"),
            CheckConstraint("length(trim(name)) > 0", name="name"),
            CheckConstraint("organisation_id <> id AND merged_into_id <> id", name="itself"),
            CheckConstraint("kind = 'person' OR organisation_id IS NULL", name="person_of_organisation"),
            CheckConstraint("merged_into_id IS NULL OR reviewed_at IS NULL", name="merged"),
            CheckConstraint("public_since IS NOT NULL OR NOT public_name", name="public"),
            CheckConstraint("monthly_capacity >= 0", name="capacity"),
            CheckConstraint("radius_miles > 0", name="radius"),
            CheckConstraint("free_until > free_from", name="hours"),
            CheckConstraint("paused_until IS NULL OR paused_at IS NOT NULL", name="pause"),
            CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="place"),
            Index(
                "uq_partner_account",
                "region_id",
                "account_id",
                unique=True,
                postgresql_where=text("account_id IS NOT NULL"),
            ),
            Index(None, "region_id", "revision"),
            Index(None, "organisation_id"),
            Index(None, "merged_into_id"),
            Index("ix_partner_search", text("search_words(name, neighbourhood, about)"), postgresql_using="gin"),
        )


_house = Partner.__table__.alias()
# A part of each row that is read: whoever lists people names their organisations without asking once more.
Partner.organisation_name = column_property(
    select(_house.c.name).where(_house.c.id == Partner.organisation_id).scalar_subquery()
)


class Fund(RegionOwned, Base):
    """A fund of knowledge: one thing a partner knows, makes, does or has lived, in their own words.

    ``story`` says how they came to know it. Empty ``subjects`` or ``grades`` mean *any*.
    """

    __tablename__ = "fund"

    partner_id: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str]
    text: Mapped[str]
    story: Mapped[str] = mapped_column(default="")
    kind: Mapped[KnowledgeKind] = mapped_column(enum_column(KnowledgeKind, "kind"), default=KnowledgeKind.PRACTICE)
    language: Mapped[str] = mapped_column(default="en")
    subjects: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    grades: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    source_key: Mapped[str | None]

    partner: Mapped[Partner] = relationship(primaryjoin="foreign(Fund.partner_id) == Partner.id", viewonly=True)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("partner_id", "partner", ondelete="CASCADE"),
            UniqueConstraint("region_id", "source_key"),
            CheckConstraint("length(trim(title)) > 0", name="title"),
            Index(None, "partner_id"),
            Index("ix_fund_search", text("search_words(title, text, story)"), postgresql_using="gin"),
        )


class Separation(RegionOwned, Base):
    """A teacher and a partner who must not be matched. Only coordinators see why."""

    __tablename__ = "separation"

    teacher_id: Mapped[int]
    partner_id: Mapped[int]
    reason: Mapped[str]
    named_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("teacher_id", "teacher", ondelete="CASCADE"),
            same_region("partner_id", "partner", ondelete="CASCADE"),
            UniqueConstraint("teacher_id", "partner_id"),
        )
