"""The four nouns with a state, each made in the state a test asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Backup,
    BackupState,
    Introduction,
    IntroductionState,
    LearningRequest,
    Proposal,
    ProposalState,
    RequestState,
    StateChange,
)
from tests import factories as f


@dataclass(frozen=True)
class Noun:
    """A class with a state table and the factory of its rows."""

    kind: Any
    states: type[StrEnum]
    make: Callable[[], Any]

    def __str__(self) -> str:
        return str(self.kind.__name__)

    def allows(self, before: StrEnum, after: StrEnum) -> bool:
        return after in self.kind.CHANGES.get(before, ())

    def history(self, session: Session, row: Any) -> list[tuple[str, str]]:
        """The changes of a row as they are stored, oldest first."""
        key = getattr(StateChange, self.kind.HISTORY_KEY)
        rows: Iterable[Any] = session.execute(
            select(StateChange.before, StateChange.after).where(key == row.id).order_by(StateChange.id)
        )
        return [(before, after) for before, after in rows]


NOUNS = (
    Noun(LearningRequest, RequestState, f.LearningRequestFactory),
    Noun(Proposal, ProposalState, f.ProposalFactory),
    Noun(Introduction, IntroductionState, f.IntroductionFactory),
    Noun(Backup, BackupState, f.BackupFactory),
)
