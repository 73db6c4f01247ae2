"""Views of a page that a coordinator keeps under a name. Whoever keeps one is the only one who sees it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.clock import Clock
from matchmaker.errors import Conflict, NotFound
from matchmaker.policies import Actor
from models import Account, Region, SavedView, ViewedPage

MOST = 12
"""Views that one person keeps of one page."""


class TooManyViews(Conflict):
    """Somebody keeps as many views of a page as anybody may."""


def of(session: Session, actor: Actor, region: Region, page: ViewedPage) -> Sequence[SavedView]:
    """The views that the actor keeps of a page of a region, by name."""
    return session.scalars(
        select(SavedView)
        .where(SavedView.account_id == actor.account_id, SavedView.region_id == region.id, SavedView.page == page)
        .order_by(func.lower(SavedView.name), SavedView.id)
    ).all()


def keep(
    session: Session, actor: Actor, region: Region, page: ViewedPage, name: str, query: str, clock: Clock
) -> SavedView:
    """Keep a view; one of the same name is replaced. ``query`` is what the page itself made of its own parameters.

    Raises TooManyViews with ``most``.
    """
    # One account keeps one view at a time: two windows must not count past each other.
    session.get_one(Account, actor.account_id, with_for_update=True)
    kept = of(session, actor, region, page)
    view = next((each for each in kept if each.name == name), None)
    if view is None and len(kept) >= MOST:
        raise TooManyViews(most=MOST)
    if view is None:
        view = SavedView(region_id=region.id, account_id=actor.account_id, page=page, name=name)
        session.add(view)
    view.query = query
    session.flush()
    audit.record(session, actor, audit.Tag.VIEW_KEPT, view, at=clock(), page=page.value)
    return view


def remove(session: Session, actor: Actor, view_id: int, clock: Clock) -> None:
    """Keep a view no longer. Raises NotFound for one that is not the actor's own; a second time changes nothing."""
    view = session.get(SavedView, view_id, with_for_update=True)
    if view is None:
        return
    if view.account_id != actor.account_id:
        raise NotFound(view=view_id)
    audit.record(session, actor, audit.Tag.VIEW_REMOVED, view, at=clock(), page=view.page.value)
    session.delete(view)
    session.flush()
