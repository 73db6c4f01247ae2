from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.features import SIGNAL_NAMES, Corpus, Signals
from matching.reading import Profile
from matching.score import Weights, combine, relevance
from matching.structure import FIT_NAMES, Structure
from tests.matching.regions import corpus_of, regions, scored, sentences

DIRECT = [name for name in SIGNAL_NAMES if name != "echo"]


def given_signals(*rows: float, **columns: list[float]) -> tuple[Corpus, Signals]:
    """Signals that all hold `rows`, but for the columns given by name, of partners who all say the same."""
    values = {name: np.array(columns.get(name, rows), dtype=np.float32) for name in DIRECT}
    size = len(next(iter(values.values())))
    none = np.full(size, -1)
    corpus = corpus_of([Profile("", ("radio circuit bread yeast",))] * size)
    return corpus, Signals(
        **values, which_piece=none, which_fund=none, words_tell=np.ones(size, np.float32), shortness=0.0
    )


@given(regions, sentences)
def test_rho_is_inside_0_and_1_and_follows_the_combined_score(profiles: list[Profile], request: str) -> None:
    found = scored(profiles, request)
    assert ((found.rho > 0) & (found.rho < 1)).all()
    assert (np.diff(found.rho[np.argsort(found.combined)]) >= 0).all()


@given(regions, sentences)
def test_contributions_add_up(profiles: list[Profile], request: str) -> None:
    found = scored(profiles, request, Structure.unknown(len(profiles)))
    assert set(found.contributions) == {*SIGNAL_NAMES, *FIT_NAMES}
    assert np.sum(list(found.contributions.values()), axis=0) == pytest.approx(found.combined, abs=1e-8)


@given(regions, sentences, st.randoms(use_true_random=False))
def test_the_order_of_partners_changes_nothing(profiles: list[Profile], request: str, random: object) -> None:
    moved = list(range(len(profiles)))
    random.shuffle(moved)  # type: ignore[attr-defined]
    straight = scored(profiles, request).rho
    shuffled = scored([profiles[place] for place in moved], request).rho
    assert shuffled == pytest.approx(straight[moved], abs=1e-4)


@given(regions, sentences)
def test_copies_of_a_profile_score_the_same(profiles: list[Profile], request: str) -> None:
    found = scored([*profiles, profiles[0]], request).rho
    assert found[0] == found[-1]


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=8),
    st.sampled_from(DIRECT),
    st.floats(0.01, 1),
)
def test_a_closer_partner_never_loses(values: list[float], name: str, gain: float) -> None:
    corpus, before = given_signals(*values)
    closer = [values[0] + gain, *values[1:]]
    after = replace(before, **{name: np.array(closer, dtype=np.float32)})
    assert relevance(corpus, after).rho[0] >= relevance(corpus, before).rho[0]


@pytest.mark.parametrize("size", [1, 2, 5, 300])
def test_signals_that_tell_nobody_apart_contribute_nothing(size: int) -> None:
    found = relevance(*given_signals(*[0.3] * size))
    assert not found.combined.any()
    assert (found.rho < 0.01).all()


def test_only_a_clear_lead_by_every_signal_is_likely() -> None:
    draw = np.random.default_rng(1).normal(0.2, 0.09, size=200)
    rho = relevance(*given_signals(0.8, *draw)).rho
    assert rho[0] > 0.5
    assert np.median(rho[1:]) < 0.05


def test_in_a_small_region_a_hair_is_no_lead() -> None:
    close = relevance(*given_signals(0.301, 0.300)).rho
    apart = relevance(*given_signals(0.6, 0.1)).rho
    assert close[0] - close[1] < 0.01
    assert apart[0] > 2 * apart[1]


def test_one_rare_word_in_a_large_region_is_bounded() -> None:
    found = relevance(*given_signals(*[0.0] * 2_000, lexical=[0.5] + [0.0] * 1_999))
    assert found.contributions["lexical"][0] <= Weights().signals["lexical"] * Weights().bound
    assert found.rho[0] < 0.5


def test_unknown_facts_change_nothing() -> None:
    signals = given_signals(0.2, 0.3, 0.4)
    assert (relevance(*signals, Structure.unknown(3)).rho == relevance(*signals).rho).all()


@pytest.mark.parametrize("name", ["subject", "grade", "format", "language", "date_overlap"])
def test_a_known_fact_helps_when_it_fits_and_hurts_when_it_does_not(name: str) -> None:
    signals = given_signals(0.3, 0.3, 0.3)
    facts = replace(Structure.unknown(3), **{name: np.array([1.0, np.nan, 0.0])})
    first, unknown, last = relevance(*signals, facts).rho
    assert first > unknown > last
    assert unknown == relevance(*signals).rho[1]


def test_no_partners_no_rho() -> None:
    assert relevance(*given_signals(), Structure.unknown(0)).rho.shape == (0,)


@pytest.mark.parametrize(
    "change",
    [
        {"signals": {"whole": 1.0}},
        {"structure": {}},
        {"signals": dict.fromkeys(SIGNAL_NAMES, 0.0)},
        {"signals": dict.fromkeys(SIGNAL_NAMES, -1.0)},
        {"slope": 0.0},
        {"bound": 0.0},
        {"spread_weight": float("nan")},
    ],
)
def test_weights_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"weights|positive"):
        Weights(**change)  # type: ignore[arg-type]


@given(regions, sentences)
def test_any_part_of_a_region_combines_to_the_same_numbers(profiles: list[Profile], request: str) -> None:
    whole = scored(profiles, request, Structure.unknown(len(profiles)))
    for at in range(len(profiles)):
        alone = {name: np.array([float(f"{values[at]:.6f}")]) for name, values in reversed(whole.evidence.items())}
        again = combine(alone, Weights())
        assert (again.combined[0], again.rho[0]) == (whole.combined[at], whole.rho[at])


def test_weights_survive_being_stored() -> None:
    stored = json.loads(json.dumps(Weights(version="other", slope=2.5).as_dict()))
    again = Weights.from_dict(stored)
    assert again == Weights(version="other", slope=2.5)
    assert again.formula == Weights(slope=2.5).formula
    with pytest.raises(ValueError, match="nothing called popularity"):
        Weights.from_dict({**stored, "popularity": 1.0})


def test_a_formula_goes_back_into_weights() -> None:
    formula = Weights().formula
    other = replace(formula, coefficients={**formula.coefficients, "subject": 0.9}, midpoint=1.0)
    found = Weights().with_formula(other, "other")
    assert found.formula.coefficients == pytest.approx(other.coefficients)
    assert (found.version, found.midpoint, found.bound) == ("other", 1.0, Weights().bound)
