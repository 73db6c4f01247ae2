"""The link by which somebody of a network lets a neighbor join: signed, for two weeks, naming who vouches."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from flask import current_app

from matchmaker import tokens
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import INVITING
from matchmaker.queries import people
from matchmaker.tokens import BadLink, ExpiredLink
from models import Account, Region

LASTS = timedelta(days=14)


def issue(region: Region, account_id: int) -> tuple[str, datetime]:
    """A token by which anybody joins the region on this account's word, and until when."""
    until = utc_now() + LASTS
    secret = current_app.config["SETTINGS"].secret_key
    return tokens.issue(secret, tokens.Purpose.JOIN, uuid4(), f"{region.id}:{account_id}", until), until


def read(token: str) -> tuple[Region, Account]:
    """Which region is joined, and on whose word. Raises BadLink; ExpiredLink also once they have left the network."""
    link = tokens.read(current_app.config["SETTINGS"].secret_key, tokens.Purpose.JOIN, token, utc_now())
    region_id, _, account_id = link.recipient.partition(":")
    region = db.session.get(Region, int(region_id)) if region_id.isdecimal() else None
    if region is None or not account_id.isdecimal():
        raise BadLink
    inviter = people.member(db.session, region.id, int(account_id), INVITING, utc_now())
    if inviter is None:
        raise ExpiredLink
    return region, inviter
