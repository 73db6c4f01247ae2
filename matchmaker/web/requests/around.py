"""What a teacher reads of the people around a school: what they know, and nothing that says who they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matchmaker.queries import around_school
from matchmaker.services import contact_details
from models import Fund, Partner, PartnerKind

FUNDS_SHOWN = 3
SHORTEST_NAME = 3


@dataclass(frozen=True)
class Idea:
    """A fund as a teacher reads it; what would say whose it is stays empty."""

    fund: Fund
    text: str
    story: str
    neighbourhood: str


def ideas(session: Session, funds: Sequence[Fund]) -> list[Idea]:
    """What may be shown of some funds, all of one region; a fund whose title says whose it is, not at all."""
    shown = titles(funds)
    nameable: set[str] = set()
    if shown:
        nameable = around_school.nameable(session, shown[0].region_id, [fund.partner.neighbourhood for fund in shown])
    return [_idea(fund, nameable) for fund in shown]


def _idea(fund: Fund, nameable: set[str]) -> Idea:
    who, where = fund.partner, fund.partner.neighbourhood
    text = "" if fund.text == fund.title or tells_who(who, fund.text) else fund.text
    story = "" if tells_who(who, fund.story) else fund.story
    return Idea(fund, text, story, where if where in nameable else "")


def titles(funds: Iterable[Fund]) -> list[Fund]:
    """Those whose titles may be shown."""
    return [fund for fund in funds if not tells_who(fund.partner, fund.title)]


def tells_who(partner: Partner, words: str) -> bool:
    """Whether words hold a part of a person's name, an organisation's whole name, or a way to reach anybody."""
    said = f" {_folded(words)} "
    names = [partner.name] if partner.kind is PartnerKind.ORGANISATION else partner.name.split()
    names += (partner.contact_name or "").split()
    named = any(f" {_folded(name)} " in said for name in names if len(name) >= SHORTEST_NAME)
    return named or bool(contact_details.in_text(words))


def _folded(words: str) -> str:
    """Words in small letters without accents, a blank between each two."""
    bare = "".join(letter for letter in unicodedata.normalize("NFD", words) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", bare.lower()))
