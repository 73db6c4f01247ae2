"""Two people with spreadsheets at the same moment, and one who is cut off: one result, and the other is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.policies import Actor
from matchmaker.services.sheets import applying, undoing
from matchmaker.services.sheets.books import Terms
from matchmaker.services.sheets.faults import SheetOvertaken
from models import ImportedRow, Partner, Region, SheetImport, SheetKind
from tests import factories as f
from tests.cast import Cast, assemble
from tests.databases import OwnDatabase
from tests.embedded.watching import until
from tests.services.sheets.files import handed_in, lines

SHEET = lines("name,email", "Lucho Barrios,lucho@people.example", "Ms Canales,canales@people.example")


class Table:
    """Two files of one content that wait, in a database of its own."""

    def __init__(self, database: OwnDatabase, cast: Cast) -> None:
        self.database, self.actor = database, Actor(cast.marisol.id)
        with database.session() as session:
            waiting = [handed_in(session, self.actor, cast.region, SheetKind.PARTNERS, SHEET) for _ in range(2)]
            self.digest = applying.look(session, waiting[0], f.NOW).digest
            self.ids = [each.id for each in waiting]
            session.commit()

    def confirm(self, session: Session, number: int) -> None:
        applying.confirm(session, self.actor, self.ids[number], self.digest, Terms(), lambda: f.NOW)

    def go_on_beside(self) -> None:
        """What posting and approving leave is written without waiting for a spreadsheet."""
        with self.database.session() as session:
            session.execute(text("SET LOCAL lock_timeout = 1"))
            region = session.scalars(select(Region).order_by(Region.id)).first()
            audit.record(session, self.actor, audit.Tag.REQUEST_POSTED, region, at=f.NOW)
            session.commit()

    def count(self, table: type) -> int:
        with self.database.session() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def table(own_database: OwnDatabase) -> Table:
    with own_database.stored():
        cast = assemble()
    return Table(own_database, cast)


@pytest.mark.parametrize("second", [0, 1], ids=["the same file: a double click", "a colleague's file"])
def test_what_two_confirm_at_once_is_read_in_once(table: Table, second: int) -> None:
    before = table.count(Partner)
    with table.database.session() as one, table.database.session() as two, ThreadPoolExecutor(1) as thread:
        table.confirm(one, 0)
        outcome = thread.submit(lambda: (table.confirm(two, second), two.commit()))
        until(lambda: table.database.waiting() or outcome.done())
        assert not outcome.done(), outcome.exception() or "nobody waited"
        table.go_on_beside()
        one.commit()
        told = outcome.exception(timeout=30)
    assert isinstance(told, SheetOvertaken) if second else told is None
    assert (table.count(Partner) - before, table.count(ImportedRow)) == (2, 2)


def test_a_request_that_is_cut_off_leaves_nothing(table: Table) -> None:
    before = table.count(Partner)
    with table.database.session() as session:
        table.confirm(session, 0)
        session.connection().invalidate()
        session.invalidate()
    assert (table.count(Partner), table.count(ImportedRow)) == (before, 0)
    with table.database.session() as session:
        assert session.get_one(SheetImport, table.ids[0]).applied_at is None, "it may be confirmed again"


def test_an_import_is_taken_back_once(table: Table) -> None:
    with table.database.session() as session:
        table.confirm(session, 0)
        session.commit()
    with table.database.session() as one, table.database.session() as two, ThreadPoolExecutor(1) as thread:
        undoing.take_back(one, table.actor, table.ids[0], lambda: f.NOW)
        outcome = thread.submit(
            lambda: (undoing.take_back(two, table.actor, table.ids[0], lambda: f.NOW), two.commit())
        )
        until(lambda: table.database.waiting() or outcome.done())
        one.commit()
        assert outcome.exception(timeout=30) is None
    with table.database.session() as session:
        assert session.scalar(select(func.count(Partner.id)).where(Partner.name == "Lucho Barrios")) == 0
