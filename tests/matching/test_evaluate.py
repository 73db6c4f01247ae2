from __future__ import annotations

import numpy as np
import pytest

from matching.evaluate import PRODUCTION, SYSTEMS, JudgedSet, figures, rank_all
from matching.reading import Profile
from tests.matching.regions import encode, scored

SET = JudgedSet(
    request_ids=("r1", "r2", "r3", "unjudged"),
    request_texts=("radio circuit", "bread and yeast", "arroyo flood", "comet"),
    partner_ids=("p1", "p2", "p3", "p4"),
    profiles=(
        Profile("", ("mural quilt",)),
        Profile("", ("bread yeast", "gear")),
        Profile("", ("nurse", "radio circuit")),
        Profile("arroyo", ("flood",)),
    ),
    judgements={"r1": {"p3": 1}, "r2": {"p2": 2}, "r3": {"p4": 1}},
)


def test_every_system_ranks_every_partner_for_every_request() -> None:
    runs = rank_all(SET, encode)
    assert set(runs) == set(SYSTEMS)
    for run in runs.values():
        assert (np.sort(run.order, axis=1) == np.arange(4)).all()
        assert (np.diff(np.take_along_axis(run.scores, run.order, axis=1), axis=1) <= 0).all()


def test_production_is_the_relevance_that_the_ranker_calls() -> None:
    expected = [scored(SET.profiles, text).rho for text in SET.request_texts]
    assert rank_all(SET, encode)[PRODUCTION].scores == pytest.approx(np.array(expected))


def test_an_easy_set_is_ranked_perfectly_and_measured_on_judged_requests_only() -> None:
    found = figures(SET, rank_all(SET, encode))[PRODUCTION]
    for estimate in found.measures.values():
        assert (estimate.mean, estimate.size) == (1.0, 3)
    assert found.lead.mean == 0.0


def test_judgements_do_not_reach_the_ranking() -> None:
    other = JudgedSet(SET.request_ids, SET.request_texts, SET.partner_ids, SET.profiles, {"r1": {"p1": 1}})
    for name, run in rank_all(other, encode).items():
        assert (run.order == rank_all(SET, encode)[name].order).all()


def test_equal_scores_keep_the_order_of_partners() -> None:
    same = JudgedSet(("r",), ("radio",), ("b", "a", "c"), (Profile("", ("radio",)),) * 3, {"r": {"a": 1}})
    for run in rank_all(same, encode).values():
        assert list(run.order[0]) == [0, 1, 2]
