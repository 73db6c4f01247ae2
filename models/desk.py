"""What coordinators keep for themselves and each other: notes, and the views of a page they come back to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region


class Note(RegionOwned, Base):
    """What a coordinator wrote down about a request or a partner, for colleagues only."""

    __tablename__ = "note"

    request_id: Mapped[int | None]
    partner_id: Mapped[int | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    text: Mapped[str]
    written_at: Mapped[datetime]

    author: Mapped[Account | None] = relationship(foreign_keys=[author_id])

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("request_id", "learning_request", ondelete="CASCADE"),
            same_region("partner_id", "partner", ondelete="CASCADE"),
            CheckConstraint("num_nonnulls(request_id, partner_id) = 1", name="about"),
            CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text"),
            Index(None, "request_id"),
            Index(None, "partner_id"),
        )


class ViewedPage(StrEnum):
    """Pages whose filters can be kept under a name."""

    DESK = "desk"
    PEOPLE = "people"


class SavedView(RegionOwned, Base):
    """A page's filters under a name, for one coordinator. ``query`` is the query string that the page itself made."""

    __tablename__ = "saved_view"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    page: Mapped[ViewedPage] = mapped_column(enum_column(ViewedPage, "page"))
    name: Mapped[str]
    query: Mapped[str]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("account_id", "region_id", "page", "name"),
            CheckConstraint("length(name) BETWEEN 1 AND 40 AND length(query) <= 500", name="words"),
        )
