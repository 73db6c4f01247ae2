"""The audit: one line per thing done, written in the same transaction."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, Select, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from matchmaker.policies import Actor
from models import AuditEvent, Base, Region


class Tag(StrEnum):
    """What happened, as area:subject:action."""

    REQUEST_POSTED = "requests:request:posted"
    REQUEST_DRAFTED = "requests:request:drafted"
    REQUEST_CHANGED = "requests:request:changed"
    DRAFT_DISCARDED = "requests:request:discarded"
    REQUEST_WITHDRAWN = "requests:request:withdrawn"
    RANKING_MADE = "ranking:request:ranked"
    PROPOSAL_APPROVED = "desk:proposal:approved"
    PROPOSAL_PASSED = "desk:proposal:passed"
    APPROVAL_UNDONE = "desk:introduction:undone"
    PARTNER_PINNED = "desk:partner:pinned"
    PARTNER_SET_ASIDE = "desk:partner:set_aside"
    STEER_RELEASED = "desk:partner:released"
    PAIR_SEPARATED = "desk:pair:separated"
    REQUEST_HELD = "desk:request:held"
    REQUEST_TAKEN_UP = "desk:request:taken_up"
    REQUEST_ASSIGNED = "desk:request:assigned"
    NOTE_WRITTEN = "desk:note:written"
    NOTE_REMOVED = "desk:note:removed"
    INVITATION_SENT = "mail:introduction:invited"
    INVITATION_ACCEPTED = "invitations:introduction:accepted"
    INVITATION_NOT_NOW = "invitations:introduction:not_now"
    INVITATION_OTHER_TIMES = "invitations:introduction:other_times"
    INVITATION_LAPSED = "invitations:introduction:lapsed"
    BACKUP_PROMOTED = "invitations:backup:promoted"
    VIEW_KEPT = "desk:view:kept"
    VIEW_REMOVED = "desk:view:removed"
    TASK_OPENED = "desk:task:opened"
    TASK_DONE = "desk:task:done"
    TASK_HANDED_OVER = "desk:task:handed_over"
    MESSAGE_SAID = "messages:message:said"
    MESSAGE_HELD = "messages:introduction:held"
    CONVERSATION_READ = "messages:introduction:read"
    VISIT_AGREED = "visits:visit:agreed"
    VISIT_MOVED = "visits:visit:moved"
    VISIT_CANCELLED = "visits:visit:cancelled"
    DAYS_CLOSED = "calendar:closure:closed"
    DAYS_OPENED = "calendar:closure:opened"
    FEED_RENEWED = "calendar:feed:renewed"
    BELLS_SET = "calendar:school:bells"
    VISIT_TAKEN_AS_HELD = "visits:visit:taken_as_held"
    REFLECTION_WRITTEN = "visits:reflection:written"
    STORY_KEPT_PRIVATE = "visits:reflection:kept_private"
    STORY_SHARED = "people:story:shared"
    STORY_PUT_AWAY = "people:story:put_away"
    INTRODUCTION_SENT = "mail:introduction:introduced"
    MAIL_STOPPED = "mail:reader:stopped"
    MAIL_STARTED = "mail:reader:started"
    MAIL_CAME_BACK = "mail:letter:came_back"
    MAIL_COMPLAINED_OF = "mail:letter:complained_of"
    ACCOUNT_JOINED = "account:membership:joined"
    MEMBERSHIP_GIVEN = "people:membership:given"
    MEMBERSHIP_ENDED = "people:membership:ended"
    ACCOUNT_DEACTIVATED = "account:account:deactivated"
    ACCOUNT_ACTIVATED = "account:account:activated"
    SECOND_STEP_CHANGED = "account:account:second_step_changed"
    SECOND_STEP_RESET = "account:account:second_step_reset"
    SIGN_IN_LINK_MADE = "account:account:link_made"
    IDENTITY_LINKED = "account:identity:linked"
    IDENTITY_UNLINKED = "account:identity:unlinked"
    TEACHER_VOUCHED = "people:membership:vouched"
    PARTNER_ENTERED = "people:partner:entered"
    PARTNER_REVIEWED = "people:partner:reviewed"
    PARTNERS_MERGED = "people:partner:merged"
    MERGE_TAKEN_BACK = "people:partner:merge_taken_back"
    PARTNERS_TOLD_APART = "people:partner:told_apart"
    RENEWAL_HELP_SENT = "people:clearance:help_sent"
    PARTNER_CHANGED = "partners:partner:changed"
    PARTNER_PAUSED = "partners:partner:paused"
    PARTNER_RESUMED = "partners:partner:resumed"
    PARTNER_MADE_PUBLIC = "partners:partner:made_public"
    PARTNER_MADE_PRIVATE = "partners:partner:made_private"
    ORGANISATION_JOINED = "partners:organisation:joined"
    ORGANISATION_LEFT = "partners:organisation:left"
    FUND_SAVED = "partners:fund:saved"
    FUND_REMOVED = "partners:fund:removed"
    CLEARANCE_RECORDED = "people:clearance:recorded"
    FAMILY_SCHOOLS_SET = "people:family_schools:set"
    CLEARANCE_RULE_ADDED = "clearances:rule:added"
    CLEARANCE_RULE_MOVED = "clearances:rule:moved"
    CLEARANCE_RULE_REMOVED = "clearances:rule:removed"
    VISIT_PLANNED = "visits:visit:planned"
    CONTACTS_SEEN = "people:contacts:seen"
    RELEVANCE_FITTED = "ranking:relevance:fitted"
    RELEVANCE_ACTIVATED = "ranking:relevance:activated"
    RELEVANCE_TAKEN_BACK = "ranking:relevance:taken_back"
    POLICY_ACTIVATED = "equity:policy:activated"
    POLICY_TAKEN_BACK = "equity:policy:taken_back"
    SCHOOL_DOCUMENTED = "equity:school:documented"
    SHEET_APPLIED = "people:sheet:applied"
    SHEET_TAKEN_BACK = "people:sheet:taken_back"
    TEACHER_CHANGED = "people:teacher:changed"
    SCHOOL_ENTERED = "equity:school:entered"
    SCHOOL_CHANGED = "equity:school:changed"
    REGION_EXPORTED = "admin:region:exported"
    PERSON_EXPORTED = "account:person:exported"
    PERSON_ERASED = "account:person:erased"
    REGION_FOUNDED = "admin:region:founded"
    REGION_SET = "admin:region:set"
    OUTBOX_RETRIED = "admin:outbox:retried"
    OUTBOX_DROPPED = "admin:outbox:dropped"
    SUPPRESSION_LIFTED = "admin:suppression:lifted"
    SET_LOADED = "admin:region:loaded"
    TOKEN_MADE = "api:token:made"
    TOKEN_REVOKED = "api:token:revoked"
    WEBHOOK_ADDED = "api:webhook:added"
    WEBHOOK_REMOVED = "api:webhook:removed"
    WEBHOOK_RENEWED = "api:webhook:renewed"
    WEBHOOK_TESTED = "api:webhook:tested"
    WEBHOOK_WOKEN = "api:webhook:woken"
    WEBHOOK_RESTS = "api:webhook:rests"
    PLAN_ASKED = "planning:plan:asked"
    PLAN_CANCELLED = "planning:plan:cancelled"
    PLAN_IN_EFFECT = "planning:plan:in_effect"
    PLAN_OVERTAKEN = "planning:plan:overtaken"
    PLAN_FAILED = "planning:plan:failed"


def record(session: Session, actor: Actor, tag: Tag, subject: Any, *, at: datetime, **detail: Any) -> None:
    """Write one event about a stored row. ``detail`` must be JSON and hold no contact and no free text of a person."""
    session.add(
        AuditEvent(
            region_id=subject.id if isinstance(subject, Region) else getattr(subject, "region_id", None),
            at=at,
            actor_id=actor.account_id,
            tag=tag.value,
            subject_kind=subject.__tablename__,
            subject_id=subject.id,
            detail=detail,
        )
    )


def record_each(
    session: Session,
    actor: Actor,
    tag: Tag,
    table: type[Base],
    ids: Select[int],
    region: Region,
    *,
    at: datetime,
    **detail: Any,
) -> None:
    """``record`` an event about every row of a region's that a query finds, in one statement however many they are."""
    found = ids.subquery().columns[0]
    told = (literal(region.id), literal(at), literal(actor.account_id, Integer), literal(tag.value))
    about = (literal(table.__tablename__), found, literal(detail, JSONB))
    columns = ["region_id", "at", "actor_id", "tag", "subject_kind", "subject_id", "detail"]
    session.execute(insert(AuditEvent).from_select(columns, select(*told, *about)))
