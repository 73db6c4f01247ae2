"""Bounces and complaints from a mail service: one report in each POST, signed so that nobody else can send one."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

from flask import Response, abort, current_app, request
from flask.typing import ResponseReturnValue

from matchmaker import inbound, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import csrf, db
from matchmaker.web.mail.views import blueprint

SIGNATURE = "Mail-Signature"
"""``t=SECONDS,v1=HEX``: when it was signed (Unix time), and HMAC-SHA256 of that, a full stop and the body."""
WINDOW = timedelta(minutes=5)
"""How far the sender's clock and ours may be apart; older than that, a report is somebody's recording."""
_SHAPE = re.compile(r"t=(\d{1,11}),v1=([0-9a-f]{64})")


@blueprint.post("/reports")
@csrf.exempt  # type: ignore[untyped-decorator]
def reports() -> ResponseReturnValue:
    """Take a report: the raw mail (message/rfc822) is the body."""
    settings = current_app.config["SETTINGS"]
    if not settings.mail_webhook_secret:
        abort(404)
    if request.content_length is None or request.content_length > inbound.LARGEST:
        abort(413)
    body = request.get_data()
    if not _is_signed(settings.mail_webhook_secret, request.headers.get(SIGNATURE, ""), body, utc_now()):
        abort(403)
    taken = inbound.take(db.session, body, settings, utc_now())
    outbox.commit(db.session)
    return Response(f"{taken.value}\n", 200, mimetype="text/plain")


def signature(secret: str, body: bytes, at: datetime) -> str:
    """What the header of a report holds."""
    seconds = str(int(at.timestamp()))
    return f"t={seconds},v1={hmac.new(secret.encode(), seconds.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def _is_signed(secret: str, header: str, body: bytes, now: datetime) -> bool:
    shape = _SHAPE.fullmatch(header.strip())
    if shape is None:
        return False
    at = datetime.fromtimestamp(int(shape.group(1)), UTC)
    return hmac.compare_digest(signature(secret, body, at), header.strip()) and abs(now - at) <= WINDOW
