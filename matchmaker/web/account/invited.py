"""The link by which somebody of a network lets a neighbor join: signed, for two weeks, naming who vouches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from flask import current_app

from matchmaker import tokens
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import INVITING
from matchmaker.queries import organisations, people
from matchmaker.tokens import BadLink, ExpiredLink
from models import Account, Partner, Region

LASTS = timedelta(days=14)


@dataclass(frozen=True)
class Invited:
    """Which region is joined, on whose word, and into which organisation of theirs, if into one."""

    region: Region
    by: Account
    organisation: Partner | None


def issue(region: Region, account_id: int, organisation: Partner | None = None) -> tuple[str, datetime]:
    """A token by which anybody joins the region on this account's word, and until when; of an organisation if named."""
    until = utc_now() + LASTS
    secret = current_app.config["SETTINGS"].secret_key
    said = f"{region.id}:{account_id}" + (f":{organisation.id}" if organisation else "")
    return tokens.issue(secret, tokens.Purpose.JOIN, uuid4(), said, until), until


def read(token: str) -> Invited:
    """What a link says. Raises BadLink; ExpiredLink also once they have left the network, or the organisation has."""
    link = tokens.read(current_app.config["SETTINGS"].secret_key, tokens.Purpose.JOIN, token, utc_now())
    said = link.recipient.split(":")
    if not 2 <= len(said) <= 3 or not all(part.isdecimal() for part in said):
        raise BadLink
    region_id, account_id, *house = map(int, said)
    region = db.session.get(Region, region_id)
    if region is None:
        raise BadLink
    inviter = people.member(db.session, region.id, account_id, INVITING, utc_now())
    if inviter is None:
        raise ExpiredLink
    organisation = organisations.of_account(db.session, region.id, account_id, house[0]) if house else None
    if house and organisation is None:
        raise ExpiredLink
    return Invited(region, inviter, organisation)
