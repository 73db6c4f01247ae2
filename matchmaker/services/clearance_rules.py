"""A region's table of clearance rules: adding, moving and removing rows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Invalid
from matchmaker.policies import Actor
from matchmaker.queries.clearances import CONDITIONS, Rule, rules_of
from matchmaker.services import followups, ranker
from matchmaker.services.clearances import REVIEW
from models import ClearanceRule, Region

MOST_RULES = 20
"""Rows that a person can still read in one go."""


def add(session: Session, actor: Actor, region_id: int, terms: Rule, note: str, clock: Clock) -> ClearanceRule:
    """Put a rule behind the others. Raises Invalid when there are too many to be read."""
    region = _locked_region(session, region_id)
    rules = rules_of(session, region.id)
    if len(rules) >= MOST_RULES:
        raise Invalid(field="required", most=MOST_RULES)
    last = rules[-1].position if rules else 0
    rule = ClearanceRule(region_id=region.id, position=last + 1, note=note, **asdict(terms))
    session.add(rule)
    session.flush()
    _changed(session, actor, audit.Tag.CLEARANCE_RULE_ADDED, rule, clock())
    return rule


def remove(session: Session, actor: Actor, rule_id: int, clock: Clock) -> None:
    """Take a rule out of the table."""
    rule = session.get_one(ClearanceRule, rule_id)
    _locked_region(session, rule.region_id)
    _changed(session, actor, audit.Tag.CLEARANCE_RULE_REMOVED, rule, clock())
    session.delete(rule)
    session.flush()


def move(session: Session, actor: Actor, rule_id: int, *, up: bool, clock: Clock) -> ClearanceRule:
    """Let a rule trade places with its neighbour; the first and the last stay where there is none."""
    rule = session.get_one(ClearanceRule, rule_id)
    _locked_region(session, rule.region_id)
    rules = list(rules_of(session, rule.region_id))
    other = rules.index(rule) + (-1 if up else 1)
    if 0 <= other < len(rules):
        rule.position, rules[other].position = rules[other].position, rule.position
        session.flush()
        _changed(session, actor, audit.Tag.CLEARANCE_RULE_MOVED, rule, clock(), up=up)
    return rule


def _changed(session: Session, actor: Actor, tag: audit.Tag, rule: ClearanceRule, now: datetime, **more: Any) -> None:
    terms = {name: getattr(rule, name) for name in (*CONDITIONS, "required")}
    audit.record(session, actor, tag, rule, at=now, position=rule.position, **terms, **more)
    cause = now.isoformat()
    followups.put(session, REVIEW, f"{rule.region_id}:{cause}", now, rule.region_id)
    ranker.ask_for_unanswered(session, rule.region_id, f"rules-{cause}", now)


def _locked_region(session: Session, region_id: int) -> Region:
    """The region's row, so that two changes of its table are one after the other."""
    return session.get_one(Region, region_id, with_for_update={"key_share": True}, populate_existing=True)
