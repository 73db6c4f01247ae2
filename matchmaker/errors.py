"""The errors of the domain. A service raises one, the transaction rolls back, one place turns it into an answer.

Services declare their own beside the verbs that raise them; the words for people live in ``web.failures``.
"""

from __future__ import annotations

from click import ClickException


class DomainError(Exception):
    """Something the service refuses. ``status`` is the HTTP status it becomes; ``facts`` fill its sentence."""

    status = 400

    def __init__(self, **facts: object) -> None:
        super().__init__(f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in facts.items())})")
        self.facts = facts


class NotFound(DomainError):
    """There is no such thing, or none that this actor may know of."""

    status = 404


class Conflict(DomainError):
    """The thing has changed since the page was drawn; nothing was done."""

    status = 409


class Invalid(DomainError):
    """Input that a form let through but the domain does not."""

    status = 422


class SettingsError(ClickException):
    """A setting is missing or wrong; the start stops with this one line, which ``flask`` then shows without a trace."""
