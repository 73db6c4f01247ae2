"""The region's revision: every change to a profile raises it, and the ranker reads again what carries a newer one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from matchmaker.services import ranker
from models import Partner, Region

_TOGETHER = "revisions.together"


def renew(session: Session, partner: Partner, now: datetime) -> None:
    """Tell the ranker to read a profile again, by the region's revision; at once, or with all that change ``together``.

    Requests that found nobody are ranked again: this may be the person they wait for.
    """
    gathered: set[Partner] | None = session.info.get(_TOGETHER)
    if gathered is None:
        _renew(session, {partner}, now)
    else:
        gathered.add(partner)


@contextmanager
def together(session: Session, now: datetime) -> Iterator[None]:
    """Let all profiles of a region that change within carry one revision: they are stored at the same moment.

    The region's row is locked only once everything else is written, so nobody waits for what comes before.
    """
    gathered = session.info[_TOGETHER] = set[Partner]()
    try:
        yield
    finally:
        del session.info[_TOGETHER]
    if gathered:
        _renew(session, gathered, now)


def _renew(session: Session, partners: Collection[Partner], now: datetime) -> None:
    session.flush()
    region_id = next(iter(partners)).region_id
    revision = touch(session, region_id)
    session.execute(
        update(Partner).where(Partner.id.in_([each.id for each in partners])).values(revision=revision),
        execution_options={"synchronize_session": False},
    )
    for partner in partners:
        set_committed_value(partner, "revision", revision)
    if any(each.reviewed_at is not None for each in partners):
        ranker.ask_for_unanswered(session, region_id, f"revision-{revision}", now)


def touch(session: Session, region_id: int) -> int:
    """Raise a region's revision and give it; the changed profiles must carry it, or the ranker will not see them.

    The row lock orders concurrent changes: no two leave the same number, and no lower one is committed later. It lets
    others go on writing rows that only refer to the region.
    """
    region = session.get_one(Region, region_id, with_for_update={"key_share": True}, populate_existing=True)
    region.revision += 1
    session.flush()
    return region.revision
