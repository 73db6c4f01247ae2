"""The state tables of the service: which state may follow which, and the history each change leaves.

One method, ``become``, changes a state and writes its history row. Anything not in a table raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, object_session

from models.base import Base, RegionOwned, same_region


class RequestState(StrEnum):
    """Where a learning request stands."""

    DRAFT = "draft"
    POSTED = "posted"
    PROPOSED = "proposed"
    NONE_YET = "none_yet"
    PLACED = "placed"
    SCHEDULED = "scheduled"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class ProposalState(StrEnum):
    """What became of a candidate put before a coordinator."""

    OPEN = "open"
    APPROVED = "approved"
    PASSED = "passed"
    SUPERSEDED = "superseded"


class IntroductionState(StrEnum):
    """How far one partner's invitation has come."""

    APPROVED = "approved"
    UNDONE = "undone"
    INVITED = "invited"
    ACCEPTED = "accepted"
    OTHER_TIMES = "other_times"
    NOT_NOW = "not_now"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    INTRODUCED = "introduced"
    SCHEDULED = "scheduled"
    MET = "met"
    CANCELLED = "cancelled"
    NOT_HELD = "not_held"
    REFLECTED = "reflected"


class BackupState(StrEnum):
    """Whether a backup still waits."""

    WAITING = "waiting"
    PROMOTED = "promoted"
    DROPPED = "dropped"


_R = RequestState
_TAKEN_BACK = frozenset({_R.WITHDRAWN})
REQUEST_CHANGES: Mapping[RequestState, frozenset[RequestState]] = {
    _R.DRAFT: frozenset({_R.POSTED}) | _TAKEN_BACK,
    _R.POSTED: frozenset({_R.PROPOSED, _R.NONE_YET}) | _TAKEN_BACK,
    # A later ranking of the same request may find people, or find that they are gone.
    _R.PROPOSED: frozenset({_R.PLACED, _R.NONE_YET}) | _TAKEN_BACK,
    _R.NONE_YET: frozenset({_R.PROPOSED, _R.PLACED}) | _TAKEN_BACK,
    _R.PLACED: frozenset({_R.PROPOSED, _R.SCHEDULED, _R.DONE}) | _TAKEN_BACK,
    # A visit that is called off, or was not held, opens the question again.
    _R.SCHEDULED: frozenset({_R.PLACED, _R.PROPOSED, _R.DONE}) | _TAKEN_BACK,
}

_P = ProposalState
PROPOSAL_CHANGES: Mapping[ProposalState, frozenset[ProposalState]] = {
    _P.OPEN: frozenset({_P.APPROVED, _P.PASSED, _P.SUPERSEDED}),
    _P.APPROVED: frozenset({_P.OPEN}),
}

_I = IntroductionState
INTRODUCTION_CHANGES: Mapping[IntroductionState, frozenset[IntroductionState]] = {
    _I.APPROVED: frozenset({_I.UNDONE, _I.INVITED}),
    _I.INVITED: frozenset({_I.ACCEPTED, _I.OTHER_TIMES, _I.NOT_NOW, _I.LAPSED, _I.WITHDRAWN}),
    # A proposed time that the teacher takes is a yes; one that nobody takes is over.
    _I.OTHER_TIMES: frozenset({_I.ACCEPTED, _I.NOT_NOW, _I.LAPSED, _I.WITHDRAWN}),
    # "Not now" may be changed until the next person is asked.
    _I.NOT_NOW: frozenset({_I.ACCEPTED, _I.OTHER_TIMES}),
    # Plans may change between the yes and the letters, and before there is a date.
    _I.ACCEPTED: frozenset({_I.INTRODUCED, _I.CANCELLED}),
    _I.INTRODUCED: frozenset({_I.SCHEDULED, _I.CANCELLED}),
    _I.SCHEDULED: frozenset({_I.MET, _I.CANCELLED, _I.NOT_HELD}),
    _I.MET: frozenset({_I.REFLECTED}),
}

_B = BackupState
BACKUP_CHANGES: Mapping[BackupState, frozenset[BackupState]] = {
    _B.WAITING: frozenset({_B.PROMOTED, _B.DROPPED}),
    # Whoever was asked before changed "not now" into a yes in time.
    _B.PROMOTED: frozenset({_B.WAITING}),
}

AFTER_A_YES = frozenset(
    {_I.ACCEPTED, _I.INTRODUCED, _I.SCHEDULED, _I.MET, _I.REFLECTED, _I.CANCELLED, _I.NOT_HELD}
)
"""States that only a yes leads to: from then on the two know each other's names."""

LIVE_INTRODUCTIONS = frozenset({_I.APPROVED, _I.INVITED, _I.ACCEPTED, _I.OTHER_TIMES, _I.INTRODUCED, _I.SCHEDULED})
"""States in which an introduction holds its request and a unit of its partner's month."""


class NotAllowedInState(Exception):
    """A change that the state table does not hold."""

    def __init__(self, noun: str, now: str, wanted: str) -> None:
        super().__init__(f"{noun} cannot go from {now} to {wanted}")
        self.noun, self.now, self.wanted = noun, now, wanted


class StateChange(RegionOwned, Base):
    """One row per change of state of one request, proposal, introduction or backup."""

    __tablename__ = "state_change"

    request_id: Mapped[int | None]
    proposal_id: Mapped[int | None]
    introduction_id: Mapped[int | None]
    backup_id: Mapped[int | None]
    before: Mapped[str]
    after: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    reason: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        nouns = ("request_id", "proposal_id", "introduction_id", "backup_id")
        return (
            same_region("request_id", "learning_request"),
            same_region("proposal_id", "proposal"),
            same_region("introduction_id", "introduction"),
            same_region("backup_id", "backup"),
            CheckConstraint(f"num_nonnulls({', '.join(nouns)}) = 1", name="one_noun"),
            *(Index(None, noun) for noun in nouns),
        )


class Stateful:
    """A noun with a state. ``CHANGES`` is its table and ``HISTORY_KEY`` its column in state_change."""

    CHANGES: ClassVar[Mapping[Any, frozenset[Any]]]
    HISTORY_KEY: ClassVar[str]

    if TYPE_CHECKING:
        id: Mapped[int]
        region_id: Mapped[int]
        state: Mapped[Any]

    def may_become(self, wanted: StrEnum) -> bool:
        """Whether the table allows the change from the present state."""
        return wanted in self.CHANGES.get(self.state, frozenset())

    def become(self, wanted: StrEnum, *, at: datetime, actor_id: int | None = None, reason: str | None = None) -> None:
        """Change the state and write the history row.

        Raises NotAllowedInState when the table does not hold the change. The object must be in a session and flushed.
        """
        if not self.may_become(wanted):
            raise NotAllowedInState(type(self).__name__, str(self.state), str(wanted))
        session = object_session(self)
        if session is None or self.id is None:
            raise RuntimeError("a state can only change on a row that is already stored")
        session.add(
            StateChange(
                region_id=self.region_id,
                before=str(self.state),
                after=str(wanted),
                at=at,
                actor_id=actor_id,
                reason=reason,
                **{self.HISTORY_KEY: self.id},
            )
        )
        self.state = wanted
