"""SMTP: one kept connection, and a clear answer to whether a refusal is about this mail or about this moment."""

from __future__ import annotations

import contextlib
import select
import smtplib
import socket
import ssl
import threading
import time
from email.message import EmailMessage
from types import TracebackType
from urllib.parse import unquote, urlsplit

from matchmaker.mail.failures import MailFailure, PermanentFailure, TransientFailure

TIMEOUT = 15.0
"""Seconds to wait for a server, at each step."""
LONGEST_IDLE = 20.0
"""Seconds without a mail after which the server is asked whether it is still there."""
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_TOO_LARGE = 552
# Signing in was asked for or went wrong: that is our set-up, and no reason to give up a mail.
_SIGN_IN = frozenset({530, 534, 535, 538})


class Transport:
    """Sends mails to the server of ``smtp_url``: smtp://, smtps:// or smtp+starttls://[user:password@]host[:port].

    Where several threads send, each holds ``line`` meanwhile.
    """

    def __init__(self, smtp_url: str, timeout: float = TIMEOUT) -> None:
        self.line = threading.Lock()
        self._url = urlsplit(smtp_url)
        self._timeout = timeout
        self._connection: smtplib.SMTP | None = None
        self._used = 0.0

    def __enter__(self) -> Transport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, message: EmailMessage, sender: str | None = None) -> None:
        """Hand over one mail to the address in its To; when this returns, the server has said 250.

        ``sender`` is where a mail that cannot be delivered comes back to; without it, to the address in From.

        Raises PermanentFailure when the server refuses this mail or its recipient for good, TransientFailure otherwise.
        """
        try:
            self._connected().send_message(message, from_addr=sender)
        except smtplib.SMTPNotSupportedError as error:
            raise PermanentFailure(str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            failure = _failure(error)
            if isinstance(failure, TransientFailure):
                self._drop()
            raise failure from error

    def close(self) -> None:
        """Say goodbye to the server, if it still listens."""
        if self._connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None and not _alive(self._connection, time.monotonic() - self._used):
            self._drop()
        if self._connection is None:
            self._connection = self._open()
        self._used = time.monotonic()
        return self._connection

    def _open(self) -> smtplib.SMTP:
        scheme, host = self._url.scheme, self._url.hostname or "localhost"
        port = self._url.port or _PORTS[scheme]
        # A name without a dot says nothing; asking DNS for one can take longer than the mail.
        own = socket.gethostname()
        own = own if "." in own else "[127.0.0.1]"
        connection: smtplib.SMTP
        if scheme == "smtps":
            connection = smtplib.SMTP_SSL(host, port, own, timeout=self._timeout, context=ssl.create_default_context())
        else:
            connection = smtplib.SMTP(host, port, own, timeout=self._timeout)
        try:
            if scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if self._url.username:
                connection.login(unquote(self._url.username), unquote(self._url.password or ""))
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise TransientFailure(f"the mail server would not begin: {error}") from error
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _alive(connection: smtplib.SMTP, idle: float) -> bool:
    """Whether a kept connection still stands. Used a moment ago and silent since, it does: a server that hangs up can
    be heard doing so, and asking before every mail costs a round trip each."""
    if connection.sock is None:
        return False
    try:
        heard, _, _ = select.select([connection.sock], [], [], 0)
        return (not heard and idle < LONGEST_IDLE) or connection.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _failure(error: smtplib.SMTPException | OSError) -> MailFailure:
    """Whose fault a refusal is: only what the server holds for good against this mail or its recipient is permanent."""
    code: int
    reason: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reason = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, reason = error.smtp_code, error.smtp_error
    else:
        return TransientFailure(f"{type(error).__name__}: {error}")
    words = f"{code} {reason.decode(errors='replace') if isinstance(reason, bytes) else reason}"
    about_this_mail = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) or code == _TOO_LARGE
    if about_this_mail and 500 <= code < 600 and code not in _SIGN_IN:
        return PermanentFailure(words)
    return TransientFailure(words)
