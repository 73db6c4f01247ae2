"""Why a partner stands where they stand: codes and facts, chosen by size. Sentences are made of them
elsewhere.

At most three reasons: what in the partner's words answers the request, how fairness moved them, and the
largest of the structured facts, for or against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.equity import Reranked, rerank
from matching.structure import FIT_NAMES, Structure

if TYPE_CHECKING:
    # Only named in signatures: whoever renders reasons must not load the lexical index to do so.
    from matching.features import Signals
    from matching.score import Relevance

Param = str | int | float | Sequence[str]

CLEAR_LEAD = 0.03
"""Lead in V from which the first candidate is called a clear lead."""

TELLING = 0.05
"""How far, in units of the combined score, a fact must lie from the region's mean to be worth a sentence."""
WORDS_TELL = 0.4
"""From this contribution on, shared words are more than the small change of any two texts."""

_FOR = {
    "subject": "subject_fit",
    "grade": "grade_fit",
    "format": "format_fit",
    "language": "language_fit",
    "distance": "near",
    "dates": "date_fit",
}
_AGAINST = {
    "subject": "subject_other",
    "grade": "grade_other",
    "format": "format_other",
    "language": "language_other",
    "distance": "far",
    "dates": "date_few",
}
TEXT_CODES = ("fund_answers", "profile_answers", "words_shared", "little_in_common")
MOVE_CODES = ("moved_up_boost", "moved_up_free", "moved_down_busy", "moved_down_boost", "kept_by_need")
FIT_CODES = (*_FOR.values(), *_AGAINST.values())


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code of this module, and plain values that its sentence needs.

    Params by code
    --------------
    fund_answers, words_shared
        fund (index into the region's funds), words (shared by request and fund, as the fund writes them).
    profile_answers
        words.
    moved_*
        before, after (places from 1).
    kept_by_need
        after, otherwise (the place without the request's need and deficit).
    near, far
        miles.
    date_fit, date_few
        share of the offered dates.
    """

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


def reasons(
    partner: int,
    signals: Signals,
    relevance: Relevance,
    structure: Structure | None = None,
    words: Sequence[str] = (),
    move: Reason | None = None,
    limit: int = 3,
) -> tuple[Reason, ...]:
    """The reasons for one candidate, the most telling first.

    Parameters
    ----------
    partner
        Position of the candidate among the region's P partners.
    signals, relevance, structure
        Of the whole region, as they were scored.
    words
        From `matching.words.shared_words` of the request and the text of fund `signals.which_fund[partner]`,
        or of the whole profile for a partner without funds.
    move
        From `moves`, at the candidate's place among the candidates.
    limit
        At most this many reasons.
    """
    chosen = [_from_text(partner, signals, relevance, words)]
    if move is not None:
        chosen.append(move)
    for name in _telling_facts(partner, relevance):
        chosen.append(_from_fact(name, relevance.contributions[name][partner] > 0, partner, structure))
    return tuple(chosen[:limit])


def _telling_facts(partner: int, relevance: Relevance) -> list[str]:
    """Facts that set the candidate apart, the largest first: what is true of everybody explains nobody's place."""
    apart: dict[str, float] = {}
    for name in FIT_NAMES:
        given = relevance.contributions.get(name)
        if given is not None and given[partner] != 0.0 and abs(given[partner] - given.mean()) >= TELLING:
            apart[name] = abs(float(given[partner] - given.mean()))
    return sorted(apart, key=lambda name: -apart[name])


def _from_text(partner: int, signals: Signals, relevance: Relevance, words: Sequence[str]) -> Reason:
    """What in the partner's words answers the request: a fund wherever there is one, for that is what people know."""
    given = {name: float(relevance.contributions[name][partner]) for name in signals.named()}
    fund = int(signals.which_fund[partner])
    if sum(given.values()) <= 0:
        return Reason("little_in_common")
    if fund < 0:
        return Reason("profile_answers", {"words": tuple(words)})
    code = "words_shared" if words and given["lexical"] >= WORDS_TELL else "fund_answers"
    return Reason(code, {"fund": fund, "words": tuple(words)})


def _from_fact(name: str, fits: bool, partner: int, structure: Structure | None) -> Reason:
    params: dict[str, Param] = {}
    if structure is not None and name == "distance":
        params["miles"] = round(float(structure.distance_miles[partner]), 1)
    if structure is not None and name == "dates":
        params["share"] = float(structure.date_overlap[partner])
    return Reason((_FOR if fits else _AGAINST)[name], params)


def moves(reranked: Reranked) -> list[Reason | None]:
    """For each of n candidates, what moved them between relevance and the policy's order; None for nobody
    moved.

    A move is put down to the part of the score without which the candidate would stand farthest from where
    they now stand, back towards where relevance had put them.
    """
    after = reranked.rank_after
    unboosted = _ranks(reranked, replace(reranked, boost=np.zeros_like(reranked.boost)))
    unpriced = _ranks(reranked, replace(reranked, price=np.zeros_like(reranked.price)))
    unweighted = _ranks(reranked, replace(reranked, need=1.0, deficit=1.0))
    found: list[Reason | None] = []
    for position, before in enumerate(reranked.rank_before):
        now = int(after[position])
        boost_gain, price_gain = int(unboosted[position]) - now, int(unpriced[position]) - now
        code = _move_code(int(before) - now, boost_gain, price_gain)
        if code:
            found.append(Reason(code, {"before": int(before), "after": now}))
        elif unweighted[position] > now:
            found.append(Reason("kept_by_need", {"after": now, "otherwise": int(unweighted[position])}))
        else:
            found.append(None)
    return found


def _ranks(reranked: Reranked, other: Reranked) -> NDArray[np.int64]:
    """Places the candidates would have under the numbers of `other`."""
    return rerank(reranked.rho, other.need, other.deficit, other.boost, other.price).rank_after


def _move_code(gain: int, boost_gain: int, price_gain: int) -> str | None:
    if gain > 0:
        return "moved_up_boost" if boost_gain >= price_gain else "moved_up_free"
    if gain < 0:
        return "moved_down_busy" if price_gain <= boost_gain else "moved_down_boost"
    return None


def confidence(reranked: Reranked) -> str:
    """How sure the first place is: "clear_lead", "close_call" (the second is within CLEAR_LEAD) or
    "only_one".

    Raises
    ------
    ValueError
        Without candidates there is nothing to be sure of.
    """
    if len(reranked.order) == 0:
        raise ValueError("no candidates")
    if len(reranked.order) == 1:
        return "only_one"
    first, second = reranked.score[reranked.order[:2]]
    return "clear_lead" if first - second >= CLEAR_LEAD - 1e-9 else "close_call"
