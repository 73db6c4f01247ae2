"""The two ways a mail can fail: useless to try again, or worth it."""

from __future__ import annotations


class MailFailure(Exception):
    """A mail that did not leave."""


class PermanentFailure(MailFailure):
    """Trying this mail again is useless; a person must look at it."""


class TransientFailure(MailFailure):
    """The mail may leave later."""
