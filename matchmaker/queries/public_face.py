"""What anybody may read of a region: the funds of knowledge whose owners have said so, and the areas they come from.

Of a fund its title and text, what it could serve and how it came to be known as a kind; of its owner the first name,
where they want it, and the area, where at least five such people live. Nothing is found by what is not shown: neither
how somebody came to know it, nor a name, nor an area too small to be named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, case, func, literal_column, not_, or_, select
from sqlalchemy.orm import Session, contains_eager

from matchmaker.queries import by_hand
from matchmaker.queries.around_school import HIDDEN_UNDER
from models import Fund, Partner, PartnerKind, Region

MOST_REGIONS = 30
_LANGUAGES: tuple[ColumnElement[Any], ...] = tuple(
    literal_column(f"'{name}'::regconfig") for name in ("english", "spanish")
)
_ACCENTS = re.compile("[\u0300-\u036f]+")
_TITLES = frozenset({"don", "doña", "dona", "mr", "mrs", "ms", "dr", "dra", "sr", "sra", "prof"})


@dataclass(frozen=True)
class Area:
    """A neighborhood that may be named. ``place`` is the mean latitude and longitude of its people; None where fewer
    than five have said where they set out from."""

    name: str
    partners: int
    funds: int
    place: tuple[float, float] | None


@dataclass(frozen=True)
class Areas:
    """The areas that may be named, by name, each under its folded name; and how many partners are in none of them."""

    named: dict[str, Area]
    elsewhere: int

    def of(self, neighbourhood: str) -> Area | None:
        """The area that somebody's neighborhood is, however they write it."""
        return self.named.get(folded(neighbourhood))

    @property
    def partners(self) -> int:
        """How many partners there are in all."""
        return sum(area.partners for area in self.named.values()) + self.elsewhere

    @property
    def funds(self) -> int:
        """How many funds come from the areas that are named."""
        return sum(area.funds for area in self.named.values())


@dataclass(frozen=True)
class Wanted:
    """What a visitor looks for; what is empty or None says nothing."""

    subject: str = ""
    grade: int | None = None
    language: str = ""
    area: Area | None = None
    words: str = ""

    @property
    def anything(self) -> bool:
        """Whether any of it was said."""
        return bool(self.subject or self.grade is not None or self.language or self.area or self.words)


def readable() -> ColumnElement[bool]:
    """Whether anybody may read a partner's funds: they have said so, were read, and are not gone for good."""
    return and_(
        Partner.public_since.is_not(None),
        Partner.reviewed_at.is_not(None),
        Partner.merged_into_id.is_(None),
        or_(Partner.paused_at.is_(None), Partner.paused_until.is_not(None)),
    )


def funds(region_id: int, wanted: Wanted) -> Select[Fund]:
    """The funds that anybody may read, with their partners, in an order that tells nobody which are one person's."""
    query = (
        select(Fund)
        .join(Partner, Partner.id == Fund.partner_id)
        .where(Fund.region_id == region_id, Partner.region_id == region_id, readable())
        .order_by(func.md5(func.concat(Fund.id, "read")))
        .options(contains_eager(Fund.partner))
    )
    if wanted.subject:
        query = query.where(or_(func.cardinality(Fund.subjects) == 0, any_(Fund.subjects) == wanted.subject))
    if wanted.grade is not None:
        query = query.where(or_(func.cardinality(Fund.grades) == 0, any_(Fund.grades) == wanted.grade))
    if wanted.language:
        query = query.where(Fund.language == wanted.language)
    if wanted.area:
        query = query.where(_area() == folded(wanted.area.name))
    for token in by_hand.tokens(wanted.words):
        query = query.where(_told_of(token))
    return query


def areas(session: Session, region_id: int) -> Areas:
    """Where those whose funds anybody may read come from: areas with at least five of them, and the rest together."""
    held = select(func.count(Fund.id)).where(Fund.partner_id == Partner.id).correlate(Partner).scalar_subquery()
    people = (
        select(_area().label("area"), Partner.neighbourhood, Partner.latitude, Partner.longitude, held.label("funds"))
        .where(Partner.region_id == region_id, readable())
        .subquery()
    )
    rows = session.execute(
        select(
            people.c.area,
            func.mode().within_group(func.trim(people.c.neighbourhood)),
            func.count(),
            func.sum(people.c.funds),
            func.count(people.c.latitude),
            func.avg(people.c.latitude),
            func.avg(people.c.longitude),
        )
        .where(people.c.funds > 0)
        .group_by(people.c.area)
        .order_by(people.c.area)
    )
    named, elsewhere = {}, 0
    for key, name, partners, count, placed, latitude, longitude in rows:
        if not key or partners < HIDDEN_UNDER:
            elsewhere += partners
            continue
        place = (latitude, longitude) if placed >= HIDDEN_UNDER else None
        named[key] = Area(name, partners, int(count), place)
    return Areas(named, elsewhere)


def languages(session: Session, region_id: int) -> Sequence[str]:
    """The languages in which there is a fund to read."""
    query = select(Fund.language).join(Partner, Partner.id == Fund.partner_id).distinct().order_by(Fund.language)
    return session.scalars(query.where(Fund.region_id == region_id, readable())).all()


def other_regions(session: Session, region: Region) -> Sequence[Region]:
    """The other networks of an installation."""
    return session.scalars(
        select(Region).where(Region.id != region.id).order_by(Region.short_name, Region.id).limit(MOST_REGIONS)
    ).all()


def name_of(partner: Partner) -> str:
    """The name that may stand beside a fund: a first name, of an organisation its own; empty where none is wanted."""
    if not partner.public_since or not partner.public_name:
        return ""
    return first_name(partner)


def first_name(partner: Partner) -> str:
    """What would stand there; empty for a name of which only the family name is known."""
    if partner.kind is PartnerKind.ORGANISATION:
        return partner.name
    parts = partner.name.split()
    titles = [part for part in parts if folded(part).strip(".") in _TITLES]
    bare = [part for part in parts if part not in titles]
    return "" if not bare or (titles and len(bare) == 1) else bare[0]


def folded(text: str) -> str:
    """A text as the database compares it: in small letters, without accents, without blanks around it."""
    return _ACCENTS.sub("", unicodedata.normalize("NFD", text)).lower().strip()


def _area() -> ColumnElement[str]:
    return func.folded(func.trim(Partner.neighbourhood))


def _told_of(token: str) -> ColumnElement[bool]:
    """Whether a word stands in what is shown of a fund; the index holds more, and is asked first. By a word of their
    own name nobody is found."""
    stems = [func.plainto_tsquery(language, token) for language in _LANGUAGES]
    query: ColumnElement[Any] = func.to_tsquery(literal_column("'simple'::regconfig"), f"{token}:*")
    for stem in stems:
        query = query.op("||")(stem)
    person = case((Partner.kind == PartnerKind.PERSON, Partner.name), else_="")
    return or_(
        or_(*(func.numnode(stem) == 0 for stem in stems)),
        and_(
            func.search_words(Fund.title, Fund.text, Fund.story).bool_op("@@")(query),
            func.search_words(Fund.title, Fund.text, "").bool_op("@@")(query),
            not_(func.search_words(person, func.coalesce(Partner.contact_name, ""), "").bool_op("@@")(query)),
        ),
    )
