"""The states of GUIDE §7 that a page can be in besides the usual one, each with the rows that bring it about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from matchmaker import tokens
from models import (
    LIVE_INTRODUCTIONS,
    Account,
    Introduction,
    IntroductionState,
    Partner,
    RequestState,
    Side,
    TaskKind,
)
from tests import factories as f
from tests.browser import several
from tests.browser.crowd import Crowd
from tests.browser.pages import NOBODY, Link, Scene
from tests.cast import Cast
from tests.web.world import World

P, S = tokens.Purpose, IntroductionState
VISITED = (S.ACCEPTED, S.INTRODUCED, S.SCHEDULED, S.MET, S.CANCELLED, S.NOT_HELD, S.REFLECTED)


@dataclass(frozen=True)
class Setting:
    """Where the states come about: the cast's region, in which there is one of everything, a region with a crowd in
    it, and the one next door, which is empty."""

    cast: Cast
    world: World
    link: Link
    crowd: Crowd


def everything(setting: Setting) -> Iterator[Scene]:
    """All scenes beyond those of the routes."""
    yield from _empty(setting)
    yield from _many(setting)
    # A version to go back to.
    f.EquityPolicyFactory(region=setting.cast.region, version=2, since=f.NOW + timedelta(seconds=1))
    yield from _requests(setting)
    yield from _links(setting)
    yield from _desk(setting)
    yield from _aside(setting)
    yield from _refused(setting)
    yield from several.everything(setting)


def _scenes(states: str, who: str, pages: Sequence[tuple[str, str]], **more: Any) -> Iterator[Scene]:
    """Scenes of (path, rule) that show the same states to the same person."""
    named = frozenset(filter(None, states.split(", ")))
    for path, rule in pages:
        yield Scene(name=f"{states or 'usual'}: {rule}", who=who, path=path, rule=rule, states=named, **more)


LISTS = (
    "/desk", "/desk/tasks", "/desk/waiting", "/desk/plan", "/people", "/clearances", "/calendar", "/schools", "/equity",
    "/equity/schools", "/equity/policy", "/stories", "/stories/review", "/fairness",
)  # fmt: skip
SECTIONS = {
    "/desk": ("ready", "closer", "none_yet", "held"),
    "/desk/waiting": ("invited", "other_times", "no_date", "unplanned"),
}


def _empty(at: Setting) -> Iterator[Scene]:
    yield from _scenes("empty", "next_door", [(path, path) for path in LISTS])
    yield from _scenes("empty", "next_door_admin", [("/admin/health", "/admin/health")])
    for path, sections in SECTIONS.items():
        yield from _scenes("empty", "next_door", [(f"{path}?section={each}", path) for each in sections])
    yield from _scenes("empty", "next_door_teacher", [(path, path) for path in ("/requests", "/ideas")])
    yield from _scenes("empty", "next_door_partner", [(path, path) for path in ("/profile/visits",)])
    nothing = ("/profile", "/profile/preview", "/profile/visits")
    yield from _scenes("empty", "newcomer", [(path, path) for path in nothing])


def _many(at: Setting) -> Iterator[Scene]:
    crowd = at.crowd
    yield from _scenes("many, long names", "crowd", [(path, path) for path in LISTS])
    for path, sections in SECTIONS.items():
        yield from _scenes("many, long names", "crowd", [(f"{path}?section={each}", path) for each in sections])
    for path in ("/desk", "/desk/tasks", "/desk/waiting", "/people", "/clearances", "/schools", "/stories"):
        yield from _scenes("many, long names", "crowd", [(f"{path}?page=2", path)])
    of_one = [
        (f"/desk/{crowd.asked.id}", "/desk/<row:request_id>"),
        (f"/desk/{crowd.asked.id}/people", "/desk/<row:request_id>/people"),
        (f"/desk/{crowd.asked.id}/why/{crowd.partner.id}", "/desk/<row:request_id>/why/<row:partner_id>"),
        (f"/people/{crowd.partner.id}", "/people/<row:partner_id>"),
        (f"/people/{crowd.partner.id}/profile", "/people/<row:partner_id>/profile"),
        (f"/people/{crowd.partner.id}/clearance", "/people/<row:partner_id>/clearance"),
        (f"/schools/{crowd.school.id}", "/schools/<row:school_id>"),
    ]
    yield from _scenes("many, long names", "crowd", of_one)
    yield from _scenes("many, long names", "crowd_teacher", [(p, p) for p in ("/requests", "/requests/new", "/ideas")])
    request = (f"/requests/{crowd.asked.id}", "/requests/<row:request_id>")
    yield from _scenes("many, long names", "crowd_teacher", [request])
    yield from _scenes("many, long names", "crowd_partner", [(p, p) for p in ("/profile", "/profile/visits")])


def _requests(at: Setting) -> Iterator[Scene]:
    """A request in each state that it has by itself, to its teacher and on the desk."""
    for state in set(RequestState) - {RequestState.PLACED, RequestState.SCHEDULED, RequestState.DONE}:
        asked = f.LearningRequestFactory(region=at.cast.region, asked_by=at.cast.ana, title=f"A need that is {state}")
        asked.state = state
        withdrawn = "withdrawn while open" if state is RequestState.WITHDRAWN else ""
        yield from _scenes(withdrawn, "teacher", [(f"/requests/{asked.id}", "/requests/<row:request_id>")])
        if state is not RequestState.DRAFT:
            yield from _scenes(withdrawn, "coordinator", [(f"/desk/{asked.id}", "/desk/<row:request_id>")])
        else:
            yield from _scenes("", "teacher", [(f"/requests/new?draft={asked.id}", "/requests/new")])
    yield from _scenes("", "teacher", [(f"/requests/new?again={at.world.asked.id}", "/requests/new")])


def _links(at: Setting) -> Iterator[Scene]:
    """What links of mails show in each state of their introduction, ended, and when they were changed."""
    for state in S:
        introduction = _introduction(at.cast, state)
        states = "withdrawn while open" if state is S.WITHDRAWN else "used link" if state is not S.INVITED else ""
        yield from _of_purpose(at, introduction, P.ANSWER, states, "/i/<token>")
        if state in VISITED:
            for side in Side:
                if side is not Side.COORDINATOR:
                    yield from _of_purpose(at, introduction, P.VISIT, states, "/visits/<token>", side)
        asked = introduction.request_id
        yield from _scenes("", "teacher", [(f"/requests/{asked}", "/requests/<row:request_id>")])
        yield from _scenes("", "coordinator", [(f"/desk/{asked}", "/desk/<row:request_id>")])
    rules = {
        P.ANSWER: "/i/<token>", P.TIMES: "/t/<token>", P.VISIT: "/visits/<token>", P.TALK: "/messages/<token>",
        P.REFLECT: "/reflections/<token>",
    }  # fmt: skip
    told = at.world.told.introduction
    for purpose, rule in rules.items():
        side = Side.TEACHER if purpose is P.TIMES else Side.PARTNER
        yield from _of_purpose(at, told, purpose, "expired link", rule, side, hours=-1, status=410)
        broken = rule.replace("<token>", "cut-off")
        yield from _scenes("expired link", NOBODY, [(broken, rule)], status=404)
    for choice in ("yes", "not_now", "other_times"):
        yield from _scenes("", NOBODY, [(f"{at.link(at.world.invited)}?answer={choice}", "/i/<token>")])
    times = _introduction(at.cast, S.OTHER_TIMES)
    f.OtherTimeFactory(region=at.cast.region, of=times)
    yield from _of_purpose(at, times, P.TIMES, "", "/t/<token>", Side.TEACHER)
    joining = SimpleNamespace(key=at.world.invited.key)
    ended = at.link(joining, purpose=P.JOIN, recipient=f"{at.cast.region.id}:{at.cast.marisol.id}", hours=-1)
    yield from _scenes("expired link", NOBODY, [(ended, "/join/by/<token>")], status=410)


def _of_purpose(
    at: Setting,
    introduction: Introduction,
    purpose: tokens.Purpose,
    states: str,
    rule: str,
    side: Side = Side.PARTNER,
    *,
    hours: int = 24 * 30,
    status: int = 200,
) -> Iterator[Scene]:
    of = introduction.request.teacher_id if side is Side.TEACHER else introduction.partner_id
    path = at.link(introduction, purpose=purpose, recipient=f"{side.value}:{of}", hours=hours)
    for scene in _scenes(states, NOBODY, [(path, rule)], status=status):
        yield Scene(**{**vars(scene), "name": f"{introduction.state} for the {side}, {scene.name}"})


def _introduction(cast: Cast, state: IntroductionState) -> Introduction:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    proposal = f.ProposalFactory(region=cast.region, of=asked, who=f.PartnerFactory(region=cast.region))
    invited = {} if state in (S.APPROVED, S.UNDONE) else {"invited_at": f.NOW - timedelta(days=2)}
    unanswered = (S.APPROVED, S.UNDONE, S.INVITED, S.LAPSED)
    answered = {} if state in unanswered else {"answered_at": f.NOW - timedelta(days=1)}
    met: Introduction = f.IntroductionFactory(
        region=cast.region, suggested=proposal, coordinator=cast.marisol, state=state, **invited, **answered
    )
    if state in (S.SCHEDULED, S.CANCELLED):
        f.VisitFactory(region=cast.region, of=met)
    elif state in (S.MET, S.NOT_HELD, S.REFLECTED):
        starts = f.NOW - timedelta(days=1)
        f.VisitFactory(region=cast.region, of=met, starts_at=starts, ends_at=starts + timedelta(hours=1))
    asked.state = {
        S.SCHEDULED: RequestState.SCHEDULED,
        S.MET: RequestState.DONE,
        S.REFLECTED: RequestState.DONE,
    }.get(state, RequestState.PLACED if state in LIVE_INTRODUCTIONS else RequestState.PROPOSED)
    return met


def _desk(at: Setting) -> Iterator[Scene]:
    """On the desk: a mail that came back, a sender that is silent, a second approval, and tasks of every kind."""
    cast, world = at.cast, at.world
    late = _introduction(cast, S.INVITED)
    f.OutboxItemFactory(
        region_id=cast.region.id, kind="invitation", failed_at=f.NOW, last_error="550 no such mailbox", bounces=1,
        payload={"introduction_id": late.id},
    )  # fmt: skip
    for kind in TaskKind:
        f.TaskFactory(region=cast.region, owner=cast.marisol, of=late.request, kind=kind)
    came_back = (f"/desk/{late.request_id}", "/desk/<row:request_id>")
    yield from _scenes("mail came back", "coordinator", [came_back, ("/desk/tasks", "/desk/tasks")])
    yield from _scenes("mail came back", "admin", [("/admin/health", "/admin/health")])
    open_ = (f"/desk/{world.asked.id}", "/desk/<row:request_id>")
    yield from _scenes("job sender down", "coordinator", [("/desk", "/desk"), open_], sender_down=True)
    yield from _scenes("job sender down", "admin", [("/admin/health", "/admin/health")], sender_down=True)
    taken = {
        "ranking": str(world.approved.proposal.ranking_id),
        "proposal": str(world.approved.proposal_id),
        "section": "ready",
    }
    approve = (f"/desk/{world.approved.request_id}/approve", "/desk/<row:request_id>/approve")
    yield from _scenes("two coordinators at once", "second_coordinator", [approve], form=taken, status=409)


def _aside(at: Setting) -> Iterator[Scene]:
    """Beside the decision: on hold, noted, compared, and their forms as they come back."""
    cast, world = at.cast, at.world
    named = [f"p={each.id}" for each in (world.first, world.second)]
    compared = f"/desk/{world.asked.id}/compare?{'&'.join(named)}"
    side_by_side = [
        (compared, "/desk/<row:request_id>/compare"),
        (f"/desk/{world.asked.id}?{named[0]}&{named[1]}", "/desk/<row:request_id>"),
    ]
    yield from _scenes("usual, side by side", "coordinator", side_by_side)
    held = f.ProposalFactory(region=cast.region, of__asked_by=cast.ana).request
    held.held_until, held.held_by_id, held.held_for = f.NOW + timedelta(days=3), cast.marisol.id, "A call first."
    yield from _scenes("usual, on hold", "coordinator", [(f"/desk/{held.id}", "/desk/<row:request_id>")])
    yield from _scenes("usual, on hold", "teacher", [(f"/requests/{held.id}", "/requests/<row:request_id>")])
    hold, note = f"/desk/{held.id}/hold", f"/desk/{held.id}/notes"
    error = frozenset({"error on save"})
    yield Scene(
        "a day too far", "coordinator", hold, "/desk/<row:request_id>/hold", 422,
        {"until": "2027-06-01", "reason": "A call"}, error,
    )  # fmt: skip
    yield Scene(
        "a student in a note", "coordinator", note, "/desk/<row:request_id>/notes", 422,
        {"text": "Mateo drew a map of the wash."}, error,
    )  # fmt: skip


def _refused(at: Setting) -> Iterator[Scene]:
    """Pages that say no."""
    yield Scene("nothing lives there", NOBODY, "/nothing-here", "404", 404)
    yield Scene("not yours", "teacher", "/desk", "403", 403)
    yield Scene("nothing lives there", "coordinator", "/desk/999999", "404", 404)
    yield Scene("not by this way", "coordinator", f"/desk/{at.world.asked.id}/approve", "405", 405)


def looks(at: Setting) -> dict[str, Account | None]:
    """Who looks besides the cast."""
    cast = at.cast

    def account(partner: Partner) -> Account:
        assert partner.account_id is not None
        return f.current().get_one(Account, partner.account_id)

    admin, newcomer = f.AccountFactory(name="Nadia Admin"), f.AccountFactory(name="Nico Newcomer")
    f.MembershipFactory(region=cast.next_door, account=admin, role="admin")
    f.MembershipFactory(region=cast.region, account=newcomer, role="partner")
    f.PartnerFactory(region=cast.region, account_id=newcomer.id, name=newcomer.name, reviewed_at=None)
    return {
        "next_door_admin": admin,
        "next_door_teacher": cast.otto.account,
        "next_door_partner": account(cast.paz),
        "newcomer": newcomer,
        "second_coordinator": cast.ben,
        "crowd": at.crowd.coordinator,
        "crowd_teacher": at.crowd.teacher.account,
        "crowd_partner": account(at.crowd.partner),
    }
