"""Knowledge the network is looking for: open requests that nobody could take, by topic, language and place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.disclosure import withheld
from matchmaker.queries import eligibility
from matchmaker.queries.equity.asked import Asked
from matchmaker.queries.equity.outlook import Outlook
from models import Ranking, RequestState, School


@dataclass(frozen=True)
class Wanted:
    """One line of the list: so many requests of these schools. ``rule`` kept most people from them; None where the
    network knows nobody whom a rule could keep."""

    subject: str | None
    languages: tuple[str, ...]
    area: str
    requests: int
    schools: tuple[str, ...]
    rule: str | None


@dataclass(frozen=True)
class Topic:
    """A subject in public: how many requests wait for somebody. ``withheld``: too few schools asked to say how many."""

    subject: str | None
    requests: int
    withheld: bool


def without(requests: Sequence[Asked], outlook: Outlook | None) -> list[Asked]:
    """The open requests with nobody: none was found, or the plan had nobody left who has room."""
    empty = outlook.certificate.empty if outlook else frozenset()
    return [each for each in requests if each.open and (each.state is RequestState.NONE_YET or each.id in empty)]


def by_place(
    session: Session, nobody: Sequence[Asked], schools: Mapping[int, School], outlook: Outlook | None
) -> list[Wanted]:
    """The list that people are looked for by; those that most requests wait for first."""
    excluded = _excluded(session, [each.id for each in nobody])
    full = outlook.certificate.empty if outlook else frozenset()
    lines: dict[tuple[str, tuple[str, ...], str], list[Asked]] = {}
    for each in nobody:
        area = schools[each.school_id].neighbourhood
        lines.setdefault((each.subject or "", each.languages, area), []).append(each)
    told = [
        Wanted(
            subject=subject or None,
            languages=languages,
            area=area,
            requests=len(asking),
            schools=tuple(sorted({schools[each.school_id].name for each in asking})),
            rule=_most([excluded.get(each.id, {}) for each in asking], any(each.id in full for each in asking)),
        )
        for (subject, languages, area), asking in lines.items()
    ]
    return sorted(told, key=lambda line: (-line.requests, line.subject or "", line.area, line.languages))


def by_subject(nobody: Sequence[Asked]) -> list[Topic]:
    """The same without a place, for everybody to read."""
    counted = Counter(each.subject for each in nobody)
    subjects = sorted(counted, key=lambda subject: (-counted[subject], subject or ""))
    hidden = withheld([{each.school_id for each in nobody if each.subject == subject} for subject in subjects])
    told = [
        Topic(subject, 0 if away else counted[subject], away) for subject, away in zip(subjects, hidden, strict=True)
    ]
    # By name among those withheld: their order would tell which is asked for most.
    return sorted(told, key=lambda topic: (topic.withheld, -topic.requests, topic.subject or ""))


def _excluded(session: Session, request_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many people each rule kept from each request when it was ranked last."""
    if not request_ids:
        return {}
    newest = select(func.max(Ranking.id)).where(Ranking.request_id.in_(request_ids)).group_by(Ranking.request_id)
    rows = session.execute(select(Ranking.request_id, Ranking.excluded).where(Ranking.id.in_(newest)))
    return {request_id: excluded for request_id, excluded in rows}


def _most(excluded: Sequence[Mapping[str, int]], full: bool) -> str | None:
    if full:
        return eligibility.FULL
    people: Counter[str] = Counter()
    for each in excluded:
        people.update(each)
    return min(people, key=lambda rule: (-people[rule], rule)) if people else None
