"""A school's documented facts, which its need is counted from, and its bells, by which visits are proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Invalid
from matchmaker.policies import Actor
from matchmaker.queries.slots import Bell
from models import LOCALES, School

SOURCED = ("locale", "title_i")
"""Facts whose source is kept in the audit; a poverty measure carries its own."""


@dataclass(frozen=True)
class Poverty:
    """A poverty figure in percent with what makes it one: the measure, the year, the source."""

    value: float
    measure: str
    year: int
    source: str


@dataclass(frozen=True)
class Facts:
    """Everything that need is counted from. None is *unknown*, which is neither zero nor no.

    ``sources`` says where a new locale or Title I status comes from.
    """

    poverty: Poverty | None
    locale: str | None
    title_i: bool | None
    sources: Mapping[str, str] = field(default_factory=dict)


def document(session: Session, actor: Actor, school_id: int, facts: Facts, clock: Clock) -> School:
    """Replace a school's documented facts; the audit keeps what they were, what they are, and where from.

    Facts that stay the same need no source and leave no line. Raises Invalid, naming the field, for a fact without its
    source or outside its range.
    """
    document_all(session, actor, {school_id: facts}, clock)
    return session.get_one(School, school_id)


def document_all(session: Session, actor: Actor, facts: Mapping[int, Facts], clock: Clock) -> None:
    """``document`` several schools, by their ids."""
    held = select(School).where(School.id.in_(facts)).order_by(School.id).with_for_update()
    for school in session.scalars(held.execution_options(populate_existing=True)).all():
        _document(session, actor, school, facts[school.id], clock)
    session.flush()


def set_bells(session: Session, actor: Actor, school_id: int, bells: Sequence[Bell], clock: Clock) -> School:
    """Write down a school's lessons; none means that they are not known. The same ones again leave no line."""
    school = session.get_one(School, school_id, with_for_update=True, populate_existing=True)
    wanted = [
        {"name": bell.name, "from": f"{bell.begins:%H:%M}", "to": f"{bell.ends:%H:%M}"}
        for bell in sorted(bells, key=lambda bell: bell.begins)
    ]
    if wanted != school.bells:
        school.bells = wanted
        audit.record(session, actor, audit.Tag.BELLS_SET, school, at=clock(), lessons=len(wanted))
        session.flush()
    return school


def _document(session: Session, actor: Actor, school: School, facts: Facts, clock: Clock) -> None:
    before, after = _stored(school), _given(facts)
    changed = {name for name in after if after[name] != before[name]}
    if not changed:
        return
    sources = {
        name: facts.sources.get(name, "").strip() for name in SOURCED if name in changed and after[name] is not None
    }
    _check(facts, sources)
    for name in changed:
        setattr(school, name, after[name])
    audit.record(
        session,
        actor,
        audit.Tag.SCHOOL_DOCUMENTED,
        school,
        at=clock(),
        before={name: before[name] for name in sorted(changed)},
        after={name: after[name] for name in sorted(changed)},
        sources=sources,
    )


def _check(facts: Facts, sources: Mapping[str, str]) -> None:
    if (poverty := facts.poverty) is not None:
        if not 0 <= poverty.value <= 100:
            raise Invalid(field="poverty_value")
        for name in ("measure", "source"):
            if not getattr(poverty, name).strip():
                raise Invalid(field=f"poverty_{name}")
    if facts.locale is not None and facts.locale not in LOCALES:
        raise Invalid(field="locale")
    for name, source in sources.items():
        if not source:
            raise Invalid(field=f"{name}_source")


def _stored(school: School) -> dict[str, Any]:
    names = ("poverty_value", "poverty_measure", "poverty_year", "poverty_source", *SOURCED)
    return {name: getattr(school, name) for name in names}


def _given(facts: Facts) -> dict[str, Any]:
    poverty = facts.poverty
    return {
        "poverty_value": poverty.value if poverty else None,
        "poverty_measure": poverty.measure if poverty else None,
        "poverty_year": poverty.year if poverty else None,
        "poverty_source": poverty.source if poverty else None,
        "locale": facts.locale,
        "title_i": facts.title_i,
    }
