"""Embedding a region in the background: under another model while the old vectors serve, or after much was added.

One outbox item a region on the ranking queue, done a batch at a time. Each batch commits its vectors together with how
far it came, so a killed worker loses one batch, and each goes to the queue's end, so a proposal waits for one at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import structlog
from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from matching.reading import Reader
from matchmaker import shelf, vectors
from matchmaker.index import request_texts
from matchmaker.vectors import Text
from models import Embedding, LearningRequest, OutboxItem, Partner, QueueName, Region, RequestState

if TYPE_CHECKING:
    from matchmaker.embedding import Encoder

log = structlog.get_logger()

KIND = "reembed"
BATCH_TEXTS = 64
"""Texts embedded in one go, give or take the last partner's."""
READ_OWNERS = 200
"""Partners or requests looked at in one go."""
REMOVED_ROWS = 5_000
"""Old vectors removed in one go."""
LONGEST_WAIT = timedelta(minutes=1)
"""What waits for a region's vectors looks again after this; it is called sooner when they are there."""
_RANKABLE = (RequestState.POSTED, RequestState.PROPOSED, RequestState.NONE_YET, RequestState.PLACED)


@dataclass(frozen=True)
class Progress:
    """How far a region has come; kept in its outbox item.

    Attributes
    ----------
    model
        What it is being embedded under.
    since, until
        This pass looks at the partners changed after the revision ``since``; it began at the revision ``until``.
    partner_id, request_id
        The last ones done.
    complete
        Whether the model serves; then the old vectors are removed.
    """

    model: str
    since: int = -1
    until: int = -1
    partner_id: int = 0
    request_id: int = 0
    complete: bool = False


def begin(session: Session, encoder: Encoder, now: datetime) -> None:
    """Leave word for every region whose vectors are of another model, or that still keeps such vectors."""
    other = exists().where(Embedding.region_id == Region.id, Embedding.model != encoder.name)
    for region_id in session.scalars(select(Region.id).where(Region.embedding_model.is_not(None), other)):
        ask(session, region_id, encoder.name, now)


def ask(session: Session, region_id: int, model: str, now: datetime) -> None:
    """Leave word to embed a region under a model. Again changes nothing, another model takes the place of the first."""
    fresh = asdict(Progress(model))
    statement = insert(OutboxItem).values(
        queue=QueueName.RANKING, key=f"{KIND}:{region_id}", kind=KIND, region_id=region_id, due_at=now, payload=fresh
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "payload": fresh,
                "due_at": now,
                "attempts": 0,
                "last_error": None,
                "done_at": None,
                "failed_at": None,
            },
            where=or_(
                OutboxItem.done_at.is_not(None),
                OutboxItem.failed_at.is_not(None),
                OutboxItem.payload["model"].as_string() != model,
                OutboxItem.payload["complete"].as_boolean(),
            ),
        )
    )


def wait_for(session: Session, region_id: int, model: str, now: datetime) -> datetime:
    """Ask for a region's vectors and put off what else waits for them; until when, unless they are there sooner."""
    ask(session, region_id, model, now)
    until = now + LONGEST_WAIT
    _due_at(session, region_id, until, OutboxItem.due_at < until)
    return until


def come_so_far(session: Session, item: OutboxItem) -> tuple[int, int]:
    """How many partners and requests of a region's pass are done, and of how many."""
    progress = Progress(**item.payload)
    partner = (Partner.region_id == item.region_id, Partner.reviewed_at.is_not(None))
    request = (LearningRequest.region_id == item.region_id, LearningRequest.state.in_(_RANKABLE))
    counts = select(
        select(func.count()).where(*partner).scalar_subquery(),
        select(func.count()).where(*request).scalar_subquery(),
        select(func.count()).where(*partner, Partner.id <= progress.partner_id).scalar_subquery(),
        select(func.count()).where(*request, LearningRequest.id <= progress.request_id).scalar_subquery(),
    )
    partners, requests, partners_done, requests_done = session.execute(counts).one()
    whole = partners + requests
    return (whole if progress.complete else partners_done + requests_done), whole


def step(session: Session, item: OutboxItem, encoder: Encoder, now: datetime) -> bool:
    """Do one batch for the region of an item; False when nothing is left. The encoder must be of the item's model.

    The caller commits the vectors and the item's progress together.
    """
    region = session.get_one(Region, item.region_id)
    progress = Progress(**item.payload)
    if progress.complete:
        return _remove_old(session, region)
    if progress.until < 0:
        progress = replace(progress, until=region.revision)
    further = _partners(session, region.id, encoder, progress) or _requests(session, region.id, encoder, progress)
    item.payload = asdict(further or _finish(session, region.id, encoder, progress, now))
    return True


def _partners(session: Session, region_id: int, encoder: Encoder, progress: Progress) -> Progress | None:
    ids = session.scalars(
        select(Partner.id)
        .where(
            Partner.region_id == region_id,
            Partner.reviewed_at.is_not(None),
            Partner.revision > progress.since,
            Partner.id > progress.partner_id,
        )
        .order_by(Partner.id)
        .limit(READ_OWNERS)
    ).all()
    if not ids:
        return None
    columns, _ = shelf.read(session, region_id, Reader(), shelf.known_codes(), ids)
    count = _embed(session, region_id, encoder, columns.texts_of_each())
    return replace(progress, partner_id=int(columns.partner_ids[count - 1]))


def _requests(session: Session, region_id: int, encoder: Encoder, progress: Progress) -> Progress | None:
    requests = session.scalars(
        select(LearningRequest)
        .where(
            LearningRequest.region_id == region_id,
            LearningRequest.state.in_(_RANKABLE),
            LearningRequest.id > progress.request_id,
        )
        .order_by(LearningRequest.id)
        .limit(READ_OWNERS)
    ).all()
    if not requests:
        return None
    count = _embed(session, region_id, encoder, [request_texts(request) for request in requests])
    return replace(progress, request_id=requests[count - 1].id)


def _embed(session: Session, region_id: int, encoder: Encoder, owners: Sequence[Sequence[Text]]) -> int:
    """Store the vectors of the first owners' texts: of as many as make a batch of new texts. How many they are."""
    texts = [text for each in owners for text in each]
    missing = vectors.look_up(session, region_id, encoder, texts).missing
    ends = np.cumsum([len(each) for each in owners])
    count = len(owners)
    if len(missing) > BATCH_TEXTS:
        count = int(np.searchsorted(ends, missing[BATCH_TEXTS - 1], side="right")) + 1
    vectors.of(session, region_id, encoder, texts[: ends[count - 1]])
    return count


def _finish(session: Session, region_id: int, encoder: Encoder, progress: Progress, now: datetime) -> Progress:
    """Let the model serve, or go on with the partners who have changed since this pass began."""
    # Whoever changes a profile waits for this lock, so nobody slips in between the last look and the switch.
    region = session.get_one(Region, region_id, with_for_update=True, populate_existing=True)
    if region.revision > progress.until:
        return replace(progress, since=progress.until, until=region.revision, partner_id=0)
    if region.embedding_model != encoder.name:
        log.info("model_changed", region=region.slug, former=region.embedding_model, model=encoder.name)
        region.embedding_model, region.embedding_source = encoder.name, encoder.source
        region.revision += 1
    _due_at(session, region_id, now, OutboxItem.due_at > now)
    return replace(progress, complete=True)


def _due_at(session: Session, region_id: int, due_at: datetime, which: ColumnElement[bool]) -> None:
    """Move what waits for the region's vectors; what another worker has in its hands stays."""
    waiting = (
        select(OutboxItem.id)
        .where(
            OutboxItem.queue == QueueName.RANKING,
            OutboxItem.region_id == region_id,
            OutboxItem.kind != KIND,
            OutboxItem.done_at.is_(None),
            OutboxItem.failed_at.is_(None),
            which,
        )
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(waiting).all()
    session.execute(update(OutboxItem).where(OutboxItem.id.in_(ids)).values(due_at=due_at))


def _remove_old(session: Session, region: Region) -> bool:
    old = (
        select(Embedding.id)
        .where(Embedding.region_id == region.id, Embedding.model != region.embedding_model)
        .limit(REMOVED_ROWS)
    )
    removed = session.scalars(delete(Embedding).where(Embedding.id.in_(old)).returning(Embedding.id)).all()
    return len(removed) > 0
