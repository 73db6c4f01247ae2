"""What must be true of a network after any accident: its own books, line by line, beside the mail server's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.audit import Tag
from matchmaker.services import letters
from models import (
    LIVE_INTRODUCTIONS,
    AuditEvent,
    Backup,
    CapacityUnit,
    Introduction,
    IntroductionState,
    LearningRequest,
    OutboxItem,
    Partner,
    Proposal,
    Side,
    StateChange,
)
from models.states import Stateful
from tests.faults.unruly import Unruly

_I = IntroductionState
AGREED = frozenset({_I.ACCEPTED, _I.INTRODUCED, _I.SCHEDULED})
AUDITED = {
    _I.UNDONE: Tag.APPROVAL_UNDONE,
    _I.INVITED: Tag.INVITATION_SENT,
    _I.ACCEPTED: Tag.INVITATION_ACCEPTED,
    _I.NOT_NOW: Tag.INVITATION_NOT_NOW,
    _I.INTRODUCED: Tag.INTRODUCTION_SENT,
}
"""The line that each change of an introduction leaves in the audit."""


@dataclass(frozen=True)
class Delivery:
    """Every letter that was to leave, against what the mail server took."""

    letters: int
    lost: int
    duplicates: int
    refused: int
    unanswered: int
    strangers: int

    @classmethod
    def of(cls, session: Session, server: Unruly) -> Delivery:
        items = {item.key: item for item in session.scalars(select(OutboxItem))}
        expected = [items.get(key) for key in _expected(session, items)]
        left = [item for item in expected if item is not None and item.failed_at is None]
        refused = [item for item in expected if item is not None and item.failed_at is not None]
        answered = Counter(mail.uid for mail in server.taken if mail.answered)
        known = {str(item.uid) for item in items.values()}
        return cls(
            letters=len(expected),
            lost=sum(item is None for item in expected) + sum(str(item.uid) not in answered for item in left),
            duplicates=answered.total() - len(answered),
            refused=len(refused),
            unanswered=sum(not mail.answered for mail in server.taken),
            strangers=len(answered.keys() - known),
        )


def _expected(session: Session, items: dict[str, OutboxItem]) -> list[str]:
    """The keys of all letters that what happened asks for: worked out from the states, not from the outbox."""
    keys: list[str] = []
    for introduction in session.scalars(select(Introduction).order_by(Introduction.id)):
        if introduction.state is not _I.UNDONE:
            keys.append(f"invitation:{introduction.key}")
        if introduction.state in AGREED:
            keys += [letters.key(f"introduction_{side}", introduction, side) for side in (Side.TEACHER, Side.PARTNER)]
    return keys + [key for key, item in items.items() if item.kind == "looking_further"]


def twice_told_apart(server: Unruly) -> list[str]:
    """Message-IDs under which the server took different letters."""
    said: dict[str, set[tuple[str, str]]] = {}
    for mail in server.taken:
        said.setdefault(mail.message_id, set()).add((mail.to, mail.subject))
    return [message_id for message_id, letters in said.items() if len(letters) > 1]


def wrong_units(session: Session) -> list[str]:
    """Where the capacity ledger does not agree with the introductions."""
    found = []
    introductions = {each.id: each for each in session.scalars(select(Introduction))}
    capacity: dict[int, int] = {
        who: month for who, month in session.execute(select(Partner.id, Partner.monthly_capacity))
    }
    units = session.scalars(select(CapacityUnit)).all()
    held = [unit for unit in units if unit.released_at is None]
    for number, times in Counter(unit.introduction_id for unit in held).items():
        if times != 1:
            found.append(f"introduction {number} holds {times}")
    live = {number for number, each in introductions.items() if each.state in LIVE_INTRODUCTIONS}
    found += [f"introduction {number}: live or held, not both" for number in live ^ {u.introduction_id for u in held}]
    for (partner, period), used in Counter((unit.partner_id, unit.period) for unit in held).items():
        if used > capacity[partner]:
            found.append(f"partner {partner} gives {used} of {capacity[partner]} in {period}")
    # Each held one unit from its approval or promotion on, and only one: all dates lie in one month.
    found += [f"{number} never held" for number in introductions.keys() ^ {unit.introduction_id for unit in units}]
    if len(units) != len(introductions):
        found.append(f"{len(units)} units for {len(introductions)} introductions")
    return found


def illegal_changes(session: Session) -> list[str]:
    """Histories with a step that no table holds, a gap between two steps, or an end that is not the present state."""
    found = []
    for noun in (LearningRequest, Proposal, Introduction, Backup):
        changes: dict[int, list[StateChange]] = {}
        column = getattr(StateChange, noun.HISTORY_KEY)
        for change in session.scalars(select(StateChange).where(column.is_not(None)).order_by(StateChange.id)):
            changes.setdefault(getattr(change, noun.HISTORY_KEY), []).append(change)
        for row in session.scalars(select(noun)):
            found += _illegal(noun, row, changes.get(row.id, []))
    return found


def _illegal(noun: type[Stateful], row: Any, changes: list[StateChange]) -> list[str]:
    kind = type(row.state)
    found = [
        f"{noun.__name__} {row.id}: {change.before} to {change.after}"
        for change in changes
        if kind(change.after) not in noun.CHANGES.get(kind(change.before), frozenset())
    ]
    steps = [change.after for change in changes]
    if [change.before for change in changes][1:] != steps[:-1] or (steps and steps[-1] != row.state):
        found.append(f"{noun.__name__} {row.id}: {steps} does not lead to {row.state}")
    return found


def wrong_audit(session: Session) -> list[str]:
    """Changes of introductions that are not in the audit exactly once, and lines there without a change."""
    happened: Counter[tuple[str, int]] = Counter()
    for change in session.scalars(select(StateChange).where(StateChange.introduction_id.is_not(None))):
        tag = AUDITED.get(IntroductionState(change.after))
        if tag is not None and change.introduction_id is not None:
            happened[tag.value, change.introduction_id] += 1
    tags = {tag.value for tag in AUDITED.values()}
    written = Counter(
        (event.tag, event.subject_id) for event in session.scalars(select(AuditEvent)) if event.tag in tags
    )
    began = Counter(session.scalars(select(Introduction.id)))
    for event in session.scalars(
        select(AuditEvent).where(AuditEvent.tag.in_([Tag.PROPOSAL_APPROVED.value, Tag.BACKUP_PROMOTED.value]))
    ):
        began[event.detail["introduction"]] -= 1
    found = [f"{key}: {happened[key]} changes, {written[key]} lines" for key in happened.keys() | written.keys()
             if happened[key] != 1 or written[key] != 1]  # fmt: skip
    return found + [f"introduction {number}: {1 - left} beginnings" for number, left in began.items() if left]
