"""A sample of every mail we send and of every calendar file, with the same people, days and keys in each run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.mail.deliver import COMPOSE
from matchmaker.mail.render import render
from matchmaker.policies import NOBODY
from matchmaker.services import conversation, second_step, visits
from matchmaker.services.tasks import open_task
from matchmaker.settings import Provider, Settings
from models import Introduction, IntroductionState, OutboxItem, Role, Side, TaskKind, Visit
from tests import factories as f
from tests.cast import Cast, assemble
from tests.mail.conftest import part

PUBLIC = "https://match.palofierro.example"
LANGUAGES = ("en", "es")
ZONES = {"phoenix": "America/Phoenix", "denver": "America/Denver"}
_KEY = UUID("6f2f4d1e-9f0a-4c5e-8a58-0d7c9b1b2a11")
_UID = UUID("1c9f5f0e-3b1d-4e0a-9a53-6a4b8f0f7d21")
_LINK = re.compile(rf"({re.escape(PUBLIC)}/[a-z/-]*?)([A-Za-z0-9_.~-]{{40,}})")
_NUMBER = re.compile(rf"({re.escape(PUBLIC)}/requests/)\d+")


@dataclass(frozen=True)
class Scene:
    """Ana asked, Marisol approved Esperanza: the rows that every sample begins with."""

    session: Session
    cast: Cast
    introduction: Introduction

    def now(self) -> datetime:
        return f.NOW

    def item(self, kind: str, **payload: Any) -> OutboxItem:
        """What the outbox holds for a letter of this kind."""
        about = payload or {"introduction_id": self.introduction.id}
        item: OutboxItem = f.OutboxItemFactory(kind=kind, region_id=self.cast.region.id, payload=about)
        return item

    def to(self, kind: str, side: Side, **more: Any) -> OutboxItem:
        """The same, for a letter to one side of the introduction."""
        return self.item(kind, introduction_id=self.introduction.id, side=side.value, **more)

    def left(self, kind: str, side: Side) -> OutboxItem:
        """What a verb has left for one side."""
        found = self.session.scalars(select(OutboxItem).where(OutboxItem.kind == kind))
        return next(item for item in found if item.payload["side"] == side.value)

    def become(self, state: IntroductionState) -> None:
        self.introduction.state = state
        self.session.flush()

    def read_in(self, language: str) -> None:
        """Everybody reads this language from now on."""
        for person in (self.cast.ana.account, self.cast.marisol, self.cast.esperanza):
            person.language = language
        self.session.flush()

    def agree(self) -> Visit:
        """They meet on October 6, a lesson long."""
        self.become(IntroductionState.SCHEDULED)
        start = datetime(2026, 10, 6, 9, 20, tzinfo=ZoneInfo(self.cast.region.time_zone))
        visit: Visit = f.VisitFactory(
            region=self.cast.region, of=self.introduction, starts_at=start, ends_at=start + timedelta(minutes=50)
        )
        return visit


def set_up(session: Session, time_zone: str = "America/Phoenix") -> Scene:
    """The scene, in a region of this zone."""
    cast = assemble()
    cast.region.time_zone, cast.region.email = time_zone, "hola@palofierro.example"
    cast.ana.account.email, cast.marisol.email = "ana@palofierro.example", "marisol@palofierro.example"
    cast.esperanza.email = "esperanza@correo.example"
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, formats=["visit"])
    fund = cast.esperanza.funds[0]
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=cast.esperanza, what=fund)
    introduction = f.IntroductionFactory(region=cast.region, suggested=proposal, coordinator=cast.marisol, key=_KEY)
    session.flush()
    return Scene(session, cast, introduction)


def write(scene: Scene, item: OutboxItem, settings: Settings) -> EmailMessage:
    """The mail of an item, as it would leave now."""
    item.uid, item.created_at = _UID, f.NOW - timedelta(minutes=5)
    google = Provider("google", Provider.KNOWN["google"][1], "ours", "a secret", "Google")
    public = replace(settings, public_url=PUBLIC, reply_domain="reply.palofierro.example", providers=(google,))
    letter = COMPOSE[item.kind](scene.session, item, public, f.NOW)
    assert letter is not None, f"{item.kind} is not sent as things stand"
    return render(letter, item, public, f.NOW)


def as_text(mail: EmailMessage) -> str:
    """A mail as its reader has it: the headers that people see, the text, and what is attached. No link works."""
    shown = ("From", "To", "Reply-To", "Subject", "Content-Language", "List-Unsubscribe-Post")
    head = [f"{name}: {mail[name]}" for name in shown if name in mail]
    attached = [f"[attached: {each.get_filename()}]" for each in mail.iter_attachments()]
    text = "\n".join([*head, "", part(mail, "plain").rstrip(), *(["", *attached] if attached else [])])
    text = re.sub(r"talk\+[^@\s]+@", "talk+…@", text)
    return _NUMBER.sub(r"\g<1>17", _LINK.sub(r"\1…", text)) + "\n"


def calendar_of(mail: EmailMessage) -> str:
    """The calendar file of a mail, with line ends as files here have them."""
    (attached,) = mail.iter_attachments()
    return str(attached.get_content()).replace("\r\n", "\n")


def _invitation(scene: Scene) -> OutboxItem:
    return scene.item("invitation")


def _reminder(scene: Scene) -> OutboxItem:
    scene.introduction.answer_by = f.NOW + timedelta(days=2)
    scene.become(IntroductionState.INVITED)
    return scene.item("invitation_reminder")


def _over(scene: Scene) -> OutboxItem:
    scene.become(IntroductionState.LAPSED)
    return scene.item("invitation_over")


def _other_times(scene: Scene) -> OutboxItem:
    scene.become(IntroductionState.OTHER_TIMES)
    f.OtherTimeFactory(region=scene.cast.region, of=scene.introduction)
    return scene.item("other_times")


def _looking_further(scene: Scene) -> OutboxItem:
    request, region = scene.introduction.request, scene.cast.region
    task = open_task(scene.session, TaskKind.NOBODY_LEFT, "sample", region, request=request, now=f.NOW)
    task.owner_id, task.due_on = scene.cast.marisol.id, date(2026, 9, 16)
    scene.session.flush()
    scene.session.refresh(task)
    return scene.item("looking_further", request_id=request.id, task_id=task.id)


def _introduction(kind: str) -> Callable[[Scene], OutboxItem]:
    def arranged(scene: Scene) -> OutboxItem:
        scene.agree()
        scene.introduction.answered_at = f.NOW - timedelta(minutes=5)
        scene.become(IntroductionState.ACCEPTED)
        return scene.item(kind)

    return arranged


def _message(scene: Scene) -> OutboxItem:
    scene.become(IntroductionState.INVITED)
    words = "Shall I bring boots for everybody?"
    message = conversation.say(
        scene.session, scene.introduction.key, Side.PARTNER, words, "en", scene.now, form_key="sample"
    )
    return scene.item("message", message_id=message.id, side=Side.TEACHER.value)


def _held(scene: Scene) -> OutboxItem:
    scene.become(IntroductionState.INVITED)
    return scene.to("message_held", Side.TEACHER, why="contacts")


def _changed(scene: Scene) -> OutboxItem:
    start = scene.agree().starts_at + timedelta(days=7)
    when = (start, start + timedelta(minutes=50))
    visits.move(scene.session, NOBODY, scene.introduction.key, *when, Side.PARTNER, scene.now)
    return scene.left("visit_changed", Side.TEACHER)


def _cancelled(scene: Scene) -> OutboxItem:
    scene.agree()
    visits.cancel(scene.session, NOBODY, scene.introduction.key, Side.PARTNER, None, scene.now)
    return scene.left("visit_cancelled", Side.TEACHER)


def _soon(scene: Scene) -> OutboxItem:
    visit = scene.agree()
    visit.room, visit.sign_in = "Room 12", "At the front office, with your badge."
    return scene.to("visit_soon", Side.PARTNER, sequence=visit.sequence)


def _plan_wanted(scene: Scene) -> OutboxItem:
    scene.agree()
    return scene.to("plan_wanted", Side.TEACHER)


def _clearance_ends(scene: Scene) -> OutboxItem:
    scene.cast.esperanza.clearance_expires_on = date(2026, 10, 1)
    return scene.to("clearance_ends", Side.PARTNER, visit_id=scene.agree().id)


def _clearance_renewal(scene: Scene) -> OutboxItem:
    esperanza, marisol = scene.cast.esperanza, scene.cast.marisol
    esperanza.clearance_expires_on = date(2026, 10, 7)
    return scene.item("clearance_renewal", partner_id=esperanza.id, by_id=marisol.id)


def _how_was_it(scene: Scene) -> OutboxItem:
    visit = scene.agree()
    visit.starts_at = f.NOW - timedelta(days=3)
    visit.ends_at = visit.starts_at + timedelta(minutes=50)
    scene.session.flush()
    until = f.NOW + timedelta(days=14)
    return scene.to("how_was_it", Side.TEACHER, ends_at=until.isoformat())


def _account(letter: str) -> Callable[[Scene], OutboxItem]:
    def arranged(scene: Scene) -> OutboxItem:
        more = {"page": f"{PUBLIC}/confirm/{'x' * 60}", "until": (f.NOW + timedelta(days=5)).isoformat()}
        about = {"account_id": scene.cast.ana.account.id, "letter": letter}
        return scene.item("account", **about, **({} if letter == "password_changed" else more))

    return arranged


def _sign_in_changed(scene: Scene) -> OutboxItem:
    about = {"account_id": scene.cast.ana.account.id, "issuer": "https://accounts.google.com"}
    return scene.item("account", letter=second_step.LETTER, what=second_step.Change.CONNECTED.value, **about)


def _exists(scene: Scene) -> OutboxItem:
    return scene.item("account_exists", email=scene.cast.ana.account.email)


def _link(scene: Scene) -> OutboxItem:
    return scene.item("sign_in_link", account_id=scene.cast.ana.account.id)


def _instead(scene: Scene) -> OutboxItem:
    f.MembershipFactory(region=scene.cast.region, account=scene.cast.ana.account, role=Role.FUNDER)
    return _link(scene)


def _vouched(scene: Scene) -> OutboxItem:
    [membership] = scene.cast.ana.account.memberships
    membership.vouched_by_id, membership.account.password = scene.cast.marisol.id, "chosen"
    return scene.item("vouched", membership_id=membership.id)


LETTERS: dict[str, Callable[[Scene], OutboxItem]] = {
    "invitation": _invitation,
    "invitation_reminder": _reminder,
    "invitation_over": _over,
    "other_times": _other_times,
    "looking_further": _looking_further,
    "message": _message,
    "message_held": _held,
    "introduction_teacher": _introduction("introduction_teacher"),
    "introduction_partner": _introduction("introduction_partner"),
    "visit_changed": _changed,
    "visit_cancelled": _cancelled,
    "visit_soon": _soon,
    "plan_wanted": _plan_wanted,
    "clearance_ends": _clearance_ends,
    "clearance_renewal": _clearance_renewal,
    "how_was_it": _how_was_it,
    "confirm_address": _account("confirm_address"),
    "new_password": _account("new_password"),
    "password_changed": _account("password_changed"),
    "sign_in_changed": _sign_in_changed,
    "account_exists": _exists,
    "sign_in_link": _link,
    "sign_in_instead": _instead,
    "vouched": _vouched,
}
"""Each letter, by the name of its templates, and how things come to stand so that it is sent."""

CALENDARS = ("introduction_teacher", "visit_changed", "visit_cancelled")
"""The letters whose calendar files are kept, for each zone: a request, one of a new date, a cancellation."""
