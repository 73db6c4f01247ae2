"""What follows when somebody who was asked cannot: the next backup is asked, or a coordinator is given the request."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit, outbox
from matchmaker.policies import NOBODY
from matchmaker.queries import eligibility
from matchmaker.services import capacity, deadlines, ranker, standing, tasks
from models import (
    Backup,
    BackupState,
    Introduction,
    LearningRequest,
    Proposal,
    ProposalState,
    QueueName,
    Region,
    TaskKind,
)

LOOKING_FURTHER = "looking_further"


def go_on(session: Session, introduction: Introduction, request: LearningRequest, now: datetime) -> Introduction | None:
    """Ask the next backup of an introduction that came to nothing; where nobody is left, a coordinator gets it, and
    this gives None.

    The caller holds the locks on request and introduction, and has released the unit.
    """
    promoted = next_person(session, introduction, request, now)
    if promoted is None:
        standing.settle(session, request, now)
        hand_to_coordinator(session, introduction, request, now)
    return promoted


def next_person(
    session: Session, introduction: Introduction, request: LearningRequest, now: datetime
) -> Introduction | None:
    """The next backup who can still be asked, invited; None when nobody is left, which the caller must see to.

    Each backup is looked at again: capacity, clearance, dates and everything else that may have changed since the
    approval.
    """
    for backup in waiting(session, introduction):
        proposal = session.get_one(Proposal, backup.proposal_id)
        rule = _excluded_by(session, request, proposal, now)
        if rule is None:
            try:
                with session.begin_nested():
                    promoted = _promote(session, introduction, request, backup, proposal, now)
            except capacity.PartnerFull:
                # Somebody else took the last unit between the look and the lock.
                rule = eligibility.FULL
            else:
                standing.settle(session, request, now)
                return promoted
        backup.become(BackupState.DROPPED, at=now, reason=rule)
    return None


def waiting(session: Session, introduction: Introduction) -> list[Backup]:
    """The backups that still wait behind an introduction's first choice, in their order."""
    return list(
        session.scalars(
            select(Backup)
            .where(Backup.introduction_id == chain(introduction), Backup.state == BackupState.WAITING)
            .order_by(Backup.position)
        )
    )


def chain(introduction: Introduction) -> int:
    """The id of the first choice that an introduction goes back to; its own when it is one."""
    return introduction.first_id or introduction.id


def drop_backups(session: Session, introduction: Introduction, now: datetime, actor_id: int | None = None) -> None:
    """Nobody else is asked any more."""
    for backup in waiting(session, introduction):
        backup.become(BackupState.DROPPED, at=now, actor_id=actor_id)


def wait_again(session: Session, promoted: Introduction, now: datetime) -> None:
    """A promoted backup whose invitation has not left goes back to its place in the list."""
    backup = session.scalar(
        select(Backup).where(
            Backup.introduction_id == chain(promoted),
            Backup.proposal_id == promoted.proposal_id,
            Backup.state == BackupState.PROMOTED,
        )
    )
    if backup is not None:
        backup.become(BackupState.WAITING, at=now)


def invite(session: Session, introduction: Introduction) -> None:
    """Leave the invitation of a stored introduction for the mailer."""
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"invitation:{introduction.key}",
        kind="invitation",
        due_at=introduction.due_at,
        region_id=introduction.region_id,
        payload={"introduction_id": introduction.id},
    )


def hand_to_coordinator(session: Session, introduction: Introduction, request: LearningRequest, now: datetime) -> None:
    """Nobody is left: the list is made anew, a named coordinator gets a task, and the teacher learns name and day."""
    ranker.ask(session, request, f"nobody-left-{introduction.id}", now)
    region = session.get_one(Region, request.region_id)
    task = tasks.open_task(
        session,
        TaskKind.NOBODY_LEFT,
        deadlines.nobody_left(request),
        region,
        now=now,
        request=request,
        introduction=introduction,
        state=str(introduction.state),
    )
    tell_teacher(session, request, task.id, now)


def tell_teacher(session: Session, request: LearningRequest, task_id: int, now: datetime) -> None:
    """The teacher is told who looks further, and until when. Once for each task."""
    outbox.put(
        session,
        name=QueueName.MAIL,
        key=f"{LOOKING_FURTHER}:{task_id}",
        kind=LOOKING_FURTHER,
        due_at=now,
        region_id=request.region_id,
        payload={"request_id": request.id, "task_id": task_id},
    )


def _excluded_by(session: Session, request: LearningRequest, proposal: Proposal, now: datetime) -> str | None:
    if request.windows and all(window.starts_at <= now for window in request.windows):
        return "dates"
    return eligibility.excluded_by(session, request, proposal.partner_id, now)


def _promote(
    session: Session,
    before: Introduction,
    request: LearningRequest,
    backup: Backup,
    proposal: Proposal,
    now: datetime,
) -> Introduction:
    """Invite a backup as the first choice was: after the undo time, in which a coordinator can still step in and
    whoever said "not now" can still change it."""
    region = session.get_one(Region, request.region_id)
    introduction = Introduction(
        region_id=request.region_id,
        request_id=request.id,
        proposal_id=proposal.id,
        first_id=chain(before),
        partner_id=proposal.partner_id,
        approved_by_id=before.approved_by_id,
        approved_at=now,
        due_at=now + timedelta(seconds=region.undo_seconds),
    )
    session.add(introduction)
    session.flush()
    capacity.hold(session, introduction, capacity.period_of_request(request, region, now), now)
    backup.become(BackupState.PROMOTED, at=now)
    if proposal.may_become(ProposalState.APPROVED):
        proposal.become(ProposalState.APPROVED, at=now)
    invite(session, introduction)
    audit.record(
        session, NOBODY, audit.Tag.BACKUP_PROMOTED, backup, at=now, introduction=introduction.id, after=before.id
    )
    session.flush()
    return introduction
