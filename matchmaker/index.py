"""A region's matrices in the ranker's memory, loaded once and again whenever the region's revision has moved.

PostgreSQL is the truth: every vector is stored there under its model and the hash of its text, and no text is embedded
twice.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from matching.features import Corpus, Profile, build_corpus, pieces
from matching.matrices import Codes, Facts, Matrices, bits
from models import Embedding, Fund, KnowledgeKind, LearningRequest, OwnerKind, Partner, Region

if TYPE_CHECKING:
    from matchmaker.embedding import Encoder

Floats = NDArray[np.float32]
WRITE_ROWS = 500


@dataclass(frozen=True)
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
    def hash(self) -> str:
        return hashlib.sha256(self.words.encode()).hexdigest()


def fund_text(fund: Fund) -> str:
    """What the ranker reads of a fund. A title that only repeats the text's beginning is not read twice."""
    title = "" if fund.title in fund.text else fund.title
    return "\n".join(part for part in (title, fund.text, fund.story) if part)


def request_text(request: LearningRequest) -> str:
    """What the ranker reads of a request."""
    return f"{request.title}\n{request.text}" if request.title not in request.text else request.text


class Index:
    """The matrices of every region asked for so far."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._held: dict[int, tuple[tuple[int, str], Matrices]] = {}

    def matrices(self, session: Session, region: Region) -> Matrices:
        """The region's matrices as of its present revision. New texts are embedded and stored; the caller commits."""
        # Read before the rows: what changes in between raises the revision and is loaded next time.
        stamp = (region.revision, self.encoder.name)
        held = self._held.get(region.id)
        if held is None or held[0] != stamp:
            held = (stamp, self._load(session, region))
            self._held[region.id] = held
        return held[1]

    def request_vector(self, session: Session, request: LearningRequest) -> Floats:
        """The embedding [d] of a request; stored, so that ranking it again embeds nothing."""
        text = Text(OwnerKind.REQUEST, request.id, 0, request_text(request))
        return self._vectors(session, request.region_id, [text])[0]

    def _load(self, session: Session, region: Region) -> Matrices:
        partners = list(
            session.scalars(
                select(Partner)
                .where(Partner.region_id == region.id, Partner.reviewed_at.is_not(None))
                .order_by(Partner.id)
            )
        )
        funds = _funds_by_partner(session, region.id)
        profiles = [Profile(p.about, tuple(fund_text(fund) for fund in funds[p.id])) for p in partners]
        parts, wholes = _texts(partners, profiles, funds)
        vectors = self._vectors(session, region.id, [*parts, *wholes])
        self._forget_stale(session, region.id, {text.key for text in (*parts, *wholes)})
        corpus = build_corpus(profiles, vectors[: len(parts)], vectors[len(parts) :])
        region.embedding_model = self.encoder.name
        return _matrices(self.encoder.name, partners, funds, corpus)

    def _vectors(self, session: Session, region_id: int, texts: Sequence[Text]) -> Floats:
        """Vectors [n, d] of the texts, from the table where their hash is known, else embedded and written there."""
        stored = _stored(session, region_id, self.encoder.name, texts)
        missing = [text for text in texts if stored.get(text.key, ("", None))[0] != text.hash]
        fresh = self.encoder.encode([text.words for text in missing])
        _write(session, region_id, self.encoder.name, missing, fresh)
        found = {key: vector for key, (_, vector) in stored.items()}
        found |= {text.key: vector for text, vector in zip(missing, fresh, strict=True)}
        if not texts:
            return np.zeros((0, self.encoder.dimension), dtype=np.float32)
        return np.stack([np.asarray(found[text.key], dtype=np.float32) for text in texts])

    def _forget_stale(self, session: Session, region_id: int, wanted: set[tuple[OwnerKind, int, int]]) -> None:
        """Remove vectors of this model whose fund, or piece of a fund, is gone."""
        mine = (
            Embedding.region_id == region_id,
            Embedding.model == self.encoder.name,
            Embedding.owner_kind.in_((OwnerKind.FUND, OwnerKind.PARTNER)),
        )
        rows = session.execute(
            select(Embedding.id, Embedding.owner_kind, Embedding.owner_id, Embedding.piece).where(*mine)
        )
        stale = [row.id for row in rows if (row.owner_kind, row.owner_id, row.piece) not in wanted]
        if stale:
            session.execute(delete(Embedding).where(Embedding.id.in_(stale)))


def _funds_by_partner(session: Session, region_id: int) -> dict[int, list[Fund]]:
    funds: dict[int, list[Fund]] = defaultdict(list)
    for fund in session.scalars(select(Fund).where(Fund.region_id == region_id).order_by(Fund.position, Fund.id)):
        funds[fund.partner_id].append(fund)
    return funds


def _texts(
    partners: Sequence[Partner], profiles: Sequence[Profile], funds: dict[int, list[Fund]]
) -> tuple[list[Text], list[Text]]:
    parts = [
        Text(OwnerKind.FUND, fund.id, number, piece)
        for partner, profile in zip(partners, profiles, strict=True)
        for fund, words in zip(funds[partner.id], profile.funds, strict=True)
        for number, piece in enumerate(pieces(words), start=1)
    ]
    wholes = [Text(OwnerKind.PARTNER, p.id, 0, profile.whole) for p, profile in zip(partners, profiles, strict=True)]
    return parts, wholes


def _stored(
    session: Session, region_id: int, model: str, texts: Sequence[Text]
) -> dict[tuple[OwnerKind, int, int], tuple[str, Floats]]:
    query = select(
        Embedding.owner_kind, Embedding.owner_id, Embedding.piece, Embedding.text_hash, Embedding.vector
    ).where(Embedding.region_id == region_id, Embedding.model == model)
    if len(texts) <= WRITE_ROWS:
        query = query.where(
            tuple_(Embedding.owner_kind, Embedding.owner_id, Embedding.piece).in_([text.key for text in texts])
        )
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in session.execute(query)}


def _write(session: Session, region_id: int, model: str, texts: Sequence[Text], vectors: Floats) -> None:
    rows = [
        {
            "region_id": region_id,
            "owner_kind": text.kind,
            "owner_id": text.owner_id,
            "piece": text.piece,
            "model": model,
            "text_hash": text.hash,
            "vector": vector,
        }
        for text, vector in zip(texts, vectors, strict=True)
    ]
    for start in range(0, len(rows), WRITE_ROWS):
        statement = insert(Embedding).values(rows[start : start + WRITE_ROWS])
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["region_id", "model", "owner_kind", "owner_id", "piece"],
                set_={"text_hash": statement.excluded.text_hash, "vector": statement.excluded.vector},
            )
        )


def _matrices(model: str, partners: Sequence[Partner], funds: dict[int, list[Fund]], corpus: Corpus) -> Matrices:
    subjects = [{code for fund in funds[p.id] for code in fund.subjects} for p in partners]
    grades = [{grade for fund in funds[p.id] for grade in fund.grades} for p in partners]
    kinds = [{fund.kind for fund in funds[p.id]} for p in partners]
    codes = {
        "subjects": Codes.of(code for said in subjects for code in said),
        "formats": Codes.of(code for p in partners for code in p.formats),
        "languages": Codes.of(code for p in partners for code in p.languages),
    }
    facts = Facts(
        subjects=_masks(codes["subjects"].mask(said) for said in subjects),
        grades=_masks(bits(said) for said in grades),
        formats=_masks(codes["formats"].mask(p.formats) for p in partners),
        languages=_masks(codes["languages"].mask(p.languages) for p in partners),
        weekdays=_masks(bits(p.weekdays) for p in partners),
        radius_miles=np.array([p.radius_miles or np.nan for p in partners], dtype=np.float64),
    )
    return Matrices(
        model=model,
        partner_ids=_masks(p.id for p in partners),
        fund_ids=_masks(fund.id for p in partners for fund in funds[p.id]),
        corpus=corpus,
        facts=facts,
        joined=_masks(p.joined_on.toordinal() for p in partners),
        credentialed=np.array([KnowledgeKind.CREDENTIALED in said for said in kinds], dtype=bool),
        practice=np.array([KnowledgeKind.PRACTICE in said for said in kinds], dtype=bool),
        codes=codes,
    )


def _masks(numbers: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(numbers, dtype=np.int64)
