"""The words for processes, queues and kinds of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from matchmaker.queries.health import SILENT_AFTER
from matchmaker.web import labels
from models import QueueName, SuppressionReason

PROCESSES: Mapping[str, tuple[LazyString, LazyString]] = {
    QueueName.MAIL: (_("Job sender"), _("Mails wait and leave later. Approving, posting and answering still work.")),
    QueueName.RANKING: (_("Ranker"), _("New requests reach the desk later. What is on the desk can be approved.")),
    QueueName.PLANNING: (_("Planner"), _("The plan in effect stays in effect. Nothing else waits for it.")),
    QueueName.WEBHOOKS: (_("Caller"), _("Other programs hear later of what happened. Nothing here waits for it.")),
    "clock": (_("Clock"), _("What is due by itself, such as reminders, comes later. What people do is done at once.")),
}
"""What each process is called, and what is safe while it is away."""

KINDS: Mapping[str, LazyString] = {
    "account": _("Mail about an account"),
    "account_exists": _("Mail about an account"),
    "vouched": _("Mail: you may post"),
    "invitation": _("Invitation"),
    "invitation_reminder": _("Reminder of an invitation"),
    "introduction_teacher": _("Introduction, to the teacher"),
    "introduction_partner": _("Introduction, to the partner"),
    "invitation_over": _("What became of an invitation"),
    "other_times": _("Other times were proposed"),
    "looking_further": _("Who looks further"),
    "visit_changed": _("A visit was changed"),
    "visit_cancelled": _("A visit was called off"),
    "visit_soon": _("Reminder of a visit"),
    "how_was_it": _("How was the visit"),
    "message": _("Message of the other side"),
    "plan": _("Plan of the region"),
    "night": _("Plan of the night"),
    "propose": _("Ranking of a request"),
    "renew": _("Renewing what is proposed"),
    "webhook": _("Call to another program"),
    "reembed": _("Reading all texts under a new model"),
}

QUEUES: Mapping[str, LazyString] = {
    QueueName.MAIL: _("Mails and reminders"),
    QueueName.RANKING: _("Rankings"),
    QueueName.PLANNING: _("Plans"),
    QueueName.WEBHOOKS: _("Calls to other programs"),
}

SUPPRESSION_REASONS: Mapping[str, LazyString] = {
    SuppressionReason.ASKED: _("They asked for it"),
    SuppressionReason.BOUNCED: _("Mails came back"),
    SuppressionReason.COMPLAINED: _("They reported a mail as unwanted"),
}


@dataclass(frozen=True)
class Process:
    """One process beside the web: its last sign of life, and the minutes since where those are too many."""

    name: str
    safe: str
    at: datetime | None
    minutes: int | None

    @property
    def away(self) -> bool:
        """Whether it is down, as far as can be told."""
        return self.at is None or self.minutes is not None


def processes(hearts: Mapping[str, datetime], now: datetime, tick_seconds: int) -> list[Process]:
    """Every process with what it is called. One that beats slowly may be silent for longer."""
    patience = max(SILENT_AFTER, timedelta(seconds=3 * tick_seconds))
    found = []
    for code, (name, safe) in PROCESSES.items():
        at = hearts.get(str(code))
        silent = at if at is not None and now - at > patience else None
        found.append(Process(str(name), str(safe), at, minutes(silent, now)))
    return found


def minutes(since: datetime | None, now: datetime) -> int | None:
    """Whole minutes of a silence, at least one; None where there is none."""
    return None if since is None else max(1, int((now - since).total_seconds() // 60))


def kind(code: str) -> str:
    """What a kind of work is called; one that has no words, such as another version's, by its code."""
    return labels.label(KINDS, code)
