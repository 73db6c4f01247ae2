"""The ranker's memory of a region: every text is embedded once, and read again only when something has moved."""

from __future__ import annotations

from matchmaker.embedding import Encoder
from matchmaker.index import Index
from matchmaker.services import partners
from matchmaker.services.partners import FundDraft
from models import (
    OwnerKind,
)
from tests import factories as f
from tests.services.conftest import acting
from tests.services.valley import WATER, Valley


def test_a_text_is_embedded_once(valley: Valley, encoder: Encoder) -> None:
    request = valley.ask()
    valley.propose(request)
    stored = valley.embedded()
    kinds = [kind for kind, _, _ in stored]
    assert [kinds.count(kind) for kind in (OwnerKind.FUND, OwnerKind.PARTNER, OwnerKind.REQUEST)] == [4, 4, 1]
    valley.propose(request, Index(encoder))
    assert valley.embedded() == stored


def test_a_changed_fund_is_embedded_alone(valley: Valley) -> None:
    request, actor = valley.ask(), acting(valley.cast.marisol)
    valley.propose(request)
    before = valley.embedded()
    rafael = valley.people["Rafael"]
    draft = FundDraft("Floods and washes", "I have measured every flood in our wash since 1988.", "")
    partners.save_fund(valley.session, actor, rafael, draft, valley.clock, fund_id=rafael.funds[0].id)
    valley.propose(request)
    after = valley.embedded()
    changed = {key for key in after if after[key][1] != before[key][1]}
    assert changed == {(OwnerKind.FUND, rafael.funds[0].id, 1), (OwnerKind.PARTNER, rafael.id, 0)}
    assert set(valley.proposed(request)[:2]) == {"Rafael", "Ximena"}


def test_a_removed_fund_leaves_no_vector(valley: Valley) -> None:
    request, actor = valley.ask(), acting(valley.cast.marisol)
    rafael = valley.people["Rafael"]
    extra = f.FundFactory(region=valley.cast.region, owner=rafael, title=WATER[0], text=WATER[1])
    valley.propose(request)
    partners.remove_fund(valley.session, actor, rafael, extra.id, valley.clock)
    valley.propose(request)
    assert (OwnerKind.FUND, extra.id, 1) not in valley.embedded()


def test_the_index_is_loaded_again_only_when_the_region_has_moved(valley: Valley) -> None:
    region, session, index = valley.cast.region, valley.session, valley.index
    session.flush()
    held = index.matrices(session, region)
    assert index.matrices(session, region) is held
    assert index.matrices(session, valley.cast.next_door) is not held
    assert index.matrices(session, region) is held
    partners.pause(session, acting(valley.cast.marisol), valley.people["Petra"], valley.clock)
    moved = index.matrices(session, region)
    assert moved is not held
    assert index.matrices(session, region) is moved
