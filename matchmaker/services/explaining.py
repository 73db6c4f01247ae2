"""Why a candidate is put before a coordinator: the evidence, in the words of the fund and of the request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from matching import explain, quotes
from matching.matrices import Matrices
from matchmaker.services.scoring import Scored
from models import Fund, LearningRequest, Partner


@dataclass(frozen=True, slots=True)
class Said:
    """A fund as reasons quote it."""

    id: int
    title: str
    text: str
    story: str
    language: str


@dataclass(frozen=True, slots=True)
class Voice:
    """A candidate as reasons quote them. ``fund`` is the one closest to the request, None for who has none."""

    about: str
    language: str
    funds: tuple[Said, ...]
    fund: Said | None

    @property
    def own_words(self) -> str:
        """What can be quoted: the fund without its title, which is shown beside it, or what they say of themselves."""
        if self.fund is None:
            return self.about
        return "\n".join(text for text in (self.fund.text, self.fund.story) if text)

    @property
    def whole(self) -> str:
        """All that the partner has written."""
        said = (text for fund in self.funds for text in (fund.title, fund.text, fund.story))
        return "\n".join((self.about, *said))


_SAID = (
    select(Partner.id, Partner.about, Partner.language, Fund.id, Fund.title, Fund.text, Fund.story, Fund.language)
    .outerjoin(Fund, Fund.partner_id == Partner.id)
    .where(Partner.id.in_(bindparam("partner_ids", expanding=True)))
    .order_by(Partner.id, Fund.position, Fund.id)
)


def voices(
    session: Session, scored: Scored, matrices: Matrices, places: Sequence[int] | NDArray[np.int64]
) -> dict[int, Voice]:
    """The people at some places among the candidates, with their funds; one query."""
    partner_ids = {int(at): int(matrices.partner_ids[scored.positions[at]]) for at in places}
    people: dict[int, tuple[str, str]] = {}
    funds: dict[int, list[Said]] = defaultdict(list)
    for row in session.execute(_SAID, {"partner_ids": [*partner_ids.values()]}):
        partner_id, about, language, fund_id, title, text, story, written_in = row
        people[partner_id] = (about, language)
        if fund_id is not None:
            funds[partner_id].append(Said(fund_id, title, text, story, written_in))
    return {
        at: Voice(*people[each], tuple(funds[each]), _closest(scored, matrices, at, funds[each]))
        for at, each in partner_ids.items()
    }


def _closest(scored: Scored, matrices: Matrices, at: int, funds: Sequence[Said]) -> Said | None:
    """The fund closest to the request; None where there is none, or it was taken out since the matrices were read."""
    which = int(scored.signals.which_fund[scored.positions[at]])
    fund_id = int(matrices.fund_ids[which]) if which >= 0 else 0
    return next((fund for fund in funds if fund.id == fund_id), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read once for all of its candidates. ``thin``: it says next to nothing."""

    parts: quotes.Asked
    language: str
    thin: bool


def asked(request: LearningRequest, matrices: Matrices) -> Asked:
    """Read a request."""
    return Asked(
        quotes.Asked.of(request.title, request.text, matrices.corpus.lexical.rarity),
        request.language,
        quotes.few_words(f"{request.title}\n{request.text}", explain.FEW_WORDS),
    )


def reasons(
    scored: Scored,
    at: int,
    voice: Voice,
    asked: Asked,
    move: explain.Reason | None,
    around: Sequence[explain.Reason] = (),
) -> list[dict[str, Any]]:
    """The reasons for the candidate at a place, as JSON; ``around`` is what is said of the request with them."""
    title = voice.fund.title if voice.fund else ""
    texts = explain.Texts(
        evidence=quotes.evidence(asked.parts, voice.own_words, title),
        fund=title,
        language=voice.fund.language if voice.fund else voice.language,
        request_language=asked.language,
        thin_profile=quotes.few_words(voice.whole, explain.FEW_WORDS),
        thin_request=asked.thin,
    )
    position, price = int(scored.positions[at]), float(scored.reranked.price[at])
    chosen = explain.reasons(position, scored.relevance, texts, scored.structure, move, price, around)
    return [{"code": reason.code, "params": _params(reason)} for reason in chosen]


def _params(reason: explain.Reason) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in reason.params.items()}
