"""What ``scripts/bench mail`` counts: in the mailbox, against what was due."""

from __future__ import annotations

from collections import Counter

import pytest

from matchmaker.bench import mail
from matchmaker.bench.mail import Round, figures


def test_lost_and_duplicated_are_counted_over_all_rounds() -> None:
    due = frozenset({"one", "two"})
    good = Round(arrived=Counter({"one": 1, "two": 1}), due=due, ours=2.0, bare=1.0)
    poor = Round(arrived=Counter({"one": 3}), due=due, ours=4.0, bare=1.0)

    found = figures([good, good, poor], [good], count=2)

    assert (found["lost"], found["duplicated"]) == (1, 2)
    assert (found["per_second"], found["bare_per_second"], found["ratio"]) == (1.0, 2.0, 0.5)
    assert {"lost", "duplicated", "per_second", "ratio"} <= found.keys()


@pytest.mark.full
def test_both_send_the_same_mails_to_the_same_server() -> None:
    found = mail.measured(count=20, rounds=1)

    assert (found["lost"], found["duplicated"]) == (0, 0)
    assert min(found["ratio"], found["ratio_at_once"]) > 0
