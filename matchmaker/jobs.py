"""What the workers do when they are nudged: take due items off the outbox, one transaction each, until none is left."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import datetime
from os import getpid
from socket import gethostname
from threading import Event

import structlog
from flask import Flask, current_app
from sqlalchemy.orm import Session

from matchmaker import outbound, outbox, queue
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
    webhooks,
)
from matchmaker.services.heartbeats import CLOCK, Heart
from matchmaker.services.sheets import applying
from models import LearningRequest, OutboxItem, QueueName, Region

log = structlog.get_logger()

LANES = {QueueName.MAIL: 2, QueueName.WEBHOOKS: 4}
"""So many items of a queue are in hand at a time. Of the calls to other programs as many may wait for slow ones."""
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
        with Lanes(queue_name) as lanes:
            for done in range(BATCH):
                heart().beat(session, alive or (name,), utc_now())
                if stopping() or not (do_next(session, queue_name, lanes.open) or lanes.wait()):
                    return done
        queue.nudge(queue_name)
        return BATCH
    finally:
        session.close()


class Lanes:
    """The other lanes of a drain, in threads and with sessions of their own. While the server takes one mail, the next
    is written; while one program is slow to answer, others are called. They have ended when the block has, and what
    went wrong there is raised then."""

    def __init__(self, name: QueueName) -> None:
        self.name, self.over, self.count = name, Event(), LANES.get(name, 1) - 1
        self.opened: list[Future[None]] = []

    def __enter__(self) -> Lanes:
        self.threads = ThreadPoolExecutor(max(self.count, 1), "second-lane")
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.threads.shutdown()
        for ended in self.opened:
            ended.result()

    def open(self) -> None:
        """Have as many go as may: those that found nothing to do have ended."""
        for _ in range(self.count - len(self._going())):
            app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
            self.opened.append(self.threads.submit(self._go_on, app))

    def wait(self) -> bool:
        """Whether a call to another program is in hand, behind which others may wait: until it is over, or a second
        later, when there may be new ones. No mail waits for another."""
        going = self._going() if self.name is QueueName.WEBHOOKS else []
        wait(going, timeout=1.0, return_when=FIRST_COMPLETED)
        return bool(going)

    def _going(self) -> list[Future[None]]:
        return [each for each in self.opened if not each.done()]

    def _go_on(self, app: Flask) -> None:
        with app.app_context():
            while not self.over.is_set() and not stopping() and do_next(db.session, self.name):
                pass


def do_next(session: Session, name: QueueName, claimed: Callable[[], None] = lambda: None) -> bool:
    """Claim one due item, do it and commit; False when nothing was due. A failure is noted on the item."""
    item = _claim(session, name)
    if item is None:
        session.rollback()
        return False
    claimed()
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
        _note_failure(session, name, item_id, error)
        outbox.commit(session, draining=name)
    return True


def _claim(session: Session, name: QueueName) -> OutboxItem | None:
    """The next item, locked; of the calls, together with their address."""
    if name is QueueName.WEBHOOKS:
        return webhooks.claim(session, utc_now())
    return outbox.claim(session, name, utc_now())


def _note_failure(session: Session, name: QueueName, item_id: int, error: Exception) -> None:
    if name is QueueName.WEBHOOKS:
        webhooks.failed(session, item_id, getattr(error, "why", "broken"), utc_now())
        return
    outbox.record_failure(session, item_id, error, utc_now(), final=isinstance(error, PermanentFailure))
    if isinstance(error, PermanentFailure) and not isinstance(error, UnknownKind):
        bounces.put_aside(session, session.get_one(OutboxItem, item_id), utc_now())


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
    # Its words are read under the lock: what is changed after this is ranked by itself.
    session.refresh(request, with_for_update=True)
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


def _call(session: Session, item: OutboxItem, until_stored: ExitStack) -> datetime | None:
    settings, webhook = current_app.config["SETTINGS"], webhooks.addressee(session, item)
    body, headers = webhooks.message(settings.secret_key, webhook, item, utc_now())
    status = outbound.post(webhook.url, body, headers, anywhere=settings.environment != "production")
    if not 200 <= status < 300:
        raise outbound.Unanswered(str(status))
    webhooks.answered(session, webhook, status, utc_now())
    return None


# When an item is to be gone on with; None when it is done. What they enter is left once that is stored.
HANDLERS: dict[QueueName, Callable[[Session, OutboxItem, ExitStack], datetime | None]] = {
    QueueName.RANKING: _rank,
    QueueName.PLANNING: _plan,
    QueueName.MAIL: _mail,
    QueueName.WEBHOOKS: _call,
}
