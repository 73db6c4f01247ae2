"""What partners let everybody read: asked plainly, off by default, and taken back with one tap."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.policies import Actor
from matchmaker.services import merging
from models import Partner


def allow(session: Session, actor: Actor, partner: Partner, clock: Clock, *, named: bool) -> Partner:
    """Anybody may read the partner's funds from now on, ``named`` with the first name. The same again changes nothing.

    The audit says who wrote it down where it was not the partner. Raises Merged.
    """
    if partner.merged_into_id is not None:
        raise merging.Merged(merged_into=partner.merged_into_id)
    now = clock()
    if partner.public_since is None or partner.public_name != named:
        partner.public_since, partner.public_name = partner.public_since or now, named
        tag = audit.Tag.PARTNER_MADE_PUBLIC
        audit.record(session, actor, tag, partner, at=now, named=named, **_by_whom(actor, partner))
    return partner


def take_back(session: Session, actor: Actor, partner: Partner, clock: Clock) -> Partner:
    """Nobody but the network reads the partner's funds from now on."""
    if partner.public_since is not None:
        partner.public_since, partner.public_name = None, False
        audit.record(session, actor, audit.Tag.PARTNER_MADE_PRIVATE, partner, at=clock(), **_by_whom(actor, partner))
    return partner


def _by_whom(actor: Actor, partner: Partner) -> dict[str, str]:
    """A coordinator writes down what was said to them, most often on the phone."""
    return {} if actor.account_id in (None, partner.account_id) else {"said": "to_coordinator"}
