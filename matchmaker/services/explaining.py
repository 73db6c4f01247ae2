"""Why a candidate is put before a coordinator: the evidence, in the words of the fund and of the request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching import explain, quotes
from matching.matrices import Matrices
from matchmaker.services.scoring import Scored
from models import Fund, LearningRequest, Partner


@dataclass(frozen=True)
class Voice:
    """A candidate as reasons quote them. ``fund`` is the one closest to the request, None for who has none."""

    partner: Partner
    funds: tuple[Fund, ...]
    fund: Fund | None

    @property
    def own_words(self) -> str:
        """What can be quoted: the fund without its title, which is shown beside it, or what they say of themselves."""
        if self.fund is None:
            return self.partner.about
        return "\n".join(text for text in (self.fund.text, self.fund.story) if text)

    @property
    def whole(self) -> str:
        """All that the partner has written."""
        said = (text for fund in self.funds for text in (fund.title, fund.text, fund.story))
        return "\n".join((self.partner.about, *said))


def voices(
    session: Session, scored: Scored, matrices: Matrices, places: Sequence[int] | NDArray[np.int64]
) -> dict[int, Voice]:
    """The people at some places among the candidates, with their funds; two queries."""
    partner_ids = {int(at): int(matrices.partner_ids[scored.positions[at]]) for at in places}
    people = {each.id: each for each in session.scalars(select(Partner).where(Partner.id.in_(partner_ids.values())))}
    funds: dict[int, list[Fund]] = defaultdict(list)
    for fund in session.scalars(
        select(Fund).where(Fund.partner_id.in_(people)).order_by(Fund.partner_id, Fund.position, Fund.id)
    ):
        funds[fund.partner_id].append(fund)
    return {
        at: Voice(people[each], tuple(funds[each]), _closest(scored, matrices, at, funds[each]))
        for at, each in partner_ids.items()
    }


def _closest(scored: Scored, matrices: Matrices, at: int, funds: Sequence[Fund]) -> Fund | None:
    """The fund closest to the request; None where there is none, or it was taken out since the matrices were read."""
    which = int(scored.signals.which_fund[scored.positions[at]])
    fund_id = int(matrices.fund_ids[which]) if which >= 0 else 0
    return next((fund for fund in funds if fund.id == fund_id), None)


def asked(request: LearningRequest, matrices: Matrices) -> quotes.Asked:
    """A request read once for all of its candidates."""
    return quotes.Asked.of(request.title, request.text, matrices.corpus.lexical.rarity)


def reasons(
    scored: Scored,
    at: int,
    voice: Voice,
    request: LearningRequest,
    asked: quotes.Asked,
    move: explain.Reason | None,
) -> list[dict[str, Any]]:
    """The reasons for the candidate at a place, as JSON. ``asked`` is the request as it was read."""
    title = voice.fund.title if voice.fund else ""
    texts = explain.Texts(
        evidence=quotes.evidence(asked, voice.own_words, title),
        fund=title,
        language=voice.fund.language if voice.fund else voice.partner.language,
        request_language=request.language,
        thin_profile=quotes.few_words(voice.whole, explain.FEW_WORDS),
        thin_request=quotes.few_words(f"{request.title}\n{request.text}", explain.FEW_WORDS),
    )
    position, price = int(scored.positions[at]), float(scored.reranked.price[at])
    chosen = explain.reasons(position, scored.relevance, texts, scored.structure, move, price)
    return [{"code": reason.code, "params": _params(reason)} for reason in chosen]


def _params(reason: explain.Reason) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in reason.params.items()}
