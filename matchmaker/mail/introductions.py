"""What the letters about one introduction share: its rows, who signs, whose words are quoted, which times are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from matchmaker import tokens
from matchmaker.mail.letter import Correspondent, Quotation, Span, from_person, quote
from matchmaker.mail.links import link
from matchmaker.settings import Settings
from models import (
    Account,
    Fund,
    Introduction,
    LearningRequest,
    OutboxItem,
    Partner,
    Proposal,
    Region,
    School,
    Side,
    Teacher,
)

_AT_SCHOOL = frozenset({"visit", "series"})
_WITHOUT_DATE = timedelta(days=90)
"""How long a link works by which a date can be set."""


_LOCK_REQUEST = (
    select(LearningRequest.id)
    .join(Introduction, Introduction.request_id == LearningRequest.id)
    .where(Introduction.id == bindparam("introduction"))
    .with_for_update(of=LearningRequest)
)
_TEACHERS, _APPROVER = aliased(Account), aliased(Account)
_WITH_ALL = (
    select(Introduction, Region, LearningRequest, Teacher, _TEACHERS, School, Partner, _APPROVER, Proposal, Fund)
    .join(Region, Region.id == Introduction.region_id)
    .join(LearningRequest, LearningRequest.id == Introduction.request_id)
    .join(Teacher, Teacher.id == LearningRequest.teacher_id)
    .join(_TEACHERS, _TEACHERS.id == Teacher.account_id)
    .join(School, School.id == LearningRequest.school_id)
    .join(Partner, Partner.id == Introduction.partner_id)
    .join(_APPROVER, _APPROVER.id == Introduction.approved_by_id)
    .outerjoin(Proposal, Proposal.id == Introduction.proposal_id)
    .outerjoin(Fund, Fund.id == Proposal.fund_id)
    .where(Introduction.id == bindparam("introduction"))
    .with_for_update(of=Introduction)
    .execution_options(populate_existing=True)
)
"""What such letters read, in one query. Not as options of a load, which a later refresh of the row would repeat."""


@dataclass(frozen=True)
class Contact:
    """How to reach one side. ``organisation`` is set where the person answers for one."""

    name: str
    email: str
    phone: str
    organisation: str = ""


def named(session: Session, item: OutboxItem) -> Introduction | None:
    """The introduction that an outbox item is about."""
    return session.get(Introduction, item.payload["introduction_id"])


def locked(session: Session, item: OutboxItem) -> Introduction | None:
    """The same, locked after its request: that order everywhere, so that nobody waits in a circle."""
    its_number = {"introduction": item.payload["introduction_id"]}
    session.execute(_LOCK_REQUEST, its_number)
    found = session.execute(_WITH_ALL, its_number).one_or_none()
    if found is None:
        return None
    # A session forgets whom nobody holds; what the leaving of the letter changes would read it all once more.
    session.info["in_hand"] = found
    introduction: Introduction = found[0]
    return introduction


def signed(introduction: Introduction, region: Region) -> tuple[Correspondent, Correspondent]:
    """The coordinator who approved, as sender and as the one a reply goes to."""
    coordinator = introduction.approved_by
    return from_person(coordinator, region), Correspondent(coordinator.name, coordinator.email)


def partners_words(introduction: Introduction) -> Quotation | None:
    """The fund that the proposal was made for, else the partner's first, as the partner wrote it."""
    proposal = introduction.proposal
    fund = (proposal.fund if proposal else None) or next(iter(introduction.partner.funds), None)
    return quote(fund.title, fund.text, fund.language) if fund else None


def teachers_words(request: LearningRequest) -> Quotation:
    """What the teacher asked, as written."""
    return quote(request.title, request.text, request.language)


def offered(request: LearningRequest) -> list[Span]:
    """The times the teacher offers, earliest first."""
    return [Span(window.starts_at, window.ends_at) for window in request.windows]


def answer_token(settings: Settings, introduction: Introduction, answer_by: datetime) -> str:
    """The partner's own token: it works until a month after the last offered date, or after the day to answer by."""
    last = max((span.ends_at for span in offered(introduction.request)), default=answer_by)
    return tokens.issue(
        settings.secret_key,
        tokens.Purpose.ANSWER,
        introduction.key,
        f"partner:{introduction.partner_id}",
        max(last, answer_by) + tokens.AFTERLIFE,
    )


def answer_page(settings: Settings, token: str, answer: str | None = None) -> str:
    """The page that a token opens, with an answer chosen there or none."""
    if answer is None:
        return link(settings, "invitations.show", token=token)
    return link(settings, "invitations.show", anchor="respuesta", token=token, answer=answer)


def contact(introduction: Introduction, side: Side) -> Contact:
    """How to reach a side, for the other one. Only once both have said yes."""
    if side is Side.TEACHER:
        teacher = introduction.request.teacher
        return Contact(teacher.name, teacher.account.email, teacher.phone)
    partner = introduction.partner
    house = partner.name if partner.contact_name else partner.organisation_name or ""
    return Contact(partner.addressee, partner.email, partner.phone, house)


def reader(introduction: Introduction, side: Side) -> tuple[Correspondent, str]:
    """Who reads a side's letters, and the language they want."""
    if side is Side.TEACHER:
        account = introduction.request.teacher.account
        return Correspondent(account.name, account.email), account.language
    partner = introduction.partner
    return Correspondent(partner.addressee, partner.email), partner.language


def place(request: LearningRequest, *within: str) -> list[str]:
    """Where a visit to the class is, from small to large; nothing when the class goes elsewhere or nobody travels."""
    if request.formats and not _AT_SCHOOL.intersection(request.formats):
        return []
    said: list[str] = []
    for part in (*within, request.school.name, request.school.neighbourhood):
        # A teacher often names the school already, and a school its neighbourhood.
        if part.strip() and not any(part.strip() in earlier for earlier in said):
            said.append(part.strip())
    return said


def visit_token(settings: Settings, introduction: Introduction, side: Side, ends_at: datetime | None) -> str:
    """A side's own token for the page of the visit: it works until a month after it."""
    until = ends_at or (introduction.answered_at or introduction.approved_at) + _WITHOUT_DATE
    reader_id = introduction.request.teacher_id if side is Side.TEACHER else introduction.partner_id
    recipient, key = f"{side}:{reader_id}", introduction.key
    return tokens.issue(settings.secret_key, tokens.Purpose.VISIT, key, recipient, until + tokens.AFTERLIFE)


def visit_page(settings: Settings, introduction: Introduction, side: Side, ends_at: datetime | None) -> str:
    """The page on which a side moves the visit, calls it off, or sets its date."""
    return link(settings, "visits.show", token=visit_token(settings, introduction, side, ends_at))
