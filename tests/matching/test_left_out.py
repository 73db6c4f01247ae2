from __future__ import annotations

import math

import numpy as np
import pytest

from matching.evaluate import PRODUCTION, JudgedSet
from matching.left_out import LEARNT, SINGLE, best_single, leave_one_out
from matching.reading import Profile
from tests.matching.regions import WORDS, encode


def judged(seed: int, size: int = 12) -> JudgedSet:
    """Requests of two words each, and for each the partner who knows both and some more."""
    random = np.random.default_rng(seed)
    pairs = [tuple(str(word) for word in random.choice(WORDS, 2, replace=False)) for _ in range(size)]
    knows = [Profile("", (" ".join((*pair, *random.choice(WORDS, 3))),)) for pair in pairs]
    ids = tuple(f"p{place}" for place in range(size))
    judgements = {f"r{place}": {f"p{place}": 1} for place in range(size)} | {"nobody": {}}
    asked = (*(" ".join(pair) for pair in pairs), "comet")
    return JudgedSet(tuple(judgements), asked, ids, tuple(knows), judgements)


def test_each_set_is_measured_by_what_was_learnt_on_the_others() -> None:
    found = leave_one_out({"one": judged(1), "two": judged(2), "three": judged(3)}, encode)
    assert set(found.sets) == {"one", "two", "three"}
    for left in found.sets.values():
        assert {PRODUCTION, LEARNT} <= set(left.figures)
        assert left.figures[PRODUCTION].measures["ndcg@10"].size == 12
        best = best_single(left.figures)
        assert left.figures[best].measures["ndcg@10"].mean >= left.figures[f"{SINGLE}lexical"].measures["ndcg@10"].mean
        assert sum(left.mix.values()) == pytest.approx(sum(found.sets["one"].mix.values()))
    assert 0 <= found.calibration.ece <= 0.2
    assert sum(each.share for each in found.calibration.bins) == pytest.approx(1.0)
    assert found.slope > 0 and math.isfinite(found.midpoint)


def test_a_left_out_set_teaches_nothing_about_itself() -> None:
    sets = {"one": judged(1), "two": judged(2)}
    misled = JudgedSet(
        *(getattr(sets["one"], name) for name in ("request_ids", "request_texts", "partner_ids")),
        sets["one"].profiles,
        {f"r{place}": {"p0": 1} for place in range(12)},
    )
    as_it_is, as_told = leave_one_out(sets, encode), leave_one_out({**sets, "one": misled}, encode)
    assert as_told.sets["one"].mix == as_it_is.sets["one"].mix
    assert as_told.sets["two"].mix != as_it_is.sets["two"].mix


def test_one_set_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match="two sets"):
        leave_one_out({"one": judged(1)}, encode)
