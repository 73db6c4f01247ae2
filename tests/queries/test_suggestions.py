"""Suggested classes: read off the closest words, and silent where nothing is close."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from matchmaker.queries import suggestions
from models import Fund
from tests import factories as f
from tests.cast import Cast


@pytest.fixture
def radios(cast: Cast) -> Fund:
    """Ramón's fund, which nobody has tagged."""
    return f.FundFactory(
        region=cast.region,
        owner=cast.ramon,
        title="Restoring tube radios",
        text="I find the broken circuit by ear, and solder it.",
        story="My uncle's bench.",
    )


def asked(cast: Cast, title: str, text: str, **more: object) -> None:
    f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, title=title, text=text, **more)


def test_the_closest_requests_say_for_which_classes(session: Session, cast: Cast, radios: Fund) -> None:
    asked(cast, "Circuits", "Students solder a circuit and hear it work.", subject="science", grade=8)
    asked(cast, "A radio play", "We restore old radios to hear ourselves.", subject="language_arts", grade=5)
    asked(cast, "Rivers", "Who has watched the wash rise?", subject="civics", grade=11)
    found = suggestions.for_fund(session, radios)
    assert set(found.subjects) == {"science", "language_arts"}
    assert found.grades == (5, 8)
    assert (found.requests, found.funds) == (2, 0)
    assert {"radios", "circuit"} < set(found.words), "as the fund writes them"


def test_neighbors_who_told_their_classes_count_too_once_reviewed(session: Session, cast: Cast, radios: Fund) -> None:
    told = {"title": "Radio repair", "text": "Tubes, solder and patience.", "subjects": ["technology"], "grades": [9]}
    neighbor = f.PartnerFactory(region=cast.region, reviewed_at=None)
    f.FundFactory(region=cast.region, owner=neighbor, **told)
    f.FundFactory(region=cast.region, owner=cast.ramon, **told)
    for _ in range(3):
        f.FundFactory(region=cast.region, owner=cast.esperanza, subjects=["science"])
    assert suggestions.for_fund(session, radios) == suggestions.Suggestions(), "neither one's own nor the unread"
    neighbor.reviewed_at = f.NOW
    session.flush()
    found = suggestions.for_fund(session, radios)
    assert (found.subjects, found.grades, found.requests, found.funds) == (("technology",), (9,), 0, 1)


def test_a_word_that_everybody_uses_suggests_nothing(session: Session, cast: Cast, radios: Fund) -> None:
    for number in range(6):
        asked(cast, f"Need {number}", "My uncle's bench.", subject="math", grade=7)
    assert suggestions.for_fund(session, radios) == suggestions.Suggestions()


def test_one_shared_word_is_chance(session: Session, cast: Cast, radios: Fund) -> None:
    asked(cast, "Radio", "Whatever is on.", subject="music", grade=3)
    asked(cast, "Rivers", "Who has watched the wash rise?", subject="civics", grade=11)
    assert suggestions.for_fund(session, radios).subjects == ()


def test_a_fund_in_spanish_is_read_in_spanish(session: Session, cast: Cast) -> None:
    tamales = f.FundFactory(
        region=cast.region, owner=cast.ramon, language="es",
        title="Tamales de mi abuela", text="Muelo el maíz y doblo las hojas.", story="Con mi abuela, cada diciembre.",
    )  # fmt: skip
    asked(cast, "Maíz", "Queremos moler maiz y doblar hojas.", subject="social_studies", grade=4, language="es")
    asked(cast, "Rivers", "Who has watched the wash rise?", subject="civics", grade=11)
    found = suggestions.for_fund(session, tamales)
    assert found.subjects == ("social_studies",)
    assert "maíz" in found.words, "with its accent"


def test_nothing_of_another_region_is_read(session: Session, cast: Cast, radios: Fund) -> None:
    f.LearningRequestFactory(
        region=cast.next_door, asked_by=cast.otto, subject="science", grade=8,
        title="Circuits", text="Students solder a circuit and restore radios.",
    )  # fmt: skip
    assert suggestions.for_fund(session, radios) == suggestions.Suggestions()
