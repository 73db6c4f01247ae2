"""Stored vectors: read as they were made, and made once for each text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from matchmaker import vectors
from matchmaker.vectors import MuchToEmbed, Text
from models import OwnerKind
from tests import factories as f
from tests.services.hamlet import Hamlet

FUND, PARTNER = OwnerKind.FUND, OwnerKind.PARTNER
TEXTS = [Text(FUND, 1, 1, "bread"), Text(FUND, 1, 2, "wheat"), Text(PARTNER, 1, 0, "bread\nwheat")]


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement.split(maxsplit=1)[0])

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_vectors_come_back_as_they_were_made(hamlet: Hamlet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_BLOCK_ROWS", 2)
    given = [*TEXTS, Text(FUND, 2, 1, ""), Text(FUND, 3, 1, "ñandú 🎸")]
    made = vectors.of(hamlet.session, hamlet.region.id, hamlet.reader, given)
    assert (made == hamlet.reader.encode([text.words for text in given])).all()
    hamlet.reader.read()
    again = vectors.of(hamlet.session, hamlet.region.id, hamlet.reader, given[::-1])
    assert hamlet.reader.read() == []
    assert again.dtype == np.float32 and (again == made[::-1]).all()


def test_equal_texts_are_embedded_once_whoevers_they_are(hamlet: Hamlet) -> None:
    session, region, reader = hamlet.session, hamlet.region, hamlet.reader
    copies = [Text(FUND, owner, 1, "I weld.") for owner in (1, 2, 3)]
    made = vectors.of(session, region.id, reader, [*copies, Text(FUND, 4, 1, "I sew.")])
    assert reader.read() == ["I sew.", "I weld."]
    assert (made[0] == made[1]).all() and (made[0] == made[2]).all() and (made[0] != made[3]).any()
    assert len(hamlet.embedded()) == 4
    later = vectors.of(session, region.id, reader, [Text(OwnerKind.REQUEST, 1, 0, "I weld.")])
    assert reader.read() == []
    assert (later[0] == made[0]).all()
    assert len(hamlet.embedded()) == 5


def test_a_region_does_not_read_anothers_vectors(hamlet: Hamlet) -> None:
    vectors.of(hamlet.session, hamlet.region.id, hamlet.reader, TEXTS)
    hamlet.reader.read()
    vectors.of(hamlet.session, f.RegionFactory().id, hamlet.reader, TEXTS)
    assert len(hamlet.reader.read()) == 3


def test_a_changed_text_takes_the_place_of_the_former(hamlet: Hamlet) -> None:
    session, region, reader = hamlet.session, hamlet.region, hamlet.reader
    vectors.of(session, region.id, reader, TEXTS)
    changed = [Text(FUND, 1, 1, "tortillas"), *TEXTS[1:]]
    made = vectors.of(session, region.id, reader, changed)
    assert len(hamlet.embedded()) == 3
    assert (vectors.of(session, region.id, reader, changed) == made).all()


def test_many_vectors_are_written_with_few_statements(hamlet: Hamlet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "WRITE_ROWS", 100)
    texts = [Text(FUND, number, 1, f"bridge {number}") for number in range(150)]
    with statements(hamlet.session) as sent:
        vectors.of(hamlet.session, hamlet.region.id, hamlet.reader, texts)
    assert sent == ["INSERT", "INSERT"]


def test_more_new_texts_than_may_be_waited_for_are_not_begun(hamlet: Hamlet) -> None:
    session, region, reader = hamlet.session, hamlet.region, hamlet.reader
    with pytest.raises(MuchToEmbed):
        vectors.of(session, region.id, reader, TEXTS, most=2)
    assert reader.read() == [] and hamlet.embedded() == {}
    vectors.of(session, region.id, reader, TEXTS[:2], most=2)
    assert len(vectors.of(session, region.id, reader, TEXTS, most=2)) == 3


def test_no_texts_no_vectors(hamlet: Hamlet) -> None:
    found = vectors.of(hamlet.session, hamlet.region.id, hamlet.reader, [])
    assert found.shape == (0, hamlet.reader.dimension)
