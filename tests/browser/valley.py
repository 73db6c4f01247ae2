"""The demo region on a day that does not move: loaded, ranked and planned, some needs on their way, some visits over.

What the pictures of docs/tour.md show. Everything is done by the application's own services and workers, in this
process, at times that are told it; so the same pages come about whenever they are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import time_machine
from flask_security.utils import hash_password
from sqlalchemy import select

from matchmaker import jobs, outbox, tokens
from matchmaker.clock import utc_now
from matchmaker.embedding import Encoder
from matchmaker.extensions import db
from matchmaker.index import Index
from matchmaker.mail.transport import Transport
from matchmaker.policies import Actor
from matchmaker.services import accounts, demo, introductions, memberships, proposals
from matchmaker.services.heartbeats import CLOCK
from matchmaker.services.recall import Recall
from matchmaker.settings import Settings
from models import (
    Account,
    Introduction,
    LearningRequest,
    Membership,
    Partner,
    Proposal,
    ProposalState,
    QueueName,
    Region,
    Role,
    Side,
)
from tests import databases
from tests.architecture.conftest import ROOT
from tests.browser.serving import Cookies, Served, cookies, serving
from tests.browser.signing_in import Sessions, session_of
from tests.factories import NOW
from tests.mail.conftest import Postbox, Server
from tests.web.conftest import PAGES_OF

BEGINS = NOW - timedelta(days=6)
TEACHER, PARTNER = "ana.luisa@treshermanas.example", "esperanza.ochoa@correo.example"
COORDINATOR, COLLEAGUE, ADMIN = "marisol@palofierro.example", "ben@palofierro.example", "theodora@palofierro.example"
FUNDER, NOBODY = "fran@fund.example", ""
SAID_YES = "Weaving on a backstrap loom"
ASKED = "Why does our arroyo flood so fast?"
WAITS = "Poems you carry without paper"
COMPARED = "Walking the wash with a measuring tape"
APPROVED = "A telescope and twenty-five fourth graders"


@dataclass(frozen=True)
class Valley:
    """Where it is served, everybody's session in each language, and the links that mails would carry."""

    site: Served
    cookies: Cookies
    links: dict[str, str]
    ids: dict[str, int]


@contextmanager
def valley(settings: Settings, migrated: str) -> Iterator[Valley]:
    """Bring it about, then serve it for as long as the block lasts; the clock stands still meanwhile."""
    with ExitStack() as stack:
        clock = stack.enter_context(time_machine.travel(BEGINS, tick=False))
        here = stack.enter_context(databases.own(settings, migrated))
        server = Server(postbox := Postbox())
        stack.callback(server.stop)
        app = here.app()
        with app.app_context(), Transport(postbox.url, timeout=20) as transport:
            app.extensions |= {"index": Index(Encoder()), "recall": Recall(), "transport": transport}
            _load()
            _a_week(clock)
            links, ids, sessions = _links(settings), _ids(), _sessions()
            db.session.close()
            db.engine.dispose()
        yield Valley(stack.enter_context(serving(app)), cookies(app, sessions), links, ids)


def _load() -> None:
    region = demo.load(db.session, ROOT / "demo" / "palo-fierro", hash_password("ironwood-and-rain"), utc_now)
    assert region is not None
    newcomer = accounts.Newcomer("Fran Okonkwo", FUNDER)
    funder = accounts.open_account(db.session, newcomer, confirmed_at=utc_now())
    assert funder is not None
    memberships.give(db.session, Actor(), funder, region, Role.FUNDER, utc_now)
    outbox.commit(db.session)
    _work()


def _work() -> None:
    """All that is due now: rankings, the plan, what the plan renews, mails."""
    for name in (QueueName.RANKING, QueueName.PLANNING, QueueName.RANKING, QueueName.MAIL):
        jobs.drain(name.value, alive=(name.value, CLOCK))


def _a_week(clock: time_machine.Traveller) -> None:
    """Invitations leave; one is answered with yes, one with not now, others are still open on the last day."""
    for title in (SAID_YES, ASKED, WAITS, "Bees, blossoms and a very curious class"):
        _approve(title)
    clock.shift(timedelta(minutes=30))
    _work()
    clock.shift(timedelta(days=2))
    introduction = _introduction(SAID_YES)
    window = introduction.request.windows[0]
    introductions.accept(db.session, introduction.key, window.id, utc_now)
    outbox.commit(db.session)
    _work()
    clock.move_to(NOW, tick=False)
    _work()
    _approve(APPROVED)
    for name in QueueName:
        jobs.drain(name.value, alive=(name.value, CLOCK))


def _approve(title: str) -> None:
    """As Marisol: the first who fits, with two more behind."""
    request = _request(title)
    account = _account(COORDINATOR)
    marisol = Actor(account.id, frozenset({(request.region_id, Role.COORDINATOR)}))
    first, *behind = db.session.scalars(
        select(Proposal)
        .where(Proposal.request_id == request.id, Proposal.state == ProposalState.OPEN)
        .order_by(Proposal.rank)
        .limit(3)
    )
    ids = {"request_id": request.id, "ranking_id": first.ranking_id, "proposal_id": first.id}
    proposals.approve(db.session, marisol, **ids, clock=utc_now, backups=[each.id for each in behind])
    outbox.commit(db.session)


def _request(title: str) -> LearningRequest:
    return db.session.scalars(select(LearningRequest).where(LearningRequest.title == title)).one()


def _account(email: str) -> Account:
    return db.session.scalars(select(Account).where(Account.email == email)).one()


def _introduction(title: str) -> Introduction:
    request = _request(title)
    return db.session.scalars(
        select(Introduction).where(Introduction.request_id == request.id).order_by(Introduction.id.desc()).limit(1)
    ).one()


def _links(settings: Settings) -> dict[str, str]:
    def link(title: str, purpose: tokens.Purpose, side: Side) -> str:
        of = _introduction(title)
        reader = of.partner_id if side is Side.PARTNER else of.request.teacher_id
        expires = NOW + timedelta(days=30)
        token = tokens.issue(settings.secret_key, purpose, of.key, f"{side.value}:{reader}", expires)
        return f"/{PAGES_OF[purpose]}/{token}"

    return {
        "invitation": link(ASKED, tokens.Purpose.ANSWER, Side.PARTNER),
        "visit": link(SAID_YES, tokens.Purpose.VISIT, Side.TEACHER),
        "compare": _compared(COMPARED),
    }


def _compared(title: str) -> str:
    """The first three who fit a request, side by side."""
    request = _request(title)
    people = db.session.scalars(
        select(Proposal.id)
        .where(Proposal.request_id == request.id, Proposal.state == ProposalState.OPEN)
        .order_by(Proposal.rank)
        .limit(3)
    )
    return f"/desk/{request.id}/compare?" + "&".join(f"p={each}" for each in people)


def _ids() -> dict[str, int]:
    titles = dict(db.session.execute(select(LearningRequest.title, LearningRequest.id)).all())
    names = dict(db.session.execute(select(Partner.name, Partner.id)).all())
    return {**titles, **names}


def _sessions() -> Sessions:
    region = db.session.scalars(select(Region)).one()
    rows = db.session.execute(
        select(Account.email, Account.fs_uniquifier)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.region_id == region.id)
    ).all()
    return {NOBODY: {}, **{email: session_of(key) for email, key in rows}}
