"""The two ways a mail can fail, useless to try again or worth it, and the one in which it only waits."""

from __future__ import annotations

from datetime import datetime


class MailFailure(Exception):
    """A mail that did not leave."""


class PermanentFailure(MailFailure):
    """Trying this mail again is useless; a person must look at it."""


class UnknownKind(PermanentFailure):
    """This version writes no such mail: that is about the installation, and about nobody who could be called."""


class TransientFailure(MailFailure):
    """The mail may leave later."""


class NotYet(Exception):
    """No failure: a mail that can wait does, until its reader's quiet hours or full day are over."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until:%Y-%m-%d %H:%M %Z}")
        self.until = until
