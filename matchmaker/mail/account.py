"""Flask-Security's mails (confirm an address, choose a new password, it was changed) as letters like every other.

Flask-Security only says which mail is due. Its text is ours, in the account's language, written when it is sent;
until then the link stands in the outbox, and it is removed from there as soon as the mail has left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from flask import Response, after_this_request, current_app, g, has_request_context
from flask_security.mail_util import MailUtil
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.mail.letter import Correspondent, Letter, from_network, letterhead, reading_language
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import Account, OutboxItem, QueueName, Region

LETTERS = {
    "security/email/confirmation_instructions": "confirm_address",
    "security/email/reset_instructions": "new_password",
    "security/email/reset_notice": "password_changed",
    "security/email/change_notice": "password_changed",
}
"""Flask-Security's templates and the folders of ours that stand for them."""
_LINKS = {
    # letter: endpoint, name of the token in Flask-Security's context, setting with its lifetime
    "confirm_address": ("security.confirm_email", "confirmation_token", "SECURITY_CONFIRM_EMAIL_WITHIN"),
    "new_password": ("security.reset_password", "reset_token", "SECURITY_RESET_PASSWORD_WITHIN"),
}


class OutboxMailUtil(MailUtil):
    """Where Flask-Security hands over its mails: each becomes a row of the outbox.

    Its own text and HTML are ignored (SECURITY_EMAIL_PLAINTEXT and SECURITY_EMAIL_HTML switch them off).
    """

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        """Leave the mail in the outbox. Within a request it is committed when the request succeeds."""
        name = LETTERS[template]
        outbox.put(
            db.session,
            name=QueueName.MAIL,
            key=f"account:{name}:{uuid4().hex}",
            kind="account",
            due_at=utc_now(),
            region_id=_region_id(kwargs["user"]),
            payload={"account_id": kwargs["user"].id, "letter": name, **_link(name, kwargs)},
        )
        if has_request_context():
            after_this_request(_commit)


def compose(session: Session, item: OutboxItem, settings: Settings, now: datetime) -> Letter | None:
    """The letter; None when the account is gone, its link has run out on the way, or it has left once already."""
    if not item.payload:
        return None
    account = session.get(Account, item.payload["account_id"])
    region = session.get(Region, item.region_id) if item.region_id else None
    until = datetime.fromisoformat(item.payload["until"]) if "until" in item.payload else None
    if account is None or region is None or (until is not None and until <= now):
        return None
    language = reading_language(account.language, region)
    return Letter(
        template=item.payload["letter"],
        language=language,
        recipient=Correspondent(account.name, account.email),
        sender=from_network(region, language),
        letterhead=letterhead(region, language),
        context={
            "page": item.payload.get("page", ""),
            "what": item.payload.get("what", ""),
            "provider": _provider(settings, item.payload.get("issuer", "")),
            "until": until,
            "forgot": link(settings, "security.forgot_password"),
        },
        automatic=True,
        kind=None,
    )


def _provider(settings: Settings, issuer: str) -> str | None:
    """What a provider is called here; by its host once it is no longer set."""
    return next((each.label for each in settings.providers if each.is_issuer(issuer)), urlsplit(issuer).hostname)


def sent(session: Session, item: OutboxItem, now: datetime) -> None:
    """The mail has left; the link in it is nobody else's business."""
    item.payload = {}


def _link(letter: str, context: dict[str, Any]) -> dict[str, str]:
    """The page a letter leads to and until when. Made anew: Flask-Security's link trusts the request's Host header."""
    if letter not in _LINKS:
        return {}
    endpoint, token, lifetime = _LINKS[letter]
    return {
        "page": link(current_app.config["SETTINGS"], endpoint, token=context[token]),
        "until": (utc_now() + current_app.config[lifetime]).isoformat(),
    }


def _region_id(account: Account) -> int | None:
    """The network that writes: the account's first, else the one of the page."""
    if account.memberships:
        return account.memberships[0].region_id
    if (region := g.get("region")) is not None:
        return int(region.id)
    return db.session.scalar(select(Region.id).order_by(Region.id).limit(1))


def _commit(response: Response) -> Response:
    # Some of Flask-Security's views write nothing else, and so never commit.
    if response.status_code < 400:
        outbox.commit(db.session)
    return response
