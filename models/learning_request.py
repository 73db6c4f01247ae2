"""What a class needs, when, in which form and language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text

from models.account import Account
from models.base import Base, RegionOwned, enum_column, same_region
from models.school import School
from models.states import REQUEST_CHANGES, RequestState, Stateful
from models.steer import Steer
from models.teacher import Teacher


class LearningRequest(Stateful, RegionOwned, Base):
    """A learning request. ``grade`` 0 is kindergarten; ``text`` is the teacher's own, in ``language``.

    ``version`` rises whenever what was asked changes, so that an approval can tell which text it was given for.
    """

    __tablename__ = "learning_request"
    CHANGES = REQUEST_CHANGES
    HISTORY_KEY = "request_id"

    teacher_id: Mapped[int]
    school_id: Mapped[int]
    title: Mapped[str]
    text: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    grade: Mapped[int | None]
    subject: Mapped[str | None]
    students: Mapped[int | None]
    formats: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    place: Mapped[str] = mapped_column(default="")
    # More than one for a panel, or a project with several people: each is approved and invited alone.
    partners_wanted: Mapped[int] = mapped_column(default=1)
    overnight: Mapped[bool] = mapped_column(default=False)
    state: Mapped[RequestState] = mapped_column(enum_column(RequestState, "state"), default=RequestState.DRAFT)
    posted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    # Made when the form was drawn: a double submit finds the first one's row.
    form_key: Mapped[str | None]
    # The key of its row in a spreadsheet of the network's own, by which another import finds it again.
    source_key: Mapped[str | None]
    # The coordinator who looks after it; NULL while it is anybody's.
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    # Until when a coordinator has put it aside, and why (for colleagues); it comes back to the queue by itself.
    held_until: Mapped[datetime | None]
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    held_for: Mapped[str] = mapped_column(default="")

    teacher: Mapped[Teacher] = relationship(
        primaryjoin="foreign(LearningRequest.teacher_id) == Teacher.id", viewonly=True
    )
    school: Mapped[School] = relationship(primaryjoin="foreign(LearningRequest.school_id) == School.id", viewonly=True)
    assigned_to: Mapped[Account | None] = relationship(foreign_keys=[assigned_to_id])
    held_by: Mapped[Account | None] = relationship(foreign_keys=[held_by_id])
    windows: Mapped[list[Window]] = relationship(
        primaryjoin="LearningRequest.id == foreign(Window.request_id)",
        order_by="Window.starts_at",
        viewonly=True,
    )
    steers: Mapped[list[Steer]] = relationship(
        primaryjoin="and_(LearningRequest.id == foreign(Steer.request_id), Steer.released_at.is_(None))",
        order_by="Steer.id",
        viewonly=True,
    )
    """What coordinators did by hand and still counts, in the order they did it."""

    def held(self, now: datetime) -> bool:
        """Whether a coordinator has put it aside, and the time has not passed."""
        return self.held_until is not None and self.held_until > now

    def take_up(self) -> None:
        """End a hold: whatever was being found out, what happened meanwhile counts more."""
        self.held_until = self.held_by_id = None
        self.held_for = ""

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("teacher_id", "teacher"),
            same_region("school_id", "school"),
            UniqueConstraint("teacher_id", "form_key"),
            UniqueConstraint("region_id", "source_key"),
            CheckConstraint("grade BETWEEN 0 AND 12", name="grade"),
            CheckConstraint("students BETWEEN 1 AND 2000", name="students"),
            CheckConstraint("partners_wanted BETWEEN 1 AND 10", name="partners_wanted"),
            CheckConstraint("state = 'draft' OR posted_at IS NOT NULL", name="posted"),
            CheckConstraint("length(title) BETWEEN 1 AND 200 AND length(text) BETWEEN 1 AND 60000", name="words"),
            Index(None, "region_id", "state", "posted_at"),
            Index(None, "teacher_id"),
        )


class Window(RegionOwned, Base):
    """One date and time that a teacher offers."""

    __tablename__ = "request_window"

    request_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            same_region("request_id", "learning_request", ondelete="CASCADE"),
            CheckConstraint("ends_at > starts_at", name="order"),
            Index(None, "request_id"),
        )
