"""Documented facts at the service: no form stands between a loader and the rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import Invalid
from matchmaker.policies import NOBODY
from matchmaker.services import schools
from matchmaker.services.schools import Facts, Poverty
from tests.cast import Cast

FIGURE = Poverty(40.0, "direct certification", 2025, "State table 7")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (Facts(replace(FIGURE, value=100.5), None, None), "poverty_value"),
        (Facts(replace(FIGURE, value=float("nan")), None, None), "poverty_value"),
        (Facts(replace(FIGURE, measure=" "), None, None), "poverty_measure"),
        (Facts(replace(FIGURE, source=""), None, None), "poverty_source"),
        (Facts(None, "moon", None, {"locale": "NCES"}), "locale"),
        (Facts(None, "town-remote", None), "locale_source"),
        (Facts(None, None, False, {"title_i": " "}), "title_i_source"),
    ],
)
def test_a_fact_without_its_source_is_refused_and_nothing_is_written(
    session: Session, cast: Cast, clock: Clock, facts: Facts, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        schools.document(session, NOBODY, cast.school.id, facts, clock)
    assert refused.value.facts["field"] == field
    assert not session.dirty
    assert (cast.school.poverty_value, cast.school.locale, cast.school.title_i) == (None, None, None)


def test_a_fact_that_stays_needs_no_source(session: Session, cast: Cast, clock: Clock) -> None:
    first = Facts(FIGURE, "town-remote", True, {"locale": "NCES", "title_i": "Letter"})
    schools.document(session, NOBODY, cast.school.id, first, clock)
    schools.document(session, NOBODY, cast.school.id, replace(first, title_i=None, sources={}), clock)
    assert (cast.school.poverty_value, cast.school.locale, cast.school.title_i) == (40.0, "town-remote", None)
