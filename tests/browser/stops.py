"""The stops of the tour: which page, whose, and the sentence that goes with its picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.browser.valley import (
    ADMIN,
    APPROVED,
    ASKED,
    COORDINATOR,
    FUNDER,
    NOBODY,
    PARTNER,
    TEACHER,
    Valley,
)

PHONE, DESKTOP = (390, 844), (1280, 900)
SHORT = (390, 780)
"""Above what is another one each time: the private address of a calendar."""


@dataclass(frozen=True)
class Stop:
    """One picture. ``path`` may name a request, a partner or a link of the valley in braces; ``rule`` is its route."""

    name: str
    path: str
    rule: str
    said: str
    who: str = NOBODY
    window: tuple[int, int] = DESKTOP
    language: str = "en"
    theme: str = "light"
    at: str = ""

    def address(self, valley: Valley) -> str:
        """Where it is in a valley."""
        return self.path.format(id=valley.ids, link=valley.links)


@dataclass(frozen=True)
class Part:
    """What one person sees, in order."""

    title: str
    said: str
    stops: tuple[Stop, ...]


REQUEST, ON_DESK = "/requests/<row:request_id>", "/desk/<row:request_id>"
TOUR = (
    Part(
        "A teacher, on a phone",
        "Ana Luisa has five minutes between classes.",
        (
            Stop(
                "teacher-home", "/requests", "/requests",
                "Her needs, each with what happens next and by when.", TEACHER, SHORT,
            ),
            Stop(
                "teacher-new", "/requests/new", "/requests/new",
                "A need is three questions; her class is filled in already.", TEACHER, PHONE,
            ),
            Stop(
                "teacher-ideas", "/ideas", "/ideas",
                "She can begin with people instead: what is known around her school, nobody named.",
                TEACHER, PHONE, theme="dark",
            ),
            Stop(
                "teacher-asked", f"/requests/{{id[{ASKED}]}}", REQUEST,
                "The yellow box is the page: who is asked, until when, and what follows.", TEACHER, PHONE,
            ),
        ),
    ),
    Part(
        "A partner, without signing in",
        "Ramón and Esperanza know things; a mail and one page is all that is asked of them.",
        (
            Stop(
                "partner-invitation", "{link[invitation]}", "/i/<token>",
                "The link of the mail: who asks, what for, where, when and for how long.", window=PHONE, language="es",
            ),
            Stop(
                "partner-answer", "{link[invitation]}?answer=yes", "/i/<token>",
                "One of three answers of the same size, and one button to confirm it.", window=PHONE, at="#respuesta",
            ),
            Stop(
                "partner-profile", "/profile", "/profile",
                "A profile is a conversation: what people come to her for, and how she came to know it.",
                PARTNER, PHONE, language="es",
            ),
            Stop(
                "partner-visits", "{link[visit]}", "/visits/<token>",
                "An agreed visit, moved or cancelled by either side from its mail.", window=PHONE,
            ),
        ),
    ),
    Part(
        "A coordinator, all day",
        "Marisol decides; the plan proposes and says why.",
        (
            Stop(
                "desk", "/desk", "/desk",
                "The desk: who waits, who fits and why, and the decision, in one screen.", COORDINATOR,
            ),
            Stop(
                "desk-approved", f"/desk/{{id[{APPROVED}]}}", ON_DESK,
                "Approved, and not sent yet: one key takes it back.", COORDINATOR,
            ),
            Stop(
                "desk-compare", "{link[compare]}", ON_DESK + "/compare",
                "Three people side by side: the same facts of each, and what would change if they were first.",
                COORDINATOR,
            ),
            Stop(
                "desk-bulk", "/desk/bulk?all=1", "/desk/bulk",
                "The obvious ones together: one look, one question, one key to take all of it back.", COORDINATOR,
            ),
            Stop(
                "desk-waiting", "/desk/waiting", "/desk/waiting",
                "What is under way with others, and who waits for whom.", COORDINATOR,
            ),
            Stop(
                "people", "/people", "/people",
                "Everybody who can be asked: clearance, load, last visit, silent since.",
                COORDINATOR, language="es", theme="dark",
            ),
            Stop(
                "calendar", "/calendar", "/calendar",
                "Days without school, which no visit falls on and no promise counts.", COORDINATOR,
            ),
            Stop("school", "/schools", "/schools", "Each school's place in line, from documented facts.", COORDINATOR),
        ),
    ),
    Part(
        "An administrator",
        "Theodora decides how the network works, and sees whether it does.",
        (
            Stop(
                "admin-health", "/admin/health", "/admin/health",
                "How the work behind the pages stands, in words, with what mends it.", ADMIN,
            ),
            Stop(
                "admin-region", "/admin/region", "/admin/region",
                "How long an answer may take, when mails rest, who must sign in with a second step.", ADMIN,
            ),
            Stop(
                "admin-policy", "/equity/policy", "/equity/policy",
                "The dial of the equity policy: tried first, put into effect with a reason.", ADMIN, theme="dark",
            ),
        ),
    ),
    Part(
        "A funder",
        "Fran reads what the mandate asks for.",
        (
            Stop(
                "funder-equity", "/equity", "/equity",
                "Whom the network reached, who was left out, and what was done about it.", FUNDER,
            ),
        ),
    ),
    Part(
        "Everybody",
        "What stands open to all, without a name that did not agree to it.",
        (
            Stop("landing", "/", "/", "Three real pairings say what this is.", window=PHONE, language="es"),
            Stop("map", "/map", "/map", "What is known where: areas, never addresses.", window=DESKTOP),
            Stop(
                "funds", "/funds", "/funds",
                "What neighbors let everybody read of what they know.", window=PHONE, theme="dark",
            ),
            Stop(
                "turns", "/how/turns", "/how/turns",
                "How turns are taken: the equity policy in plain words.", window=PHONE,
            ),
            Stop(
                "fairness", "/fairness", "/fairness",
                "The fairness report, for a council meeting and for print.", window=DESKTOP,
            ),
        ),
    ),
)  # fmt: skip
"""In the order in which a need travels."""


def stops() -> Iterator[Stop]:
    """Every stop of the tour."""
    for part in TOUR:
        yield from part.stops
