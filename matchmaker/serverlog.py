"""gunicorn's own log without the addresses of pages, which may hold tokens. Requests are logged by ``web.traffic``."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from matchmaker.logs import scrubbed


class Scrubbed(logging.Formatter):
    """A line with addresses and tokens taken out, and of an exception no more than its type."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        return scrubbed(super().format(record))

    def formatException(self, raised: Any) -> str:
        """The type alone: what the error says may quote a person."""
        return f"raised {raised[0].__name__}" if raised and raised[0] else ""


class ServerLog(Logger):  # type: ignore[misc]
    """Given to gunicorn as ``--logger-class``."""

    error_fmt = "%(asctime)s [%(process)d] [%(levelname)s] %(message)s"

    def setup(self, cfg: Any) -> None:
        """As gunicorn sets it up, with our formatter."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Scrubbed(self.error_fmt, self.datefmt))

    def access(self, resp: Any, req: Any, environ: Any, request_time: timedelta) -> None:
        """Nothing: the application logs each request by its route, never by its address."""
