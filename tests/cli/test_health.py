"""How the installation stands, on one screen, with a status that a script can read."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker.clock import utc_now
from matchmaker.services.heartbeats import CLOCK
from models import QueueName, Region
from tests import factories as f
from tests.cast import Cast


def test_all_is_said_on_one_screen_and_what_is_wrong_is_named(app: Flask, session: Session, cast: Cast) -> None:
    def show() -> tuple[int, str]:
        session.commit()
        shown = app.test_cli_runner().invoke(args=["health"])
        return shown.exit_code, shown.output

    for name in (*(queue.value for queue in QueueName), CLOCK):
        f.HeartbeatFactory(name=name, at=utc_now())
    session.execute(update(Region).values(postal_address="1 Calle Sur"))
    status, said = show()
    assert (status, said.strip().splitlines()[-1]) == (0, "All is well."), said
    assert "database   ok" in said and "redis      ok" in said and cast.region.slug in said
    assert len(said.splitlines()) <= 25, "one screen"
    f.OutboxItemFactory(kind="vouched", region_id=cast.region.id, failed_at=f.NOW, last_error="550 no")
    f.OutboxItemFactory(queue="ranking", kind="propose", due_at=f.NOW - f.timedelta(days=400))
    cast.region.postal_address = ""
    status, said = show()
    assert status == 1 and said.count("WRONG: ") == 3, said
    assert "1 items of mail are put aside" in said and "something of ranking has been due" in said
