"""Who of the staff looks after a request. Tasks about it go to that person, while they are still there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import NotFound
from matchmaker.policies import Actor
from matchmaker.queries import tasks as reading
from matchmaker.services.tasks import NobodyToAsk
from models import LearningRequest, RequestState


def assign(session: Session, actor: Actor, request_id: int, account_id: int | None, clock: Clock) -> LearningRequest:
    """Give a request to somebody of the region's staff, oneself perhaps, or to nobody. The same again changes nothing.

    Raises NobodyToAsk for anybody else, NotFound for a draft.
    """
    now = clock()
    request = session.get_one(LearningRequest, request_id, with_for_update=True, populate_existing=True)
    if request.state is RequestState.DRAFT:
        raise NotFound
    if account_id is not None and account_id not in {
        each.id for each in reading.staff(session, request.region_id, now)
    }:
        raise NobodyToAsk
    if request.assigned_to_id != account_id:
        request.assigned_to_id = account_id
        audit.record(session, actor, audit.Tag.REQUEST_ASSIGNED, request, at=now, account=account_id)
        session.flush()
        session.expire(request, ["assigned_to"])
    return request
