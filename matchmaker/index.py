"""Regions' matrices in the ranker's memory: read whole once, then only what has changed since.

PostgreSQL is the truth. What a region's revision says has moved is read again and spliced in; regions that nobody has
asked for the longest make room for others.
"""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.centred import columns_first
from matching.features import build_corpus
from matching.matrices import Codes, Facts, Matrices
from matching.reading import Reader
from matching.rounded import Rounded
from matchmaker import shelf, vectors
from matchmaker.embedding import Encoder, ModelNotFound
from matchmaker.shelf import Shelf, Splice
from matchmaker.vectors import Text
from models import LearningRequest, OwnerKind, Partner, Region

log = structlog.get_logger()

Floats = NDArray[np.float32]
_MB = 1 << 20
_LOOKED_AT = 200


def request_text(request: LearningRequest) -> str:
    """What the ranker reads of a request."""
    return f"{request.title}\n{request.text}" if request.title not in request.text else request.text


def request_texts(request: LearningRequest) -> list[Text]:
    """The texts of a request that have a vector of their own."""
    return [Text(OwnerKind.REQUEST, request.id, 0, request_text(request))]


@dataclass(frozen=True)
class Vectors:
    """The embeddings of a shelf's texts: [N, d] of pieces, [P, d] of whole profiles and of titles.

    As the matrices take them, the pieces rounded and the others in Fortran order: what is held here is held once.
    """

    pieces: Rounded
    wholes: Floats
    titles: Floats

    @classmethod
    def of(cls, vectors: Floats, parts: int, wholes: int) -> Vectors:
        """From the vectors of a shelf's texts, one kind after the other."""
        pieces, *others = np.split(vectors, [parts, parts + wholes])
        return cls(Rounded.of(pieces), *map(columns_first, others))

    def spliced(self, splice: Splice, fresh: Vectors) -> Vectors:
        """These with what was read again in their place."""
        return Vectors(
            Rounded(
                splice.pieces(self.pieces.numbers, fresh.pieces.numbers),
                splice.pieces(self.pieces.steps, fresh.pieces.steps),
            ),
            splice.partners(self.wholes, fresh.wholes),
            splice.partners(self.titles, fresh.titles),
        )


@dataclass(frozen=True)
class Held:
    """A region as of one revision, under one model."""

    revision: int
    model: str
    reader: Reader
    codes: dict[str, Codes]
    shelf: Shelf
    vectors: Vectors
    matrices: Matrices

    @cached_property
    def size(self) -> int:
        """Bytes of memory, near enough: arrays and texts, not the small change around them."""
        return _bytes((self.shelf, self.vectors, self.matrices), set())


class Index:
    """The matrices of the regions that were asked for.

    Parameters
    ----------
    encoder
        The model of the settings. A region whose vectors are still of another one is ranked by that one.
    memory_mb
        What all regions together may take; the one asked for is always kept. None: no bound.
    most_new
        Texts that may be embedded while somebody waits; ``matrices`` raises MuchToEmbed beyond. None: no bound.
    """

    def __init__(self, encoder: Encoder, *, memory_mb: int | None = None, most_new: int | None = None) -> None:
        self.encoder = encoder
        self.memory_mb = memory_mb
        self.most_new = most_new
        self._held: OrderedDict[int, Held] = OrderedDict()
        self._former: dict[str, Encoder] = {}
        self._gone: set[str] = set()

    def matrices(self, session: Session, region: Region) -> Matrices:
        """The region's matrices as of its present revision. New texts are embedded and stored; the caller commits."""
        # Read before the rows: what changes in between raises the revision and is read again next time.
        revision, encoder = region.revision, self._encoder_of(region)
        held = self._held.get(region.id)
        if held is None or (held.revision, held.model) != (revision, encoder.name):
            first = held is None
            held = self._brought_up_to(session, region.id, held, revision, encoder)
            self._held[region.id] = held
            if first:
                _set_aside_from_collection()
        if region.embedding_model != encoder.name:
            region.embedding_model, region.embedding_source = encoder.name, encoder.source
        self._make_room(region.id)
        return held.matrices

    def request_vector(self, session: Session, request: LearningRequest) -> Floats:
        """The embedding [d] of a request, under the model of its region's matrices; stored, so it is made once."""
        held = self._held.get(request.region_id)
        if held is None:
            encoder = self._encoder_of(session.get_one(Region, request.region_id))
        else:
            encoder = self._former.get(held.model, self.encoder)
        return vectors.of(session, request.region_id, encoder, request_texts(request)[:1])[0]

    def _encoder_of(self, region: Region) -> Encoder:
        """The model by which a region is ranked now: the one its vectors are complete under."""
        name = region.embedding_model
        if name is None or name == self.encoder.name or name in self._gone:
            return self.encoder
        if name not in self._former:
            former = _former_encoder(name, region.embedding_source)
            if former is None:
                self._gone.add(name)
                log.warning("former_model_gone", region=region.slug, model=name, instead=self.encoder.name)
                return self.encoder
            self._former[name] = former
        return self._former[name]

    def _brought_up_to(
        self, session: Session, region_id: int, held: Held | None, revision: int, encoder: Encoder
    ) -> Held:
        """What is held with its changes, or all of it anew where nothing is held or the numbers do not add up."""
        if held is not None and held.revision <= revision:
            new = self._spliced(session, region_id, held, revision, encoder)
            if len(new.shelf.partner_ids) == _reviewed(session, region_id):
                return new
            # Somebody went, or came, without a revision of their own.
        reader = Reader()
        columns, codes = shelf.read(session, region_id, reader, shelf.known_codes())
        made = self._vectors(session, region_id, columns, encoder, all_of_region=True)
        return _held(revision, encoder.name, reader, codes, columns, made)

    def _spliced(self, session: Session, region_id: int, held: Held, revision: int, encoder: Encoder) -> Held:
        changed = session.scalars(
            select(Partner.id).where(Partner.region_id == region_id, Partner.revision > held.revision)
        ).all()
        fresh, codes = shelf.read(session, region_id, held.reader, held.codes, changed)
        splice = Splice.of(held.shelf, fresh, changed)
        columns = held.shelf.spliced(splice, fresh)
        if held.model == encoder.name:
            made = held.vectors.spliced(splice, self._vectors(session, region_id, fresh, encoder))
            vectors.forget(session, region_id, encoder.name, splice.owners(held.shelf, fresh), chain(*fresh.texts()))
        else:
            made = self._vectors(session, region_id, columns, encoder, all_of_region=True)
        return _held(revision, encoder.name, held.reader, codes, columns, made)

    def _vectors(
        self, session: Session, region_id: int, columns: Shelf, encoder: Encoder, *, all_of_region: bool = False
    ) -> Vectors:
        texts = columns.texts()
        found = vectors.of(
            session, region_id, encoder, [*chain(*texts)], all_of_region=all_of_region, most=self.most_new
        )
        return Vectors.of(found, len(texts[0]), len(texts[1]))

    def _make_room(self, region_id: int) -> None:
        """Drop the regions asked for longest ago, and models that none of the others is ranked by."""
        self._held.move_to_end(region_id)
        if self.memory_mb is not None:
            while len(self._held) > 1 and sum(held.size for held in self._held.values()) > self.memory_mb * _MB:
                dropped, _ = self._held.popitem(last=False)
                log.info("region_dropped", region_id=dropped)
        used = {held.model for held in self._held.values()}
        self._former = {name: encoder for name, encoder in self._former.items() if name in used}


def _set_aside_from_collection() -> None:
    """What a region's reading left in memory stays for long: the collector need not walk it with every proposal."""
    gc.collect()
    gc.freeze()


def _former_encoder(name: str, source: str) -> Encoder | None:
    """The model that a region's vectors are of; None when it is no longer where it was, or no longer the same."""
    try:
        encoder = Encoder(source or None)
        if encoder.name != name:
            return None
        encoder.encode(["warm"])
    except ModelNotFound:
        return None
    return encoder


def _reviewed(session: Session, region_id: int) -> int:
    query = select(func.count()).where(Partner.region_id == region_id, Partner.reviewed_at.is_not(None))
    return session.scalar(query) or 0


def _held(revision: int, model: str, reader: Reader, codes: dict[str, Codes], columns: Shelf, made: Vectors) -> Held:
    matrices = Matrices(
        model=model,
        partner_ids=columns.partner_ids,
        fund_ids=columns.fund_ids,
        corpus=build_corpus(reader, columns.readings, made.pieces, made.wholes, made.titles),
        facts=Facts(
            subjects=columns.subjects,
            grades=columns.grades,
            formats=columns.formats,
            languages=columns.languages,
            weekdays=columns.weekdays,
            radius_miles=columns.radius_miles,
        ),
        joined=columns.joined,
        credentialed=columns.credentialed,
        practice=columns.practice,
        codes=codes,
    )
    return Held(revision, model, reader, codes, columns, made, matrices)


def _bytes(thing: Any, seen: set[int]) -> int:
    """Bytes that a tree of dataclasses, containers, arrays and texts takes; what is shared counts once.

    Of a long container only some entries are looked at, for the rest is like them: this must not take as long as the
    refresh it follows.
    """
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return sys.getsizeof(thing) if thing.base is None else int(thing.nbytes)
    if isinstance(thing, str):
        return sys.getsizeof(thing)
    if is_dataclass(thing):
        return sum(_bytes(getattr(thing, field.name), seen) for field in fields(thing))
    if isinstance(thing, Mapping | list | tuple):
        some = list(
            islice(thing.items() if isinstance(thing, Mapping) else thing, 0, None, len(thing) // _LOOKED_AT + 1)
        )
        looked = sum(_bytes(part, seen) for part in some)
        return sys.getsizeof(thing) + looked * len(thing) // max(1, len(some))
    # A sparse matrix, or what scikit-learn has learnt.
    return _bytes(vars(thing), seen) if hasattr(thing, "__dict__") else 0
