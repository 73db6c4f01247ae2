"""A sign of life of each process that is not a web process."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Heartbeat(Base):
    """When a process last looked at its work. ``name`` is a queue's, or the clock's; the newest process writes it."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    holder: Mapped[str] = mapped_column(default="")
