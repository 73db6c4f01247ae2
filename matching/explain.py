"""Why a partner stands where they stand: codes and facts, chosen by size. Sentences are made of them elsewhere.

Three reasons at most, besides what fairness moved: the partner's own words, the part of the request that they answer,
and the one thing to weigh against it. Only where nothing counts against them is a fact that fits said instead.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.equity import Reranked
from matching.quotes import Evidence
from matching.structure import FIT_NAMES, Structure

if TYPE_CHECKING:
    # Only named in signatures: whoever renders reasons must not load the lexical index to do so.
    from matching.score import Relevance

Param = str | int | float | bool | Sequence[str]

CLEAR_LEAD = 0.03
"""Lead in V from which the first candidate is called a clear lead."""
LIKELY, POSSIBLE = 0.7, 0.4
"""From these on, rho (the calibrated chance that a coordinator approves and the partner accepts) is called likely, and
possible; below, a long shot."""

TELLING = 0.05
"""How far, in units of the combined score, a fact must lie from others' to be worth a sentence."""
FAR = 0.75
"""From this share of the distance that a partner travels, a school is near its edge."""
HALF = 0.5
"""Up to this share of the dates, only some of them suit."""
# A unit of the combined score moves rho by about a quarter at most: what a price in V weighs beside a fact.
_PER_UNIT = 0.25

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
QUOTE_CODES = ("own_words", "about_words")
THIN_CODES = ("thin_profile", "thin_request")
TEXT_CODES = ("answers_topic", "answers_part", "touches", "meaning_only", "meaning_across", "little_in_common")
MOVE_CODES = ("moved_up_boost", "moved_up_free", "moved_down_busy", "moved_down_boost", "kept_by_need")
OWED_CODES = ("waited_reached_less", "waited", "reached_less")
CLOSER_CODES = ("closer_planned", "closer_full", "closer_busy")
AROUND_CODES = ("by_plan", *OWED_CODES, *CLOSER_CODES)
"""What is around one request: what the network owes its class, and who would have been closer."""
FIT_CODES = tuple(_FOR.values())
AGAINST_CODES = (*_AGAINST.values(), "busy", *THIN_CODES)
CODES = (*QUOTE_CODES, *TEXT_CODES, *MOVE_CODES, *AROUND_CODES, *FIT_CODES, *AGAINST_CODES)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code of this module, and plain values that its sentence needs.

    Params by code
    --------------
    own_words, about_words
        quote, language (it was written in); own_words also fund (its title).
    answers_topic, answers_part, touches
        part (of the request), language (of the request), words (shared with the fund, as the fund writes them),
        words_language.
    meaning_only, meaning_across
        part, language.
    moved_*
        before, after (places from 1); moved_up_boost also group, where the boost is that of one: "practice",
        "credentialed" or "new".
    kept_by_need
        after, otherwise (the place without the request's need and deficit).
    waited_reached_less, waited
        weeks (the class has waited, whole ones).
    closer_full
        name (of whoever would be closer), visits (of that month, all given).
    closer_busy
        name, held (of) visits (of that month).
    closer_planned
        name, classes (of others, who have nobody as close).
    near, far
        miles.
    date_fit, date_few
        share of the offered dates.
    """

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Texts:
    """What reasons are told from beside the numbers: the words of one request and one candidate.

    Attributes
    ----------
    evidence
        What the two say to each other.
    fund
        Title of the quoted fund; empty where the quote is from what the partner says of themselves.
    language, request_language
        Languages the quoted words and the request are written in.
    thin_profile, thin_request
        Whether a side has written less than FEW_WORDS in all.
    """

    evidence: Evidence
    fund: str
    language: str
    request_language: str
    thin_profile: bool = False
    thin_request: bool = False


FEW_WORDS = 4
"""A profile or request of fewer words that carry meaning is little to go on."""


def reasons(
    partner: int,
    relevance: Relevance,
    texts: Texts,
    structure: Structure | None = None,
    move: Reason | None = None,
    price: float = 0.0,
    around: Sequence[Reason] = (),
) -> tuple[Reason, ...]:
    """The reasons for one candidate: own words, what they answer, the move if any, and what is to be weighed.

    Parameters
    ----------
    partner
        Position of the candidate among the region's P partners.
    relevance, structure
        Of the whole region, as they were scored.
    move
        From `moves`, at the candidate's place among the candidates.
    price
        The candidate's busy price.
    around
        What is to be said with this candidate of the request as a whole, from `matching.circumstances`.
    """
    chosen = [*_quote(texts), _from_text(partner, relevance, texts)]
    if move is not None:
        chosen.append(move)
    chosen.extend(around)
    said_busy = move is not None and move.code == "moved_down_busy"
    against = _against(partner, relevance, texts, structure, 0.0 if said_busy else price)
    last = against[:1] or _in_favour(partner, relevance, structure)[:1]
    return (*chosen, *last)


def _quote(texts: Texts) -> list[Reason]:
    if not texts.evidence.quote:
        return []
    words: dict[str, Param] = {"quote": texts.evidence.quote, "language": texts.language}
    return [Reason("own_words", {"fund": texts.fund, **words}) if texts.fund else Reason("about_words", words)]


def _from_text(partner: int, relevance: Relevance, texts: Texts) -> Reason:
    """What the partner's words answer in the request: with words of their own, or in meaning alone."""
    given = sum(float(each[partner]) for name, each in relevance.contributions.items() if name not in FIT_NAMES)
    found = texts.evidence
    if given <= 0 or not found.part:
        return Reason("little_in_common")
    params: dict[str, Param] = {"part": found.part, "language": texts.request_language}
    if found.words:
        code = ("answers_topic" if found.topic else "answers_part") if found.firm else "touches"
        return Reason(code, {**params, "words": found.words, "words_language": texts.language})
    return Reason("meaning_only" if texts.language == texts.request_language else "meaning_across", params)


def _against(
    partner: int, relevance: Relevance, texts: Texts, structure: Structure | None, price: float
) -> list[Reason]:
    """What counts against a candidate, the weightiest first; too little to go on outweighs all else."""
    thin = [Reason(code) for code in THIN_CODES if getattr(texts, code)]
    weighed = {"busy": price / _PER_UNIT} if price > 0 else {}
    for name in _misfits(partner, structure):
        given = relevance.contributions.get(name)
        if given is not None:
            weighed[name] = float(given.max() - given[partner])
    telling = sorted((name for name in weighed if weighed[name] >= TELLING), key=lambda name: -weighed[name])
    told = [Reason("busy") if name == "busy" else _from_fact(name, False, partner, structure) for name in telling]
    return thin + told


def _misfits(partner: int, structure: Structure | None) -> list[str]:
    """Facts that do not fit, by what they say themselves; comparisons with NaN (not known) are false."""
    if structure is None:
        return []
    far = np.nan_to_num(structure.radius_miles[partner]) > 0 and (
        structure.distance_miles[partner] >= FAR * structure.radius_miles[partner]
    )
    said = {
        "subject": structure.subject[partner] < HALF,
        "grade": structure.grade[partner] < HALF,
        "format": structure.format[partner] < 1.0,
        "language": structure.language[partner] < HALF,
        "distance": far,
        "dates": structure.date_overlap[partner] <= HALF,
    }
    return [name for name in FIT_NAMES if said[name]]


def _in_favour(partner: int, relevance: Relevance, structure: Structure | None) -> list[Reason]:
    """Facts that set the candidate apart, the largest first: what is true of everybody explains nobody's place."""
    apart: dict[str, float] = {}
    for name in FIT_NAMES:
        given = relevance.contributions.get(name)
        if given is not None and given[partner] > 0.0 and given[partner] - given.mean() >= TELLING:
            apart[name] = float(given[partner] - given.mean())
    return [_from_fact(name, True, partner, structure) for name in sorted(apart, key=lambda name: -apart[name])]


def _from_fact(name: str, fits: bool, partner: int, structure: Structure | None) -> Reason:
    params: dict[str, Param] = {}
    if structure is not None and name == "distance":
        params["miles"] = round(float(structure.distance_miles[partner]), 1)
    if structure is not None and name == "dates":
        params["share"] = float(structure.date_overlap[partner])
    return Reason((_FOR if fits else _AGAINST)[name], params)


def moves(
    reranked: Reranked, places: Sequence[int] | None = None, groups: Mapping[int, str] | None = None
) -> list[Reason | None]:
    """For each of n candidates, or of those at some places, what moved them between relevance and the policy's order.

    None for nobody moved. A move is put down to the part of the score without which the candidate would stand farthest
    from where they now stand, back towards where relevance had put them. `groups` names the boost group of candidates,
    by place among them, where their boost is that of one.
    """
    worth = reranked.need * reranked.deficit * reranked.rho
    unboosted, unpriced = worth - reranked.price, worth + reranked.boost
    unweighted = reranked.rho + reranked.boost - reranked.price
    found: list[Reason | None] = []
    for at in range(len(reranked.order)) if places is None else places:
        before, now = int(reranked.rank_before[at]), int(reranked.rank_after[at])
        boost_gain, price_gain = _place(unboosted, reranked, at) - now, _place(unpriced, reranked, at) - now
        code = _move_code(before - now, boost_gain, price_gain)
        if code:
            group = groups.get(at) if groups and code == "moved_up_boost" else None
            found.append(Reason(code, {"before": before, "after": now, **({"group": group} if group else {})}))
        elif (otherwise := _place(unweighted, reranked, at)) > now:
            found.append(Reason("kept_by_need", {"after": now, "otherwise": otherwise}))
        else:
            found.append(None)
    return found


def _place(scores: NDArray[np.float64], reranked: Reranked, at: int) -> int:
    """The place from 1 that one candidate would have by other scores, equal ones ordered as `rerank` orders them."""
    higher = int(np.count_nonzero(scores > scores[at]))
    equal = np.flatnonzero(scores == scores[at])
    rho = reranked.rho[equal]
    return 1 + higher + int(np.count_nonzero((rho > reranked.rho[at]) | ((rho == reranked.rho[at]) & (equal < at))))


def _move_code(gain: int, boost_gain: int, price_gain: int) -> str | None:
    if gain > 0:
        return "moved_up_boost" if boost_gain >= price_gain else "moved_up_free"
    if gain < 0:
        return "moved_down_busy" if price_gain <= boost_gain else "moved_down_boost"
    return None


def confidence(rho: float, codes: Collection[str] = ()) -> str:
    """The word for a calibrated rho: "likely" (from LIKELY), "possible" (from POSSIBLE) or "long_shot".

    Where `codes`, those of the candidate's reasons, say that either side has written next to nothing, it is
    "little_to_go_on", whatever rho is.
    """
    if not set(THIN_CODES).isdisjoint(codes):
        return "little_to_go_on"
    return "likely" if rho >= LIKELY else "possible" if rho >= POSSIBLE else "long_shot"
