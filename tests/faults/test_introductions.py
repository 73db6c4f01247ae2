"""Everything goes wrong while people are introduced: no letter is lost, and every book agrees with the others."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from matchmaker.settings import Settings
from models import Introduction, IntroductionState, OutboxItem
from tests.faults import books
from tests.faults.network import MAILERS, Answering, Network, under_fire, write
from tests.faults.unruly import Mood, Unruly


@dataclass(frozen=True)
class Size:
    """How much happens. ``misfortunes`` is how many mails meet each of the mail server's moods."""

    introductions: int
    mailer_kills: int
    clock_kills: int
    restarts: int
    misfortunes: int


STALL = 180.0
"""Seconds in which nothing at all moves: longer than a killed mailer takes to start again beside other heavy work, and
than an item that failed some times in a row waits. How long the whole of it takes is the machine's matter."""
EXPECTED = ("PermanentFailure", "TransientFailure", "OperationalError", "DBAPIError", "InterfaceError")
"""What an outbox item may say of a try: the mail server's answers, and a database that went away."""
REFUSED = ("PermanentFailure: 550", "PermanentFailure: 554")
"""What one that was put aside may say: the mail server wants it never."""
SMALL = Size(introductions=8, mailer_kills=1, clock_kills=1, restarts=1, misfortunes=1)
FULL = Size(introductions=1000, mailer_kills=24, clock_kills=6, restarts=2, misfortunes=15)


@pytest.mark.parametrize("size", [pytest.param(SMALL, id="8"), pytest.param(FULL, id="1000", marks=pytest.mark.full)])
def test_nothing_that_was_approved_is_lost(settings: Settings, size: Size) -> None:
    # Another order of events in every run; what is asserted holds for all of them.
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    server = Unruly(size.misfortunes, among=size.introductions, seed=seed)
    try:
        with under_fire(settings, server) as network:
            for phase in (
                lambda: write(network, size.introductions, seed),
                lambda: live_through(network, size, random.Random(seed)),
                lambda: check(network, size),
            ):
                began = time.monotonic()
                phase()
                print(f"{time.monotonic() - began:.0f} s")
    finally:
        server.stop()


def live_through(network: Network, size: Size, chance: random.Random) -> None:
    """Run the workers while accidents happen and partners answer, until all is quiet and nothing is left to send."""
    answering = Answering(network, chance)
    accidents = planned(network, size, chance)

    def quiet() -> bool:
        network.server.wait(0.2)
        network.keep_alive()
        if accidents and len(network.server.taken) >= accidents[0][0]:
            accidents.pop(0)[1]()
            return False
        answering.answer()
        return not accidents and not answering.open and network.unsent() == 0

    settle(network, quiet)


def settle(network: Network, quiet: Callable[[], bool]) -> None:
    """Return once all is quiet; fail when nothing has moved for long, whatever it was."""
    moved, before = time.monotonic(), network.progress()
    while not quiet():
        now = network.progress()
        if now != before:
            moved, before = time.monotonic(), now
        assert time.monotonic() - moved < STALL, f"nothing has moved for {STALL:.0f} s at {before}: {network.left()}"


def planned(network: Network, size: Size, chance: random.Random) -> list[tuple[int, Callable[[], None]]]:
    """Every accident, and after how many mails it happens: spread over the first as many as there are introductions."""
    accidents: list[Callable[[], None]] = [
        *[lambda: network.kill(chance.choice(MAILERS)) for _ in range(size.mailer_kills)],
        *[lambda: network.kill("clock") for _ in range(size.clock_kills)],
        *[network.restart_postgres for _ in range(size.restarts)],
        *[network.restart_redis for _ in range(size.restarts)],
    ]
    chance.shuffle(accidents)
    return list(zip(sorted(chance.sample(range(size.introductions), len(accidents))), accidents, strict=True))


def check(network: Network, size: Size) -> None:
    """The service's books beside the mail server's."""
    server = network.server
    with network.database.session() as session:
        found = books.Delivery.of(session, server)
        print(
            f"{size.introductions} introductions, {network.kills} kills, {network.restarts} restarts, "
            f"{sum(server.moods.values()) - server.moods[Mood.TAKES]} refusals, hangs and cuts: {found}"
        )
        assert set(server.moods) == set(Mood)
        assert network.kills >= size.mailer_kills
        assert (found.lost, found.strangers) == (0, 0)
        assert found.duplicates <= network.kills
        assert found.refused <= server.moods[Mood.NEVER_AT_RCPT] + server.moods[Mood.NEVER_AT_DATA]
        # A mailer that is killed while it hands over a mail takes the server's chance not to answer it.
        kept_back = server.moods[Mood.CUTS_AFTER] + server.moods[Mood.HANGS_AFTER]
        assert kept_back - network.kills <= found.unanswered <= kept_back
        assert books.twice_told_apart(server) == []
        assert books.wrong_units(session) == []
        assert books.illegal_changes(session) == []
        assert books.wrong_audit(session) == []
        aside = session.scalars(select(OutboxItem.last_error).where(OutboxItem.failed_at.is_not(None))).all()
        assert [error for error in aside if error is None or not error.startswith(REFUSED)] == []
        # Whatever else went wrong would be a fault of ours that trying again has hidden.
        tried = session.scalars(select(OutboxItem.last_error).where(OutboxItem.last_error.is_not(None))).all()
        assert [error for error in tried if error and not error.startswith(EXPECTED)] == []
        assert not any("eadlock" in error for error in tried if error)
        states = set(session.scalars(select(Introduction.state)))
        assert {IntroductionState.SCHEDULED, IntroductionState.NOT_NOW, IntroductionState.INVITED} <= states
