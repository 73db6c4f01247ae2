"""What the workers do when they are nudged: take due items off the outbox, one transaction each, until none is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from os import getpid
from socket import gethostname
from threading import Event

import structlog
from flask import Flask, current_app
from sqlalchemy.orm import Session

from matchmaker import outbox, queue
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.mail.deliver import NotYet, PermanentFailure, UnknownKind, deliver
from matchmaker.mail.transport import Transport
from matchmaker.services import (
    afterwards,
    api_replies,
    bounces,
    clearances,
    deadlines,
    overdue,
    partners,
    planning,
    renewing,
    sent,
    visits,
)
from matchmaker.services.heartbeats import CLOCK, Heart
from matchmaker.services.sheets import applying
from models import LearningRequest, OutboxItem, QueueName, Region

log = structlog.get_logger()

BATCH = 500
"""Items in one job; then the worker is nudged again, so that RQ hears from it now and then."""


def heart() -> Heart:
    """This process's signs of life."""
    beating: Heart = current_app.extensions.setdefault("heart", Heart(f"{gethostname()}:{getpid()}"))
    return beating


def stopping() -> bool:
    """Whether this worker was asked to stop: what is left in the outbox is done after the next start."""
    return bool(current_app.extensions.get("stopping"))


def tick(name: str) -> int:
    """What the clock has RQ do at each beat: the same, and proof that the clock goes."""
    return drain(name, alive=(name, CLOCK))


def drain(name: str, alive: tuple[str, ...] = ()) -> int:
    """Do what is due in a queue's outbox. Called in vain, it costs one query, and a sign of life now and then."""
    session, queue_name = db.session, QueueName(name)
    try:
        if queue_name is QueueName.PLANNING:
            planning.call_nights(session, utc_now())
            session.commit()
        with second_lane(queue_name) as open_second:
            for done in range(BATCH):
                heart().beat(session, alive or (name,), utc_now())
                if stopping() or not do_next(session, queue_name):
                    return done
                open_second()
        queue.nudge(queue_name)
        return BATCH
    finally:
        session.close()


@contextmanager
def second_lane(name: QueueName) -> Iterator[Callable[[], None]]:
    """What opens, once there is something to do, a second lane for a drain of the mails, in a thread and with a session
    of its own: while the server takes one mail, the next is written. It has ended when the block has, and what went
    wrong there is raised here."""
    over, lane = Event(), list[Future[None]]()
    with ThreadPoolExecutor(1, "second-lane") as threads:

        def begin() -> None:
            if name is QueueName.MAIL and not lane:
                lane.append(threads.submit(_go_on, current_app._get_current_object(), name, over))  # type: ignore[attr-defined]

        try:
            yield begin
        finally:
            over.set()
    for ended in lane:
        ended.result()


def _go_on(app: Flask, name: QueueName, over: Event) -> None:
    """Do what is due until nothing is, or the first lane has ended."""
    with app.app_context():
        while not over.is_set() and not stopping() and do_next(db.session, name):
            pass


def do_next(session: Session, name: QueueName) -> bool:
    """Claim one due item, do it and commit; False when nothing was due. A failure is noted on the item."""
    item = outbox.claim(session, name, utc_now())
    if item is None:
        session.rollback()
        return False
    item_id, kind = item.id, item.kind
    try:
        with ExitStack() as until_stored:
            again_at = HANDLERS[name](session, item, until_stored)
            if again_at is None:
                item.done_at = item.done_at or utc_now()
            else:
                item.due_at, item.attempts = again_at, 0
            outbox.commit(session, draining=name)
    except Exception as error:
        session.rollback()
        log.warning("outbox_failed", item=item_id, kind=kind, error=type(error).__name__)
        outbox.record_failure(session, item_id, error, utc_now(), final=isinstance(error, PermanentFailure))
        if isinstance(error, PermanentFailure) and not isinstance(error, UnknownKind):
            bounces.put_aside(session, session.get_one(OutboxItem, item_id), utc_now())
        outbox.commit(session, draining=name)
    return True


def _rank(session: Session, item: OutboxItem, until_stored: ExitStack) -> datetime | None:
    if item.kind == "reembed":
        return _reembed(session, item)
    if item.kind == "renew":
        return _renew(session, item)
    return _propose(session, item.payload["request_id"])


def _renew(session: Session, item: OutboxItem) -> datetime | None:
    request_id = renewing.step(session, item)
    # Due again now: behind everything else that is.
    return None if request_id is None else _propose(session, request_id) or utc_now()


def _propose(session: Session, request_id: int) -> datetime | None:
    # Here, so that the mailer, the planner and the clock do without scikit-learn.
    from matchmaker import reembedding
    from matchmaker.index import request_text
    from matchmaker.services import proposing
    from matchmaker.vectors import MuchToEmbed

    request = session.get_one(LearningRequest, request_id)
    # Held here, so that the session, which forgets whom nobody holds, reads it once.
    region = session.get_one(Region, request.region_id)
    index = current_app.extensions["index"]
    try:
        matrices = index.matrices(session, region)
    except MuchToEmbed as much:
        log.info("region_to_embed_first", region_id=request.region_id, why=str(much))
        return reembedding.wait_for(session, request.region_id, index.encoder.name, utc_now())
    proposing.propose(
        session,
        request.id,
        matrices=matrices,
        request_vector=index.request_vector(session, request),
        request_text=request_text(request),
        clock=utc_now,
        recall=current_app.extensions.get("recall"),
    )
    return None


def _reembed(session: Session, item: OutboxItem) -> datetime | None:
    from matchmaker import reembedding

    encoder = current_app.extensions["index"].encoder
    if item.payload["model"] != encoder.name:
        log.warning("reembed_for_another_model", region_id=item.region_id, model=item.payload["model"])
        return utc_now() + reembedding.LONGEST_WAIT
    return utc_now() if reembedding.step(session, item, encoder, utc_now()) else None


def _plan(session: Session, item: OutboxItem, until_stored: ExitStack) -> datetime | None:
    if item.kind == planning.NIGHT:
        assert item.region_id is not None
        if (later := planning.wait_for_rankings(session, item, utc_now())) is not None:
            return later
        planning.begin_night(session, item.region_id, utc_now)
        return None
    # Here, so that no other process loads the compiled auction.
    from matchmaker.services import plan_runs

    lease = plan_runs.Lease(
        item.payload["plan_id"],
        holder=f"{gethostname()}:{getpid()}",
        side=db.sessionmaker,
        clock=utc_now,
        go_on=lambda: not stopping(),
    )
    return None if plan_runs.run(session, lease) else utc_now()


FOLLOW_UPS: dict[str, Callable[[Session, OutboxItem, datetime], datetime | None]] = {
    partners.RESUME: partners.pause_ends,
    applying.EXPIRES: applying.expire,
    api_replies.EXPIRE: api_replies.expire,
    deadlines.UNANSWERED: overdue.unanswered,
    deadlines.TIMES: overdue.times_unanswered,
    deadlines.NO_DATE: overdue.no_date,
    deadlines.SILENCE: overdue.silence,
    visits.REMINDER: visits.remind,
    clearances.WATCH: clearances.look,
    clearances.REVIEW: clearances.review,
    clearances.PLAN: clearances.ask_for_plan,
    afterwards.VISIT_OVER: afterwards.visit_over,
}
"""What is done for each kind of follow-up. It returns when to look again, or None when that was all."""

AFTER_SENDING: dict[str, Callable[[Session, OutboxItem, datetime], None]] = {
    "invitation": sent.invited,
    "introduction_teacher": sent.introduced,
    "introduction_partner": sent.introduced,
}
"""What the leaving of a letter changes."""


def _mail(session: Session, item: OutboxItem, until_stored: ExitStack) -> datetime | None:
    if item.kind in FOLLOW_UPS:
        return FOLLOW_UPS[item.kind](session, item, utc_now())
    transport: Transport = current_app.extensions["transport"]

    def leaving() -> None:
        """All that the leaving changes is written before, and only the commit comes after it. Until that has happened
        no other mail of this process is on the line: if it is killed, one mail at most leaves twice."""
        if item.kind in AFTER_SENDING:
            AFTER_SENDING[item.kind](session, item, utc_now())
        session.flush()
        until_stored.enter_context(transport.line)

    try:
        deliver(session, item, transport, current_app.config["SETTINGS"], utc_now(), leaving)
    except NotYet as wait:
        return wait.until
    return None


# When an item is to be gone on with; None when it is done. What they enter is left once that is stored.
HANDLERS: dict[QueueName, Callable[[Session, OutboxItem, ExitStack], datetime | None]] = {
    QueueName.RANKING: _rank,
    QueueName.PLANNING: _plan,
    QueueName.MAIL: _mail,
}
