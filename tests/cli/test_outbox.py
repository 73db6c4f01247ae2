"""What is stuck, from a shell: of every region and of none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, IntroductionState, OutboxItem
from tests import factories as f
from tests.cast import Cast

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    """A command as the shell would give it, in this test's transaction."""

    def called(*words: object) -> Result:
        session.commit()
        return app.test_cli_runner().invoke(args=["outbox", *map(str, words)])

    return called


def aside(cast: Cast, **more: object) -> OutboxItem:
    item: OutboxItem = f.OutboxItemFactory(
        **{"kind": "vouched", "region_id": cast.region.id, "failed_at": f.NOW, "last_error": "550 no", **more}
    )
    return item


def test_what_is_stuck_is_listed_and_what_only_waits_on_demand(run: Run, cast: Cast) -> None:
    item = aside(cast)
    nobody_s = aside(cast, region_id=None, failed_at=None, attempts=5, kind="account")
    fresh = f.OutboxItemFactory(queue="ranking", kind="propose")
    f.OutboxItemFactory(done_at=f.NOW)
    lines = [line.split("\t") for line in run("list").output.splitlines()]
    assert sorted(line[0] for line in lines) == sorted([str(item.id), str(nobody_s.id)])
    told = next(line for line in lines if line[0] == str(item.id))
    assert told[1:] == ["mail", "vouched", cast.region.slug, "aside since 2026-09-14 16:00", "0 tries", "550 no"]
    assert len(run("list", "--waiting").output.splitlines()) == 3
    assert run("list", "--waiting", "--queue", "ranking").output.startswith(f"{fresh.id}\t")


def test_one_or_all_are_put_back_in_line(run: Run, session: Session, cast: Cast) -> None:
    items = [aside(cast, attempts=4) for _ in range(3)]
    assert run("retry", items[0].id).output == "1 back in line\n"
    assert (items[0].failed_at, items[0].attempts) == (None, 0)
    assert run("retry", "--put-aside").output == "2 back in line\n"
    assert [item.failed_at for item in items] == [None] * 3
    assert session.scalars(select(AuditEvent.tag)).all() == ["admin:outbox:retried"] * 3


def test_what_is_not_there_is_said_to(run: Run, cast: Cast) -> None:
    done = aside(cast, failed_at=None, done_at=f.NOW)
    for words in (("retry", done.id), ("drop", done.id, "--reason", "over")):
        refused = run(*words)
        assert refused.exit_code == 1 and "Nothing was changed." in refused.output
    assert run("retry").exit_code == 2


def test_a_mail_is_let_go_unless_somebody_waits_for_it(run: Run, session: Session, cast: Cast) -> None:
    item = aside(cast)
    assert run("drop", item.id).exit_code == 2, "a reason is asked for"
    assert run("drop", item.id, "--reason", "told").exit_code == 0
    assert item.done_at is not None and item.failed_at is None
    introduction = f.IntroductionFactory(
        region=cast.region, suggested=f.ProposalFactory(region=cast.region), state=IntroductionState.APPROVED
    )
    wanted = aside(cast, kind="invitation", payload={"introduction_id": introduction.id})
    refused = run("drop", wanted.id, "--reason", "over")
    assert refused.exit_code == 1 and "something would wait for it for ever" in refused.output
    assert wanted.failed_at == f.NOW
