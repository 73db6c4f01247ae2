"""Rows that are stored column by column come back as they were, and so do those from before."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.columns import columns_of, rows_of, some_of

MIGRATION = Path(__file__).resolve().parents[2] / "migrations" / "versions" / "0007_candidates_in_columns.py"
ROWS: list[list[dict[str, Any]]] = [
    [],
    [{"partner_id": 1}],
    [
        {"partner_id": 1, "evidence": {"whole": 1.5, "dates": None}},
        {"partner_id": None, "evidence": {"whole": 2, "dates": 3}},
    ],
    [{"partner_id": 1, "evidence": {}}, {"partner_id": 2, "evidence": {}}],
    [{"partner_id": 1, "evidence": {}}, {"partner_id": 2, "evidence": {"whole": 1}}],
    [{"partner_id": 1, "evidence": {"dates": 1}}, {"partner_id": 2, "evidence": {"whole": 1}}],
    [{"partner_id": 1, "evidence": None}],
]


@pytest.mark.parametrize("rows", ROWS)
def test_rows_come_back_as_they_were(rows: list[dict[str, Any]]) -> None:
    columns = columns_of(rows)
    assert rows_of(columns) == rows
    assert some_of(columns, range(len(rows))[::-1]) == rows[::-1]


def test_rows_with_other_names_are_refused() -> None:
    with pytest.raises(ValueError, match="same names"):
        columns_of([{"partner_id": 1}, {"relevance": 0.5}])


def test_what_was_stored_in_rows_is_turned_into_the_same_columns_and_back(session: Session) -> None:
    specification = importlib.util.spec_from_file_location("turning", MIGRATION)
    assert specification is not None and specification.loader is not None
    turning = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(turning)
    session.execute(text("CREATE TEMPORARY TABLE ranking (id int, candidates jsonb) ON COMMIT DROP"))
    for number, rows in enumerate(ROWS):
        session.execute(
            text("INSERT INTO ranking VALUES (:id, CAST(:rows AS jsonb))"), {"id": number, "rows": json.dumps(rows)}
        )
    kept = text("SELECT candidates FROM ranking ORDER BY id")
    for statements, expected in ((turning.TO_COLUMNS, [*map(columns_of, ROWS)]), (turning.TO_ROWS, ROWS)):
        session.connection().exec_driver_sql(statements)
        assert [*session.scalars(kept)] == expected
    session.execute(text("DROP TABLE pg_temp.ranking"))
