"""A teacher of one school."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Integer, Text

from models.account import Account
from models.base import Base, RegionOwned, same_region
from models.school import School


class Teacher(RegionOwned, Base):
    """A teacher: an account at a school, with what was last said of the class."""

    __tablename__ = "teacher"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    school_id: Mapped[int]
    phone: Mapped[str] = mapped_column(default="")
    grades: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    subjects: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    # The secret of the private calendar feed; a new one ends the old address.
    feed_key: Mapped[UUID] = mapped_column(default=uuid4, unique=True)
    # The key of its row in a spreadsheet of the network's own, by which another import finds it again.
    source_key: Mapped[str | None]

    account: Mapped[Account] = relationship()
    school: Mapped[School] = relationship(primaryjoin="foreign(Teacher.school_id) == School.id", viewonly=True)

    @property
    def name(self) -> str:
        """The name the account goes by."""
        return self.account.name

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("school_id", "school"),
            UniqueConstraint("region_id", "account_id"),
            UniqueConstraint("region_id", "source_key"),
            Index(None, "school_id"),
        )
