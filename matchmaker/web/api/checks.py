"""What a schema cannot tell: whether a day or a time lies where the forms let it lie, on the region's clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext as _
from webargs.flaskparser import abort

from matchmaker.clock import utc_now
from matchmaker.web import times

Span = tuple[datetime, datetime]


def wrong(name: str, said: str | Mapping[int, Any]) -> NoReturn:
    """Refuse a field of what was sent; ``said`` is why, or why by the place in its list."""
    abort(422, messages={"json": {name: [said] if isinstance(said, str) else said}})


def day_ahead(name: str, day: date | None) -> None:
    """Refuse a day that has come already."""
    if day is not None and day <= utc_now().astimezone(ZoneInfo(g.region.time_zone)).date():
        wrong(name, _("Please choose a day that is still ahead."))


def dated(name: str, sent: Sequence[Mapping[str, datetime]]) -> tuple[Span, ...]:
    """Times of a list as the services take them, each once."""
    refused = {n: [said] for n, each in enumerate(sent) if (said := times.refused(**each, region=g.region))}
    if refused:
        wrong(name, refused)
    return tuple(dict.fromkeys((each["starts_at"], each["ends_at"]) for each in sent))


def date_of(sent: Mapping[str, datetime]) -> Span:
    """The one time that was sent, as the services take it."""
    if said := times.refused(sent["starts_at"], sent["ends_at"], g.region):
        wrong("starts_at", said)
    return sent["starts_at"], sent["ends_at"]
