"""Every page as somebody sees it, in every state it can be in: what the tests of all pages walk through.

A page is a route of the table of permissions, so a new page is a scene without anybody's doing; so is a form that comes
back. What else a page can look like (GUIDE §7) is written down in states.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from models import Account
from tests.cast import Cast
from tests.web.test_route_permissions import ROLES, TABLE, account_of, address
from tests.web.world import World

NOBODY = "anonymous"
LOOKERS = ("anonymous", "stranger", "unvouched", "teacher", "partner", "coordinator", "admin", "funder")
"""Whose pages differ: a colleague's, a neighbor's and a coordinator's next door look like those of these."""
NO_PAGE = frozenset({"/healthz", "/readyz", "/metrics", "/language/<code>", "/mailbox/<message_id>/html", "/desk/live"})
FILES = ("/static/", "/fs-static/", ".csv", ".ics", ".zip", ".json")
CAME_BACK = {"400", "409", "422"}
ELSEWHERE = frozenset({"POST /mail/<token>/unsubscribe", "POST /mail/reports", "POST /requests/look"})
"""Not sent from a page of ours, or answered with a part of one."""

Link = Callable[..., str]


@dataclass(frozen=True)
class Scene:
    """One page as somebody gets it. ``form``: what is sent to get there; without, it is opened by its address.

    ``states`` are those of GUIDE §7 that it shows, ``sender_down`` whether the site's job sender is silent meanwhile,
    ``offline`` whether the connection is gone once it is open, ``beside`` who else has it open.
    """

    name: str
    who: str
    path: str
    rule: str
    status: int = 200
    form: Mapping[str, str] | None = None
    states: frozenset[str] = field(default_factory=frozenset)
    sender_down: bool = False
    offline: bool = False
    beside: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.who})"


def is_page(rule: str) -> bool:
    """Whether people look at what this address answers."""
    return rule not in NO_PAGE and not rule.startswith(FILES[:2]) and not rule.endswith(FILES[2:])


def of_routes(session: Session, cast: Cast, world: World, link: Link) -> Iterator[Scene]:
    """Each page as each kind of person gets it, and each form as it comes back when it was sent empty."""
    for route, row in TABLE.items():
        method, rule = route.split(" ", 1)
        if not is_page(rule) or route in ELSEWHERE or "/mailbox" in rule:
            continue
        outcomes = dict(zip(ROLES, row.split(), strict=True))
        wanted = {"200"} if method == "GET" else CAME_BACK
        seen = [who for who in LOOKERS if outcomes[who] in wanted]
        # A page for everybody is the same page but for the bar at its top.
        for who in [NOBODY] if NOBODY in seen and len(seen) == len(LOOKERS) else seen:
            yield Scene(
                name=route,
                who=who,
                path=address(rule, cast, world, link),
                rule=rule,
                status=int(outcomes[who]),
                form=None if method == "GET" else {},
                states=frozenset() if method == "GET" else frozenset({"error on save"}),
            )


def people(session: Session, cast: Cast) -> dict[str, Account | None]:
    """Who looks, by the names that scenes give them."""
    return {who: account_of(who, session, cast) for who in ROLES}
