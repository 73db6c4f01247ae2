"""What a spreadsheet costs grows with its rows, not with a question to the database for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from matchmaker.policies import Actor
from models import RequestState, SheetKind
from tests import factories as f
from tests.cast import Cast
from tests.services.sheets.files import lines, read_in

FEW, MANY = 4, 40
Row = Callable[[Cast, str], str]
SHEETS: list[tuple[SheetKind, str, Row]] = [
    (SheetKind.SCHOOLS, "school,district,locale", lambda _, n: f"School {n},District {n[:2]},41"),
    (SheetKind.TEACHERS, "name,email,school", lambda cast, n: f"T {n},t{n}@school.example,{cast.school.name}"),
    (SheetKind.PARTNERS, "name,type,email", lambda _, n: f"House {n},business,h{n}@people.example"),
    (SheetKind.PARTNERS, "name,email,company", lambda _, n: f"P {n},p{n}@people.example,House {n[:2]}0"),
    (SheetKind.PARTNERS, "name,email,days,public", lambda _, n: f"P {n},p{n}@people.example,Tue,yes"),
    (SheetKind.FUNDS, "email,title,story", lambda _, n: f"p{n}@people.example,Knows {n},Mine"),
    (SheetKind.FUNDS, "email,title,story", lambda _, n: f"p{n}@people.example,Knows {n},My father's"),
    (SheetKind.CLEARANCES, "email,status,ends on", lambda _, n: f"p{n}@people.example,in order,2032-01-19"),
]


@pytest.fixture
def sent(session: Session) -> Iterator[list[str]]:
    """The statements sent to the database."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_many_rows_take_no_more_statements_than_few(session: Session, cast: Cast, sent: list[str]) -> None:
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.NONE_YET)
    actor = Actor(cast.ada.id)
    for kind, header, row in SHEETS:
        cost, done = [], []
        for first, count in ((100, FEW), (500, MANY)):
            rows = [row(cast, str(n)) for n in range(first, first + count)]
            session.expire_all()
            sent.clear()
            done.append(read_in(session, actor, cast.region, kind, lines(header, *rows), reviewed=True))
            cost.append(len(sent))
        assert cost[1] - cost[0] <= FEW, (kind, header, cost)
