"""The vectors of texts: read in one stream where they are stored, made by the model where no equal text has one.

A vector depends on the model and on the text alone, so it is looked up by the text's hash; that a text is somebody's
is kept beside it, so that it can be removed with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, Integer, String, bindparam, delete, select, text
from sqlalchemy.orm import Session

from models import Embedding, OwnerKind

if TYPE_CHECKING:
    from matchmaker.embedding import Encoder

Floats = NDArray[np.float32]

WRITE_ROWS = 1_000
"""Vectors written by one statement."""
_BLOCK_ROWS = 4_096
_KINDS = [kind.value for kind in OwnerKind]
_COPY = """
COPY (
    SELECT id, array_position(%(kinds)s::text[], owner_kind::text), owner_id, piece, decode(text_hash, 'hex'), vector
    FROM embedding
    WHERE region_id = %(region)s AND model = %(model)s AND vector_dims(vector) = %(dimension)s AND {which}
) TO STDOUT (FORMAT binary)
"""
_FEW = text("""
    SELECT id, array_position(CAST(:kinds AS text[]), owner_kind::text), owner_id, piece, decode(text_hash, 'hex'),
        vector_send(vector) AS vector
    FROM embedding
    WHERE region_id = :region AND model = :model AND vector_dims(vector) = :dimension AND text_hash = ANY(:hashes)
""").bindparams(bindparam("kinds", type_=ARRAY(String)), bindparam("hashes", type_=ARRAY(String)))
FEW = 8
"""Up to so many texts are looked up by a statement that PostgreSQL has planned before, which a stream never is."""
_HEADER = 19
"""Bytes before the first row of a binary COPY: a signature of 11, flags and the length of an extension."""
_INSERT = text("""
    INSERT INTO embedding (region_id, model, owner_kind, owner_id, piece, text_hash, vector)
    SELECT :region, :model, new.* FROM unnest(:kinds, :owners, :pieces, :hashes, CAST(:vectors AS vector[])) AS new
    ON CONFLICT (region_id, model, owner_kind, owner_id, piece)
    DO UPDATE SET text_hash = excluded.text_hash, vector = excluded.vector
""").bindparams(
    bindparam("kinds", type_=ARRAY(String)),
    bindparam("owners", type_=ARRAY(Integer)),
    bindparam("pieces", type_=ARRAY(Integer)),
    bindparam("hashes", type_=ARRAY(String)),
    bindparam("vectors", type_=ARRAY(String)),
)


class MuchToEmbed(Exception):
    """More texts have no vector yet than may be embedded while somebody waits."""


@dataclass(frozen=True, slots=True)
class Text:
    """One piece of an owner's text, as it is embedded."""

    kind: OwnerKind
    owner_id: int
    piece: int
    words: str

    @property
    def key(self) -> tuple[OwnerKind, int, int]:
        return (self.kind, self.owner_id, self.piece)

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.words.encode()).digest()


@dataclass
class Found:
    """What is stored of n texts.

    Attributes
    ----------
    vectors
        [n, d]; the rows of texts that are not known are meaningless.
    first
        [n] place of the first text with the very same words.
    known
        [n] whether any owner has a vector of these words; said at the first of equal texts only.
    stored
        [n] whether this owner has it.
    stale
        Ids of rows that were read and belong to none of the texts.
    """

    vectors: Floats
    hashes: list[bytes]
    first: NDArray[np.int64]
    known: NDArray[np.bool_]
    stored: NDArray[np.bool_]
    stale: list[int]

    @property
    def missing(self) -> NDArray[np.int64]:
        """Places of the texts that must be embedded, each text once."""
        return np.flatnonzero((self.first == np.arange(len(self.first))) & ~self.known)


def of(
    session: Session,
    region_id: int,
    encoder: Encoder,
    texts: Sequence[Text],
    *,
    all_of_region: bool = False,
    most: int | None = None,
) -> Floats:
    """Vectors [n, d] of the texts in their order. New ones are written; the caller commits.

    Parameters
    ----------
    all_of_region
        The texts are all that partners of the region have: what else is stored of partners is read and removed.
    most
        Raises MuchToEmbed instead of embedding more texts than this.
    """
    found = look_up(session, region_id, encoder, texts, all_of_region=all_of_region)
    missing = found.missing
    if most is not None and len(missing) > most:
        raise MuchToEmbed(f"{len(missing)} texts of region {region_id} have no vector under {encoder.name}")
    if len(missing):
        found.vectors[missing] = encoder.encode([texts[at].words for at in missing])
    copies = np.flatnonzero(found.first != np.arange(len(texts)))
    found.vectors[copies] = found.vectors[found.first[copies]]
    _write(session, region_id, encoder.name, texts, found)
    if found.stale:
        session.execute(delete(Embedding).where(Embedding.id.in_(found.stale)))
    return found.vectors


def look_up(
    session: Session, region_id: int, encoder: Encoder, texts: Sequence[Text], *, all_of_region: bool = False
) -> Found:
    """What is stored of the texts under the encoder's model, by their hashes."""
    hashes = [text.hash for text in texts]
    places: dict[bytes, int] = {}
    first = np.array([places.setdefault(digest, at) for at, digest in enumerate(hashes)], dtype=np.int64)
    keys = {(text.kind.value, text.owner_id, text.piece): at for at, text in enumerate(texts)}
    empty = np.zeros(len(texts), dtype=bool)
    found = Found(np.zeros((len(texts), encoder.dimension), dtype=np.float32), hashes, first, empty, empty.copy(), [])
    for rows, vectors in _stored(session, region_id, encoder, None if all_of_region else list(places)):
        wanted, source = [], []
        for row, (row_id, kind, owner_id, piece, digest) in enumerate(rows):
            at = keys.get((_KINDS[kind - 1], owner_id, piece))
            if at is None and all_of_region:
                found.stale.append(row_id)
            elif at is not None and hashes[at] == digest:
                found.stored[at] = True
            if (place := places.get(digest)) is not None:
                wanted.append(place)
                source.append(row)
        found.vectors[wanted] = vectors[source]
        found.known[wanted] = True
    return found


def forget(
    session: Session, region_id: int, model: str, owners: Collection[tuple[OwnerKind, int]], kept: Iterable[Text]
) -> None:
    """Remove what is stored of these owners, but for the kept texts."""
    wanted = {text.key for text in kept}
    stale: list[int] = []
    for kind in OwnerKind:
        rows = session.execute(
            select(Embedding.id, Embedding.owner_kind, Embedding.owner_id, Embedding.piece).where(
                Embedding.region_id == region_id,
                Embedding.model == model,
                Embedding.owner_kind == kind,
                Embedding.owner_id.in_([owner_id for other, owner_id in owners if other is kind]),
            )
        )
        stale += [row.id for row in rows if (row.owner_kind, row.owner_id, row.piece) not in wanted]
    if stale:
        session.execute(delete(Embedding).where(Embedding.id.in_(stale)))


def _stored(
    session: Session, region_id: int, encoder: Encoder, hashes: Collection[bytes] | None
) -> Iterator[tuple[list[tuple[int, int, int, int, bytes]], Floats]]:
    """Stored rows (id, kind, owner, piece, hash) and their vectors, block by block.

    All rows have the same width, so that numpy reads PostgreSQL's binary format as it comes.
    """
    if hashes is not None and not hashes:
        return
    which = "owner_kind <> 'request'" if hashes is None else "text_hash = ANY(%(hashes)s)"
    asked: dict[str, Any] = {
        "kinds": _KINDS,
        "region": region_id,
        "model": encoder.name,
        "dimension": encoder.dimension,
        "hashes": [digest.hex() for digest in hashes or ()],
    }
    if hashes is not None and len(hashes) <= FEW:
        rows = session.execute(_FEW, asked).all()
        if rows:
            yield [tuple(row[:5]) for row in rows], np.stack([_sent(row.vector) for row in rows])
        return
    row = _row(encoder.dimension)
    session.flush()
    connection: Any = session.connection().connection
    with connection.cursor() as cursor, cursor.copy(_COPY.format(which=which), asked) as copy:
        for block in _blocks(copy, row.itemsize * _BLOCK_ROWS, row.itemsize):
            read = np.frombuffer(block, dtype=row)
            named = (read[name].tolist() for name in ("id", "kind", "owner_id", "piece", "hash"))
            yield list(zip(*named, strict=True)), read["vector"].astype(np.float32)


def _sent(vector: bytes) -> Floats:
    """A vector as pgvector sends it: after two short numbers."""
    return np.frombuffer(vector, dtype=">f4", offset=4).astype(np.float32)


def _row(dimension: int) -> np.dtype[Any]:
    """One row of the COPY: the number of fields, then each field after its length; pgvector sends two numbers first."""
    width = np.dtype(">i4")
    return np.dtype(
        [
            ("fields", ">i2"),
            *(("w_id", width), ("id", ">i4"), ("w_kind", width), ("kind", ">i4")),
            *(("w_owner", width), ("owner_id", ">i4"), ("w_piece", width), ("piece", ">i4")),
            *(("w_hash", width), ("hash", "V32"), ("w_vector", width), ("head", ">i4")),
            ("vector", ">f4", (dimension,)),
        ]
    )


def _blocks(copy: Any, size: int, width: int) -> Iterator[bytes]:
    """The stream without its header and its end, in blocks of whole rows."""
    waiting = bytearray()
    skip = _HEADER
    for part in copy:
        waiting += part
        if skip and len(waiting) >= skip:
            del waiting[:skip]
            skip = 0
        if not skip and len(waiting) >= size:
            whole = len(waiting) // width * width
            yield bytes(waiting[:whole])
            del waiting[:whole]
    # What is left over is the end mark.
    if whole := len(waiting) // width * width:
        yield bytes(waiting[:whole])


def _write(session: Session, region_id: int, model: str, texts: Sequence[Text], found: Found) -> None:
    new = np.flatnonzero(~found.stored).tolist()
    # Nine digits are a float32, no more and no less.
    written = f"[{','.join(['%.9g'] * found.vectors.shape[1])}]"
    for start in range(0, len(new), WRITE_ROWS):
        places = new[start : start + WRITE_ROWS]
        session.execute(
            _INSERT,
            {
                "region": region_id,
                "model": model,
                "kinds": [texts[at].kind.value for at in places],
                "owners": [texts[at].owner_id for at in places],
                "pieces": [texts[at].piece for at in places],
                "hashes": [found.hashes[at].hex() for at in places],
                "vectors": [written % tuple(found.vectors[at].tolist()) for at in places],
            },
        )
