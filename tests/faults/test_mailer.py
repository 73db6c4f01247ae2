"""``kill -9`` of the mailer in the middle of its work: no mail is lost, and hardly one comes twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from models import Introduction, IntroductionState
from tests.embedded.watching import until
from tests.faults.conftest import House


@pytest.mark.parametrize(
    ("introductions", "kills"), [pytest.param(20, 3, id="20"), pytest.param(200, 12, id="200", marks=pytest.mark.full)]
)
def test_a_mailer_that_is_killed_again_and_again_loses_nothing(
    house: House, accepted: Callable[[int], list[int]], introductions: int, kills: int
) -> None:
    accepted(introductions)
    wanted = 2 * introductions
    # Another moment in every run; what is asserted holds for all of them.
    moments = sorted(random.sample(range(wanted - 1), kills))
    for moment in moments:
        house.start("mailer")
        until(lambda: len(list(house.home.mail.glob("*"))) > moment, seconds=120)  # noqa: B023
        house.kill("mailer")
    house.start("mailer")
    until(lambda: house.unfinished() == 0, seconds=120)
    counted = Counter(mail["Message-ID"] for mail in house.mails)
    assert len(counted) == wanted
    assert sum(counted.values()) - wanted <= kills
    addressed = Counter(mail["To"] for mail in {mail["Message-ID"]: mail for mail in house.mails}.values())
    assert addressed.most_common(1)[0][1] == introductions, "one to the teacher for each"
    assert len(addressed) == introductions + 1, "and one to every partner"
    assert house.count(Introduction.state == IntroductionState.SCHEDULED) == introductions
