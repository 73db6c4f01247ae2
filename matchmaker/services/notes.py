"""What coordinators write down for each other, about a request or a partner.

A note is read on the desk and on the people pages by staff alone: no mail, feed or page of anybody else holds one.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Invalid, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import tasks
from matchmaker.services import student_names
from matchmaker.services.requests import PossibleStudentName
from models import LearningRequest, Note, Partner, Proposal, RequestState

LONGEST = 2000

About = LearningRequest | Partner


def write(
    session: Session, actor: Actor, about: About, text: str, clock: Clock, *, no_student_named: bool = False
) -> Note:
    """Keep a note about a request or a partner.

    Raises PossibleStudentName before anything is stored unless the writer has answered that, Invalid for no words or
    more than LONGEST characters, NotFound for a draft.
    """
    now, text = clock(), text.strip()
    if isinstance(about, LearningRequest) and about.state is RequestState.DRAFT:
        raise NotFound
    if not 1 <= len(text) <= LONGEST:
        raise Invalid(field="text", most=LONGEST)
    if not no_student_named and (names := named_in(session, about, text, clock)):
        raise PossibleStudentName(names=names)
    subject = {"request_id" if isinstance(about, LearningRequest) else "partner_id": about.id}
    note = Note(region_id=about.region_id, author_id=actor.account_id, text=text, written_at=now, **subject)
    session.add(note)
    session.flush()
    audit.record(session, actor, audit.Tag.NOTE_WRITTEN, note, at=now, **subject)
    return note


def remove(session: Session, actor: Actor, note_id: int, clock: Clock) -> Note:
    """Take a note away for good; who may is the caller's to ask. Raises NoResultFound when it is gone already."""
    note = session.get_one(Note, note_id, with_for_update=True)
    subject = {"request_id": note.request_id} if note.request_id else {"partner_id": note.partner_id}
    audit.record(session, actor, audit.Tag.NOTE_REMOVED, note, at=clock(), **subject)
    session.delete(note)
    session.flush()
    return note


def named_in(session: Session, about: About, text: str, clock: Clock) -> list[str]:
    """What may be students' names in a note. The adults it is likely to speak of are no students: the teacher, those
    put forward for the request, the partner it is about, and colleagues; unless the words call them students."""
    named = student_names.in_request(text)
    if not named:
        return []
    surely = student_names.possible(text)
    adults = {part.lower() for name in _adults(session, about, clock) for part in name.split()}
    return [name for name in named if name in surely or name.split()[0].lower() not in adults]


def _adults(session: Session, about: About, clock: Clock) -> list[str]:
    names = [colleague.name for colleague in tasks.staff(session, about.region_id, clock())]
    if isinstance(about, Partner):
        return [*names, about.name, about.contact_name or ""]
    put_forward = select(Partner.name).join(Proposal, Proposal.partner_id == Partner.id)
    theirs = put_forward.where(Proposal.request_id == about.id).distinct()
    return [*names, about.teacher.name, *session.scalars(theirs)]
