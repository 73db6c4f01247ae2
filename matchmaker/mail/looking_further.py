"""Nobody is left to ask, or nobody has been found for long: the teacher learns who looks further, and until when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.mail.letter import Correspondent, Letter, from_person, letterhead, reading_language
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import LearningRequest, OutboxItem, Region, RequestState, Task

_OVER = frozenset({RequestState.WITHDRAWN, RequestState.DONE, RequestState.SCHEDULED})


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter; None when the task is done already, or nobody is looked for any more."""
    task = session.get(Task, item.payload["task_id"])
    request = session.get(LearningRequest, item.payload["request_id"])
    if task is None or task.done_at is not None or request is None or request.state in _OVER:
        return None
    region = session.get_one(Region, request.region_id)
    account = request.teacher.account
    language = reading_language(account.language, region)
    return Letter(
        template="looking_further",
        language=language,
        recipient=Correspondent(account.name, account.email),
        sender=from_person(task.owner, region),
        reply_to=Correspondent(task.owner.name, task.owner.email),
        letterhead=letterhead(region, language),
        context={
            "coordinator": task.owner.name,
            "kind": task.kind.value,
            "title": request.title,
            "title_language": request.language,
            "due_on": task.due_on,
            "page": link(settings, "requests.show", request_id=request.id),
        },
    )
