"""Which mails a person gets: each kind can be stopped and taken again, and a mail server's or reader's no is kept."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Invalid
from matchmaker.policies import Actor
from matchmaker.queries.mail_choices import Reader
from matchmaker.services import partners
from models import MailKind, Suppression, SuppressionReason

LONGEST_PAUSE = timedelta(days=3 * 366)


class PauseInThePast(Invalid):
    """A pause must end on a day that is still ahead, and not many years away."""


def stop(session: Session, actor: Actor, reader: Reader, kind: MailKind | None, clock: Clock) -> None:
    """Send a reader no more mails of a kind, or none at all. Again changes nothing.

    Who wants no invitations is not put forward any more either: a partner's invitations pause until they are back.
    """
    for email in reader.emails:
        suppress(session, reader.region.id, email, kind, SuppressionReason.ASKED)
    audit.record(session, actor, audit.Tag.MAIL_STOPPED, reader.region, at=clock(), kind=kind)
    if kind in (None, MailKind.ASKING):
        for partner in reader.partners:
            if partner.paused_at is None or partner.paused_until is not None:
                partners.pause(session, actor, partner, clock)
    session.flush()


def start(session: Session, actor: Actor, reader: Reader, kind: MailKind | None, clock: Clock) -> None:
    """Send a reader mails of a kind again, or all. Other kinds stay as they are; so does a pause with an end.

    This also lifts what a mail server or a complaint put there: the reader says that mails arrive, and are welcome.
    """
    mine = (Suppression.region_id == reader.region.id, Suppression.email.in_(reader.emails))
    if kind is None:
        session.execute(delete(Suppression).where(*mine))
    else:
        everything = session.scalars(
            delete(Suppression).where(*mine, Suppression.kind.is_(None)).returning(Suppression.id)
        ).all()
        session.execute(delete(Suppression).where(*mine, Suppression.kind == kind))
        if everything:
            for email in reader.emails:
                for other in MailKind:
                    if other is not kind:
                        suppress(session, reader.region.id, email, other, SuppressionReason.ASKED)
    audit.record(session, actor, audit.Tag.MAIL_STARTED, reader.region, at=clock(), kind=kind)
    if kind in (None, MailKind.ASKING):
        for partner in reader.partners:
            if partner.paused_until is None:
                partners.resume(session, actor, partner, clock)
    session.flush()


def pause(session: Session, actor: Actor, reader: Reader, until: date, clock: Clock) -> None:
    """No invitations before a day. Raises PauseInThePast unless it is ahead, within some years."""
    today = clock().astimezone(ZoneInfo(reader.region.time_zone)).date()
    if not today < until <= today + LONGEST_PAUSE:
        raise PauseInThePast
    for partner in reader.partners:
        partners.pause(session, actor, partner, clock, until)


def resume(session: Session, actor: Actor, reader: Reader, clock: Clock) -> None:
    """Invitations again, from now on."""
    for partner in reader.partners:
        partners.resume(session, actor, partner, clock)


def suppress(session: Session, region_id: int, email: str, kind: MailKind | None, reason: SuppressionReason) -> None:
    """Leave an address alone. Where it is already, a reader's choice does not hide that mail comes back."""
    row = insert(Suppression).values(region_id=region_id, email=email, kind=kind, reason=reason)
    keys = ["region_id", "email", "kind"]
    session.execute(
        row.on_conflict_do_nothing(index_elements=keys)
        if reason is SuppressionReason.ASKED
        else row.on_conflict_do_update(index_elements=keys, set_={"reason": reason})
    )
