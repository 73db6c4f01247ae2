"""What a teacher is told while a request is on hold: who finds something out first, and when they look again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models import LearningRequest


@dataclass(frozen=True)
class FindsOut:
    """Who, None where that account is gone, and when they look again. Why is for coordinators alone."""

    name: str | None
    at: datetime


def of(request: LearningRequest, now: datetime) -> FindsOut | None:
    """None while nobody has put the request aside."""
    if request.held_until is None or not request.held(now):
        return None
    return FindsOut(request.held_by.name if request.held_by else None, request.held_until)
