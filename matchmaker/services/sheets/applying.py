"""From a file to rows: handed in and kept, looked at, confirmed, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import followups, revisions
from matchmaker.services.sheets import planning, reading
from matchmaker.services.sheets.books import AT_A_TIME, Book, Change, Made, Terms
from matchmaker.services.sheets.clearances import Clearances
from matchmaker.services.sheets.faults import NothingToApply, RowsWrong, SheetGone, SheetOvertaken
from matchmaker.services.sheets.funds import Funds
from matchmaker.services.sheets.partners import Partners
from matchmaker.services.sheets.requests import Requests
from matchmaker.services.sheets.schools import Schools
from matchmaker.services.sheets.tables import COLUMNS
from matchmaker.services.sheets.teachers import Teachers
from models import ImportedRow, OutboxItem, Region, RowOutcome, SheetImport, SheetKind

KEPT_FOR = timedelta(hours=2)
"""So long a file waits for a confirmation."""
EXPIRES = "sheet_expires"
LONGEST_NAME = 120
BOOKS: Mapping[SheetKind, type[Book]] = {
    book.kind: book for book in (Schools, Teachers, Partners, Funds, Clearances, Requests)
}


def hand_in(
    session: Session, actor: Actor, region: Region, kind: SheetKind, file_name: str, data: bytes, clock: Clock
) -> SheetImport:
    """Keep a file until somebody has looked at what it would do. Raises UnreadableSheet for one that holds no rows."""
    text = reading.decoded(data)
    reading.sheet(text, COLUMNS[kind])
    now = clock()
    handed = SheetImport(
        region_id=region.id,
        kind=kind,
        file_name=_plain(file_name),
        digest=sha256(data).hexdigest(),
        by_id=actor.account_id,
        at=now,
        content=text,
    )
    session.add(handed)
    session.flush()
    followups.put(session, EXPIRES, str(handed.id), now + KEPT_FOR, region.id, import_id=handed.id)
    return handed


def look(session: Session, handed: SheetImport, now: datetime) -> planning.Plan:
    """What a file that waits would do now. Raises SheetGone for one that has waited too long."""
    return _plan(_book(session, handed, now), handed)


def confirm(
    session: Session,
    actor: Actor,
    import_id: int,
    digest: str,
    terms: Terms,
    clock: Clock,
    watch: Callable[[int, int], None] = lambda done, whole: None,
) -> SheetImport:
    """Read a file in as it was shown: all of it, or nothing. Again gives what the first time did.

    ``digest`` is that of the plan that was shown; ``watch`` is told how many rows are written, and of how many. Raises
    SheetGone, SheetOvertaken when it would do something else by now, RowsWrong, NothingToApply.
    """
    handed = session.get_one(SheetImport, import_id, with_for_update=True, populate_existing=True)
    if handed.applied_at is not None:
        return handed
    now = clock()
    alone(session, handed.region_id)
    book = _book(session, handed, now)
    plan = _plan(book, handed)
    if plan.digest != digest:
        raise SheetOvertaken
    if plan.faults and not terms.leave_out:
        raise RowsWrong(rows=len(plan.wrong_rows))
    if not plan.does_something:
        raise NothingToApply
    _write(session, book, actor, plan, replace(terms, file_name=handed.file_name), handed, clock, watch)
    handed.applied_at, handed.content = now, None
    counts = {outcome.value: len(plan.of(outcome)) for outcome in RowOutcome}
    told = {"kind": handed.kind.value, "wrong": len(plan.wrong_rows), **counts}
    audit.record(session, actor, audit.Tag.SHEET_APPLIED, handed, at=now, **told)
    session.flush()
    return handed


def alone(session: Session, region_id: int) -> None:
    """Let one import of a region be written or taken back at a time: the next one sees what it has left.

    Nobody else waits for it, which a lock on the region's row would make them do.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sheets:{region_id}", 0))))


def expire(session: Session, item: OutboxItem, now: datetime) -> None:
    """Follow-up: a file that nobody has confirmed goes, with all that stands in it."""
    session.execute(
        delete(SheetImport).where(SheetImport.id == item.payload["import_id"], SheetImport.applied_at.is_(None))
    )


def _book(session: Session, handed: SheetImport, now: datetime) -> Book:
    return BOOKS[handed.kind](session, session.get_one(Region, handed.region_id), now)


def _plan(book: Book, handed: SheetImport) -> planning.Plan:
    if handed.content is None or handed.at + KEPT_FOR <= book.now:
        raise SheetGone
    return planning.plan(book, reading.sheet(handed.content, COLUMNS[handed.kind]))


def _write(
    session: Session,
    book: Book,
    actor: Actor,
    plan: planning.Plan,
    terms: Terms,
    handed: SheetImport,
    clock: Clock,
    watch: Callable[[int, int], None],
) -> None:
    """Write all rows, and what is kept of each. Several at a time: a statement for each row would take minutes."""
    new = plan.of(RowOutcome.CREATED)
    changed = plan.of(RowOutcome.CHANGED)
    done: dict[int, Made] = {}
    with revisions.together(session, book.now):
        for some in _slices(new):
            made = book.create(actor, [step.values for step in some], terms, clock)
            done |= {step.row: each for step, each in zip(some, made, strict=True)}
            watch(len(done), len(new) + len(changed))
        book.change(actor, [Change(step.subject, step.values, set(step.after)) for step in changed], terms, clock)
        kept = [_kept(step, done.get(step.row) or Made(step.subject)) for step in plan.steps]
        whole = {"region_id": handed.region_id, "import_id": handed.id}
        session.execute(insert(ImportedRow), [{**whole, **each} for each in kept])
    watch(len(new) + len(changed), len(new) + len(changed))


def _slices(steps: Sequence[planning.Step]) -> Iterator[Sequence[planning.Step]]:
    return (steps[start : start + AT_A_TIME] for start in range(0, len(steps), AT_A_TIME))


def _kept(step: planning.Step, made: Made) -> dict[str, object]:
    """What is kept of a row that was written."""
    return {
        "line": step.row,
        "outcome": step.outcome,
        "subject_id": made.row.id,
        "before": dict(step.before),
        "after": {**step.after, **made.noted},
    }


def _plain(name: str) -> str:
    """A file's name without the folders before it, and without what no name should hold."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:].strip() or "sheet.csv"
