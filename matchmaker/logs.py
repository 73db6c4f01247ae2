"""What is logged, and what never is: one line an event, as JSON in production, and nobody's data in any.

Our events have a code for a name and codes and figures beside it. Whatever would hold a person's name, contact or words
is left out by its key; what looks like an address, a telephone number or a token is taken out of every text, those of
other packages included. Of an exception, production keeps its type and where it was raised: its message may quote a
row.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

Event = MutableMapping[str, Any]

LEFT_OUT = "[left out]"
PERSONAL = frozenset(
    {
        "account", "address", "body", "contact", "data", "email", "form", "from", "headers", "ip", "key", "link",
        "message", "name", "names", "note", "password", "path", "payload", "person", "phone", "query", "recipient",
        "secret", "sender", "subject", "text", "title", "to", "token", "uri", "url", "username", "words",
    }
)  # fmt: skip
"""Keys under which nothing is logged, whatever it is."""
SENTENCES = frozenset({"event", "why", "reason", "exception", "error", "timestamp"})
"""Keys whose value may be several words, of ours; under every other key such a text is left out."""

OURS = frozenset({"route", "endpoint"})
"""Keys whose value comes out of the source, as it stands there."""

_ADDRESS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+")
_TOKEN = re.compile(r"[A-Za-z0-9_\-.=]{32,}")
_PHONE = re.compile(r"(?<![\w.:-])\+?\(?\d{1,4}\)?[ .-]?\(?\d{2,4}\)?[ .-]\d{3,4}(?:[ .-]?\d{2,4})?(?![\w:])")
_AFTER_SLASH = re.compile(r"(?<=/)(i|visits|messages|reflections|mail|reset|confirm|calendars)/[^\s\"'/?\]]+")


def configure(*, production: bool) -> None:
    """Set up both our log and those of other packages, on standard output. Again replaces what was set up before."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([where_raised] if production else []),
        without_persons,
    ]
    # Plain: the console's own tracebacks print every local variable.
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    drawn: Any = structlog.processors.JSONRenderer() if production else console
    structlog.configure(
        processors=[*shared, drawn],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Foreign(logging.WARNING)
    handler.setFormatter(
        ProcessorFormatter(processors=[ProcessorFormatter.remove_processors_meta, drawn], foreign_pre_chain=shared)
    )
    root = logging.getLogger()
    for former in [each for each in root.handlers if isinstance(each, _Foreign)]:
        root.removeHandler(former)
    root.addHandler(handler)


class _Foreign(logging.Handler):
    """Ours among the handlers of the root logger, for the lines of other packages."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        print(self.format(record), file=sys.stdout, flush=True)


def without_persons(logger: Any, method: str, event: Event) -> Event:
    """Leave out what is somebody's; the rest of the line stays."""
    for key, value in event.items():
        if key.startswith("_") or key == "exc_info" or key in OURS:
            continue
        if key in PERSONAL:
            event[key] = LEFT_OUT
        elif isinstance(value, str):
            event[key] = scrubbed(value) if key in SENTENCES or not re.search(r"\s", value) else LEFT_OUT
        elif not isinstance(value, bool | int | float | None | list):
            event[key] = LEFT_OUT
        elif isinstance(value, list):
            event[key] = [scrubbed(each) if isinstance(each, str) else each for each in value]
    return event


def scrubbed(text: str) -> str:
    """A text without addresses, telephone numbers and tokens."""
    text = _AFTER_SLASH.sub(r"\1/[token]", text)
    text = _ADDRESS.sub("[address]", text)
    text = _TOKEN.sub(lambda found: found[0] if _is_code(found[0]) else "[token]", text)
    return _PHONE.sub("[phone]", text)


def _is_code(text: str) -> bool:
    """Whether a long run of letters is a name out of the source (a.module.name, a-known-word) rather than a secret."""
    return bool(re.fullmatch(r"[a-z_]+([.-][a-z_]+)*|[A-Za-z_]+(\.[A-Za-z_]+)+|\d{4}-\d\d-\d\dT[\d:.]+Z?", text))


def where_raised(logger: Any, method: str, event: Event) -> Event:
    """An exception as its types and the places it came through, without a word of what it says."""
    raised = event.pop("exc_info", None)
    if not raised:
        return event
    error = raised if isinstance(raised, BaseException) else (sys.exc_info() if raised is True else raised)[1]
    chain: list[str] = []
    while error is not None:
        chain.append(type(error).__name__)
        frames = traceback.extract_tb(error.__traceback__)
        chain += [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    event["raised"] = chain
    return event


def _module(filename: str) -> str:
    """A source file's last two parts."""
    return "/".join(filename.rsplit("/", 2)[-2:])
