"""What a region learns from its own decisions, and who decides that it counts."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.score import Weights
from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.queries import relevance as reading
from matchmaker.queries.weights import in_effect
from matchmaker.services import fitting, relevance
from models import Region, RelevanceVersion
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting, audited
from tests.services.decided import decide


@pytest.fixture
def region(cast: Cast) -> Region:
    return cast.region


def test_a_fit_is_stored_with_its_data_and_figures_and_has_no_effect(
    session: Session, cast: Cast, region: Region, clock: Clock
) -> None:
    decide(session, cast, 150)
    version = fitting.fit_region(session, acting(cast.marisol), region, clock, "  first try ")
    assert (version.version, version.note, version.fitted_by_id) == (1, "first try", cast.marisol.id)
    assert version.data["rankings"] == version.data["requests"] == version.data["decisions"] <= 150
    assert version.data["from"] < version.data["to"]
    assert version.data["examination"][0] == 1.0
    assert version.figures["better"] and version.figures["leads"]["likelihood"]["mean"] > 0
    learnt = Weights.from_dict(version.weights)
    assert learnt.version == f"{region.slug}-1"
    assert learnt.formula.coefficients["subject"] > Weights().formula.coefficients["subject"]
    assert in_effect(session, region.id) == Weights()
    assert audited(session)[-1] == "ranking:relevance:fitted"
    relevance.activate(session, acting(cast.marisol), region, 1, clock)
    # The same decisions again: what is in effect knows them already.
    with pytest.raises(relevance.NotBetter) as refused:
        fitting.fit_region(session, acting(cast.marisol), region, clock)
    assert set(refused.value.facts) == {"ndcg", "pairs", "likelihood", "log_loss"}
    assert len(reading.versions(session, region.id)) == 1


def test_a_few_decisions_are_refused(session: Session, cast: Cast, region: Region, clock: Clock) -> None:
    decide(session, cast, 5)
    with pytest.raises(relevance.TooFewDecisions) as refused:
        fitting.fit_region(session, acting(cast.marisol), region, clock)
    assert refused.value.facts["needed"] == fitting.FEWEST_REQUESTS > refused.value.facts["found"] > 0
    assert session.scalars(select(RelevanceVersion)).all() == []


def test_activation_and_the_way_back(session: Session, cast: Cast, region: Region, clock: Clock) -> None:
    first, second = (f.RelevanceVersionFactory(region=region, version=number) for number in (1, 2))
    marisol = acting(cast.marisol)
    for version in (first, second):
        relevance.activate(session, marisol, region, version.version, clock)
        assert in_effect(session, region.id).version == f"fit-{version.version}"
    back = relevance.rollback(session, acting(cast.ben), region, clock)
    assert back is not None and back.version_id == first.id
    assert in_effect(session, region.id).version == "fit-1"
    assert relevance.rollback(session, marisol, region, clock) is None
    assert in_effect(session, region.id) == Weights()
    with pytest.raises(relevance.NothingToTakeBack):
        relevance.rollback(session, marisol, region, clock)
    relevance.activate(session, marisol, region, 2, clock)
    assert in_effect(session, region.id).version == "fit-2"
    assert audited(session) == [
        *["ranking:relevance:activated"] * 2,
        *["ranking:relevance:taken_back"] * 2,
        "ranking:relevance:activated",
    ]


def test_activating_twice_is_activating_once(session: Session, cast: Cast, region: Region, clock: Clock) -> None:
    f.RelevanceVersionFactory(region=region, version=1)
    first = relevance.activate(session, acting(cast.marisol), region, 1, clock)
    assert relevance.activate(session, acting(cast.ben), region, 1, clock).id == first.id
    assert len(audited(session)) == 1


def test_a_version_of_another_region_cannot_be_activated(
    session: Session, cast: Cast, region: Region, clock: Clock
) -> None:
    f.RelevanceVersionFactory(region=cast.next_door, version=7)
    with pytest.raises(NotFound):
        relevance.activate(session, acting(cast.marisol), region, 7, clock)


def test_a_version_from_before_the_features_changed_counts_as_none(session: Session, region: Region) -> None:
    old = Weights().as_dict() | {"signals": {"a_signal_of_old": 1.0}}
    f.RelevanceActivationFactory(region=region, of__weights=old)
    assert in_effect(session, region.id) == Weights()
