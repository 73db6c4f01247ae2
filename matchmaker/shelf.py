"""A region's partners as columns: read from the database, all or a few of them, and spliced into what is held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.matrices import MOST_CODES, Codes, bits
from matching.reading import Profile, Reader, Reading
from matchmaker.vectors import Text
from models import Fund, KnowledgeKind, OwnerKind, Partner
from models.codes import FORMATS, SPOKEN, SUBJECTS

WHOLE, TITLES = 0, 1
"""Which piece of a partner a vector is of."""

Integers = NDArray[np.int64]
Column = TypeVar("Column", NDArray[Any], list[Any])
_Row = Any
"""A row of the columns below, by name."""


def known_codes() -> dict[str, Codes]:
    """The codes that forms offer, by kind. Files may bring others; those take the next bits as they are met."""
    return {"subjects": Codes.of(SUBJECTS), "formats": Codes.of(FORMATS), "languages": Codes.of(SPOKEN)}


def fund_text(title: str, text: str, story: str) -> str:
    """What the ranker reads of a fund. A title that only repeats the text's beginning is not read twice."""
    return "\n".join(part for part in ("" if title in text else title, text, story) if part)


@dataclass(frozen=True, slots=True)
class Shelf:
    """P partners, ascending by id, with F funds in the order of their profiles and N pieces of text.

    Attributes
    ----------
    partner_ids, readings, fund_counts, piece_counts
        [P] who they are, what was read of them, how many funds each has and how many pieces these have.
    joined
        [P] day each joined, as a proleptic ordinal.
    radius_miles
        [P] NaN where not said.
    credentialed, practice
        [P] whether any fund came to be known that way.
    subjects, grades, formats, languages, weekdays
        [P] masks, in the bits of the region's codes.
    fund_ids
        [F]
    """

    partner_ids: Integers
    readings: list[Reading]
    fund_counts: Integers
    piece_counts: Integers
    joined: Integers
    radius_miles: NDArray[np.float64]
    credentialed: NDArray[np.bool_]
    practice: NDArray[np.bool_]
    subjects: Integers
    grades: Integers
    formats: Integers
    languages: Integers
    weekdays: Integers
    fund_ids: Integers

    def texts(self) -> tuple[list[Text], list[Text], list[Text]]:
        """The texts to embed: N pieces of funds, P whole profiles, and the titles of each profile's funds."""
        funds = (fund for reading in self.readings for fund in reading.pieces)
        parts = [
            Text(OwnerKind.FUND, fund_id, number, words)
            for fund_id, fund in zip(self.fund_ids.tolist(), funds, strict=True)
            for number, words in enumerate(fund, start=1)
        ]
        whose = list(zip(self.partner_ids.tolist(), self.readings, strict=True))
        return (
            parts,
            [Text(OwnerKind.PARTNER, partner_id, WHOLE, reading.whole) for partner_id, reading in whose],
            [Text(OwnerKind.PARTNER, partner_id, TITLES, reading.titles) for partner_id, reading in whose],
        )

    def texts_of_each(self) -> list[list[Text]]:
        """[P] the same texts, by partner."""
        parts, wholes, titles = self.texts()
        rest = iter(parts)
        return [
            [*islice(rest, count), whole, title]
            for count, whole, title in zip(self.piece_counts.tolist(), wholes, titles, strict=True)
        ]

    def spliced(self, splice: Splice, fresh: Shelf) -> Shelf:
        """This shelf with what was read again in its place."""
        columns = {
            field.name: (splice.funds if field.name == "fund_ids" else splice.partners)(
                getattr(self, field.name), getattr(fresh, field.name)
            )
            for field in fields(self)
        }
        return Shelf(**columns)


@dataclass(frozen=True, slots=True)
class Splice:
    """Where partners that were read again go in what is held: for partners, their funds and their funds' pieces.

    Each cut is (start, stop) in the held column and (start, stop) in the fresh one that takes its place.
    """

    partner_cuts: list[tuple[int, int, int, int]]
    fund_cuts: list[tuple[int, int, int, int]]
    piece_cuts: list[tuple[int, int, int, int]]

    @classmethod
    def of(cls, held: Shelf, fresh: Shelf, changed: Iterable[int]) -> Splice:
        """Partners among ``changed`` that are not in ``fresh`` are taken out."""
        ids = np.unique(np.concatenate([_integers(changed), fresh.partner_ids]))
        cuts = [
            (int(a), int(b), int(c), int(d))
            for a, b, c, d in zip(
                np.searchsorted(held.partner_ids, ids),
                np.searchsorted(held.partner_ids, ids, side="right"),
                np.searchsorted(fresh.partner_ids, ids),
                np.searchsorted(fresh.partner_ids, ids, side="right"),
                strict=True,
            )
        ]
        return cls(
            cuts,
            _finer(cuts, _edges(held.fund_counts), _edges(fresh.fund_counts)),
            _finer(cuts, _edges(held.piece_counts), _edges(fresh.piece_counts)),
        )

    def owners(self, held: Shelf, fresh: Shelf) -> set[tuple[OwnerKind, int]]:
        """Everybody, and every fund, that was there before or is now."""
        theirs = {
            *(
                (OwnerKind.PARTNER, at)
                for cut in self.partner_cuts
                for at in held.partner_ids[cut[0] : cut[1]].tolist()
            ),
            *((OwnerKind.FUND, at) for cut in self.fund_cuts for at in held.fund_ids[cut[0] : cut[1]].tolist()),
            *((OwnerKind.PARTNER, at) for at in fresh.partner_ids.tolist()),
            *((OwnerKind.FUND, at) for at in fresh.fund_ids.tolist()),
        }
        return theirs

    def partners(self, held: Column, fresh: Column) -> Column:
        """A column with one entry a partner."""
        return _spliced(held, fresh, self.partner_cuts)

    def funds(self, held: Column, fresh: Column) -> Column:
        """A column with one entry a fund."""
        return _spliced(held, fresh, self.fund_cuts)

    def pieces(self, held: Column, fresh: Column) -> Column:
        """A column with one entry a piece."""
        return _spliced(held, fresh, self.piece_cuts)


def _edges(counts: Integers) -> Integers:
    """Where each group begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)])


def _finer(
    cuts: Sequence[tuple[int, int, int, int]], held: Integers, fresh: Integers
) -> list[tuple[int, int, int, int]]:
    return [(int(held[a]), int(held[b]), int(fresh[c]), int(fresh[d])) for a, b, c, d in cuts]


def _spliced(held: Column, fresh: Column, cuts: Sequence[tuple[int, int, int, int]]) -> Column:
    parts, done = [], 0
    for start, stop, fresh_start, fresh_stop in cuts:
        parts += [held[done:start], fresh[fresh_start:fresh_stop]]
        done = stop
    parts.append(held[done:])
    if isinstance(held, list):
        return [entry for part in parts for entry in part]
    return np.concatenate(parts)


def read(
    session: Session,
    region_id: int,
    reader: Reader,
    codes: Mapping[str, Codes],
    partner_ids: Collection[int] | None = None,
) -> tuple[Shelf, dict[str, Codes]]:
    """The region's reviewed partners, or those of them that are asked for, and the codes with what was new in them."""
    who, whose = [Partner.region_id == region_id, Partner.reviewed_at.is_not(None)], [Fund.region_id == region_id]
    if partner_ids is not None:
        who.append(Partner.id.in_(partner_ids))
        whose.append(Fund.partner_id.in_(partner_ids))
    partners = session.execute(select(*_PARTNER_COLUMNS).where(*who).order_by(Partner.id)).all()
    funds: dict[int, list[_Row]] = defaultdict(list)
    for row in session.execute(select(*_FUND_COLUMNS).where(*whose).order_by(Fund.position, Fund.id)):
        funds[row.partner_id].append(row)
    theirs = [funds[partner.id] for partner in partners]
    grown = {
        "subjects": _grown(codes["subjects"], (row.subjects for each in theirs for row in each)),
        "formats": _grown(codes["formats"], (partner.formats for partner in partners)),
        "languages": _grown(codes["languages"], (partner.languages for partner in partners)),
    }
    return _shelf(partners, theirs, reader, grown), grown


_PARTNER_COLUMNS = (
    Partner.id,
    Partner.about,
    Partner.formats,
    Partner.languages,
    Partner.weekdays,
    Partner.radius_miles,
    Partner.joined_on,
)
_FUND_COLUMNS = (
    Fund.partner_id,
    Fund.id,
    Fund.title,
    Fund.text,
    Fund.story,
    Fund.kind,
    Fund.subjects,
    Fund.grades,
)


def _shelf(
    partners: Sequence[_Row], funds: Sequence[Sequence[_Row]], reader: Reader, codes: Mapping[str, Codes]
) -> Shelf:
    subjects, grades = _masks(codes["subjects"].mask), _masks(bits)
    texts = [tuple(fund_text(row.title, row.text, row.story) for row in each) for each in funds]
    formats, languages, weekdays = _masks(codes["formats"].mask), _masks(codes["languages"].mask), _masks(bits)
    readings = [reader.read(Profile(row.about, said)) for row, said in zip(partners, texts, strict=True)]
    return Shelf(
        partner_ids=_integers(row.id for row in partners),
        readings=readings,
        fund_counts=_integers(map(len, funds)),
        piece_counts=_integers(sum(map(len, reading.pieces)) for reading in readings),
        joined=_integers(row.joined_on.toordinal() for row in partners),
        radius_miles=np.array([row.radius_miles or np.nan for row in partners], dtype=np.float64),
        credentialed=_any(KnowledgeKind.CREDENTIALED, funds),
        practice=_any(KnowledgeKind.PRACTICE, funds),
        subjects=_integers(_either(subjects(row.subjects) for row in each) for each in funds),
        grades=_integers(_either(grades(row.grades) for row in each) for each in funds),
        formats=_integers(formats(row.formats) for row in partners),
        languages=_integers(languages(row.languages) for row in partners),
        weekdays=_integers(weekdays(row.weekdays) for row in partners),
        fund_ids=_integers(row.id for each in funds for row in each),
    )


def _grown(codes: Codes, said: Iterable[Sequence[str]]) -> Codes:
    """The codes with those that have no bit yet, while there are bits. A code once numbered keeps its bit."""
    new = sorted({code for each in said for code in each} - codes.bits.keys())
    return Codes({**codes.bits, **dict(zip(new, range(len(codes.bits), MOST_CODES), strict=False))})


def _masks(mask: Callable[[Iterable[Any]], int]) -> Callable[[Sequence[Any]], int]:
    """The same mask function, once for each of the few combinations that people choose."""
    known = cache(mask)
    return lambda said: known(tuple(said))


def _either(masks: Iterable[int]) -> int:
    joined = 0
    for mask in masks:
        joined |= mask
    return joined


def _any(kind: KnowledgeKind, funds: Sequence[Sequence[_Row]]) -> NDArray[np.bool_]:
    return np.array([any(row.kind is kind for row in each) for each in funds], dtype=bool)


def _integers(numbers: Iterable[int]) -> Integers:
    return np.fromiter(numbers, dtype=np.int64)
