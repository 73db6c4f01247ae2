"""Who was asked for a request, in the order of asking: each first choice with the backups that stand behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session, joinedload

from models import (
    LIVE_INTRODUCTIONS,
    Backup,
    BackupState,
    Introduction,
    IntroductionState,
    Partner,
    Proposal,
    StateChange,
    Visit,
)

_HELD = frozenset({IntroductionState.MET, IntroductionState.REFLECTED})
COUNTED = LIVE_INTRODUCTIONS | _HELD
"""States in which somebody counts towards the people a request is for."""


@dataclass(frozen=True)
class Person:
    """One place of a chain. ``state`` is that of the introduction, or of the backup while there is none; ``rule`` the
    hard rule for which a backup was dropped, None where none was."""

    partner_id: int
    name: str
    state: str
    introduction: Introduction | None = None
    visit: Visit | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Chain:
    """A first choice and the people behind it."""

    people: tuple[Person, ...]

    @property
    def live(self) -> Introduction | None:
        """The introduction that holds the request now, if one of these does."""
        found = (person.introduction for person in self.people)
        return next((each for each in found if each is not None and each.state in LIVE_INTRODUCTIONS), None)


@dataclass(frozen=True)
class Asked:
    """Everybody a request has asked: ``going_on`` chains hold it now, the others have ended. ``undo`` is the reader's
    own newest approval anywhere whose invitation has not left, ``batch`` all that was approved with it and has not left
    either. ``waiting`` are proposals that stand behind somebody."""

    chains: tuple[Chain, ...]
    undo: Introduction | None
    waiting: frozenset[int]
    counted: int
    batch: tuple[Introduction, ...] = ()

    @property
    def going_on(self) -> list[Chain]:
        """Chains of which somebody is asked, agreed, or has come."""
        return [chain for chain in self.chains if any(person.state in COUNTED for person in chain.people)]

    @property
    def ended(self) -> list[Person]:
        """Those who were asked in chains that came to nothing."""
        over = (chain for chain in self.chains if chain not in self.going_on)
        return [person for chain in over for person in chain.people if person.introduction is not None]


def around(session: Session, region_id: int, request_id: int | None, account_id: int | None, now: datetime) -> Asked:
    """What the desk tells of a request's introductions, and of what the reader can still undo; at most two queries."""
    own = (
        (Introduction.approved_by_id == account_id)
        & (Introduction.state == IntroductionState.APPROVED)
        & (Introduction.due_at > now)
    )
    rows = session.execute(
        select(Introduction, Visit)
        .outerjoin(Visit, Visit.introduction_id == Introduction.id)
        .where(Introduction.region_id == region_id, or_(Introduction.request_id == request_id, own))
        .options(joinedload(Introduction.partner), joinedload(Introduction.approved_by))
        .order_by(Introduction.id)
    ).all()
    undoable = [each for each, _ in rows if each.approved_by_id == account_id and _may_undo(each, now)]
    newest = undoable[-1] if undoable else None
    here = [row for row in rows if row[0].request_id == request_id and row[0].state is not IntroductionState.UNDONE]
    backups = _backups(session, {each.first_id or each.id for each, _ in here}) if here else []
    return Asked(
        chains=tuple(_chains(here, backups)),
        undo=newest,
        waiting=frozenset(row.Backup.proposal_id for row in backups if row.Backup.state is BackupState.WAITING),
        counted=sum(each.state in COUNTED for each, _ in here),
        # What is approved at once carries one instant.
        batch=tuple(each for each in undoable if newest is not None and each.approved_at == newest.approved_at),
    )


def _may_undo(introduction: Introduction, now: datetime) -> bool:
    return introduction.state is IntroductionState.APPROVED and introduction.due_at > now


def _backups(session: Session, first_ids: set[int]) -> Sequence[Row[Backup, int, str, str | None]]:
    """The backups behind first choices, in order, with whom they are and why they were dropped."""
    rule = (
        select(StateChange.reason)
        .where(StateChange.backup_id == Backup.id, StateChange.after == BackupState.DROPPED)
        .order_by(StateChange.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    known_as = func.concat_ws(", ", Partner.name, Partner.organisation_name)
    return session.execute(
        select(Backup, Partner.id.label("partner_id"), known_as.label("name"), rule.label("rule"))
        .join(Proposal, Proposal.id == Backup.proposal_id)
        .join(Partner, Partner.id == Proposal.partner_id)
        .where(Backup.introduction_id.in_(first_ids))
        .order_by(Backup.introduction_id, Backup.position)
    ).all()


def _chains(
    rows: Sequence[Row[Introduction, Visit]], backups: Sequence[Row[Backup, int, str, str | None]]
) -> list[Chain]:
    people: defaultdict[int, list[Person]] = defaultdict(list)
    asked = set()
    for introduction, visit in rows:
        first_id = introduction.first_id or introduction.id
        asked.add((first_id, introduction.proposal_id))
        people[first_id].append(
            Person(introduction.partner_id, introduction.partner.known_as, str(introduction.state), introduction, visit)
        )
    for row in backups:
        if (row.Backup.introduction_id, row.Backup.proposal_id) not in asked:
            people[row.Backup.introduction_id].append(
                Person(row.partner_id, row.name, str(row.Backup.state), rule=row.rule)
            )
    return [Chain(tuple(persons)) for persons in people.values()]
