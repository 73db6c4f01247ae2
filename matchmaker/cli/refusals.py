"""What goes wrong in a command, in one line and with exit status 1; a trace is for what nobody thought of."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from sqlalchemy.exc import NoResultFound, OperationalError

from matchmaker.errors import DomainError
from matchmaker.extensions import db


def said_plainly(command: click.Command) -> None:
    """Let a command, or each of a group's, say what it is refused."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            said_plainly(each)
    elif command.callback is not None and not hasattr(command.callback, "_said_plainly"):
        command.callback = _in_one_line(command.callback)


def _in_one_line(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return work(*args, **options)
        except DomainError as error:
            db.session.rollback()
            raise click.ClickException(_sentence(error)) from error
        except NoResultFound as error:
            raise click.ClickException("There is no such thing. Nothing was changed.") from error
        except OperationalError as error:
            raise click.ClickException(f"The database is away: {str(error.orig).splitlines()[0]}") from error

    run._said_plainly = True  # type: ignore[attr-defined]
    return run


def _sentence(error: DomainError) -> str:
    """What kind of refusal it is, in the words it is documented with, and about what."""
    kind = (inspect.getdoc(type(error)) or type(error).__name__).split("\n\n")[0].replace("\n", " ")
    facts = ", ".join(f"{name} {value}" for name, value in error.facts.items())
    return f"{kind} ({facts})" if facts else kind
