"""A region (one learning network) and the numbers it decides on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import BigInteger, Text

from models.base import Base, Created, RegionOwned, same_region


class Region(Created, Base):
    """One network. Texts that people read are kept per language: ``{"en": …, "es": …}``."""

    __tablename__ = "region"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
        CheckConstraint("cardinality(languages) > 0", name="languages"),
        CheckConstraint(
            "undo_seconds >= 0 AND answer_days > 0 AND remind_days > 0 AND limit_days > 0 AND task_days > 0"
            " AND notice_days > 0 AND daily_mails > 0",
            name="delays",
        ),
        CheckConstraint("quiet_from BETWEEN 0 AND 24 AND quiet_until BETWEEN 0 AND 23", name="quiet"),
        CheckConstraint("plan_hour BETWEEN 0 AND 23", name="plan_hour"),
        # Made after the table plan, which itself points here.
        ForeignKeyConstraint(
            ["id", "plan_id"], ["plan.region_id", "plan.id"], name="fk_region_plan", ondelete="RESTRICT", use_alter=True
        ),
    )

    # Told so, because the key is also half of the reference to the plan in effect.
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    short_name: Mapped[str]
    about: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    time_zone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    postal_address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str]
    office_hours: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    undo_seconds: Mapped[int] = mapped_column(default=600)
    # In school days: how long an invitation stands, when it is recalled once, how long anybody is let wait for an
    # answer before a coordinator gets a task, and how long that coordinator has for it.
    answer_days: Mapped[int] = mapped_column(default=5)
    remind_days: Mapped[int] = mapped_column(default=3)
    limit_days: Mapped[int] = mapped_column(default=10)
    task_days: Mapped[int] = mapped_column(default=2)
    # School days before a visit on which both sides are reminded of it.
    notice_days: Mapped[int] = mapped_column(default=2)
    # The hours, in the region's zone, in which no mail leaves that can wait; equal ones mean none.
    quiet_from: Mapped[int] = mapped_column(default=20)
    quiet_until: Mapped[int] = mapped_column(default=7)
    # So many mails a day reach one person at most; what is agreed for the next day is never held back.
    daily_mails: Mapped[int] = mapped_column(default=5)
    # Whether coordinators may read what two people write to each other through the service. Both are told.
    conversations_read: Mapped[bool] = mapped_column(default=True)
    clearance_required: Mapped[bool] = mapped_column(default=True)
    # Whether its coordinators, admins and funders must sign in with a second step.
    second_step_required: Mapped[bool] = mapped_column(default=False)
    # The model under which all vectors of the region are stored, and where it was loaded from (a folder or a name;
    # empty for the installation's own). The ranker writes both once the vectors are complete, and ranks by them.
    embedding_model: Mapped[str | None]
    embedding_source: Mapped[str] = mapped_column(default="")
    # Rises with every change to a partner or a fund, who then carries the new number: the ranker reads those again.
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    # The plan in effect, of this region: its prices, weights and places rank every request until the next one.
    plan_id: Mapped[int | None]
    # The hour of the night, in the region's zone, from which its plan is made.
    plan_hour: Mapped[int] = mapped_column(default=2)

    def name_in(self, language: str) -> str:
        """The network's name in a language, or in its first one."""
        return self._in(self.name, language) or self.short_name

    def about_in(self, language: str) -> str:
        """What the network says of itself."""
        return self._in(self.about, language)

    def office_hours_in(self, language: str) -> str:
        """When a person answers, in words."""
        return self._in(self.office_hours, language)

    def _in(self, texts: dict[str, str], language: str) -> str:
        return texts.get(language) or texts.get(self.languages[0], "")


class EquityPolicy(RegionOwned, Base):
    """One version of a region's numbers for re-ranking, with the rationale that was written for it.

    The newest version is in effect; a row is never changed. ``dial`` is where the numbers stand between 0 and 100, NULL
    for numbers that are no position of it; ``back_to`` the version whose numbers this one takes up again;
    ``trial_id`` the plan that was looked at before this version was put into effect.
    """

    __tablename__ = "equity_policy"

    version: Mapped[int]
    numbers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    rationale: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    since: Mapped[datetime]
    dial: Mapped[float | None]
    back_to: Mapped[int | None]
    trial_id: Mapped[int | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("region_id", "version"),
            CheckConstraint("dial BETWEEN 0 AND 100", name="dial"),
            CheckConstraint("back_to < version", name="back_to"),
            same_region("trial_id", "plan", name="fk_equity_policy_trial", use_alter=True),
            CheckConstraint("length(trim(rationale)) > 0", name="rationale_written"),
        )
