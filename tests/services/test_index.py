"""The ranker's memory of a region: every text is embedded once, and read again only when something has moved."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from sqlalchemy import delete, update

from matching.matrices import Matrices
from matchmaker.embedding import Encoder
from matchmaker.index import Index
from matchmaker.services import partners
from matchmaker.services.partners import FundDraft
from matchmaker.shelf import TITLES, WHOLE
from matchmaker.vectors import MuchToEmbed
from models import Fund, KnowledgeKind, OwnerKind, Partner
from tests import factories as f
from tests.services.conftest import acting
from tests.services.hamlet import Hamlet
from tests.services.valley import WATER, Valley


def test_a_text_is_embedded_once(valley: Valley, encoder: Encoder) -> None:
    request = valley.ask()
    valley.propose(request)
    stored = valley.embedded()
    kinds = [kind for kind, _ in {(kind, owner_id) for kind, owner_id, _ in stored}]
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
    whole, titles = (OwnerKind.PARTNER, rafael.id, WHOLE), (OwnerKind.PARTNER, rafael.id, TITLES)
    assert changed == {(OwnerKind.FUND, rafael.funds[0].id, 1), whole, titles}
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


def assert_same(found: Matrices, expected: Matrices) -> None:
    """Every array of both, and what a request would be told of them."""
    assert found.model == expected.model
    for name in ("partner_ids", "fund_ids", "joined", "credentialed", "practice"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist(), name
    for field in fields(expected.facts):
        one, other = getattr(found.facts, field.name), getattr(expected.facts, field.name)
        np.testing.assert_array_equal(one, other, err_msg=field.name)
    for name in ("piece_fund", "piece_partner", "piece_edges", "whole_first", "luck", "substance"):
        np.testing.assert_array_equal(getattr(found.corpus, name), getattr(expected.corpus, name), err_msg=name)
    for name in ("numbers", "steps"):
        one, other = getattr(found.corpus.piece_vectors, name), getattr(expected.corpus.piece_vectors, name)
        np.testing.assert_array_equal(one, other, err_msg=name)
    np.testing.assert_array_equal(found.corpus.whole.vectors, expected.corpus.whole.vectors)
    np.testing.assert_array_equal(found.corpus.titles.vectors, expected.corpus.titles.vectors)
    np.testing.assert_allclose(words(found), words(expected), rtol=1e-6)


def words(matrices: Matrices) -> list[float]:
    """What each partner gets for two words."""
    index = matrices.corpus.lexical
    terms, counts, _ = index.reader.ask("gates and bees")
    return [index.rarity("gate"), *index.scores(terms, counts).tolist()]


def test_what_is_spliced_in_is_what_would_be_read_anew(hamlet: Hamlet) -> None:
    session, index, people = hamlet.session, hamlet.index, hamlet.people
    index.matrices(session, hamlet.region)

    def agrees() -> None:
        assert_same(index.matrices(session, hamlet.region), Index(hamlet.reader).matrices(session, hamlet.region))

    people[0].funds[1].text = "One sentence about gates. " * 40
    people[0].weekdays = [0, 4]
    hamlet.touch(people[0])
    agrees()
    people[3].reviewed_at = None
    hamlet.touch(people[3])
    hamlet.add("I keep bees.", "Bees and their year.", "Wax.")
    session.delete(people[2].funds[0])
    hamlet.touch(people[2])
    agrees()
    people[5].funds[0].kind = KnowledgeKind.CREDENTIALED
    people[5].funds[0].subjects = ["science", "a subject of their own"]
    people[5].languages = ["qu"]
    hamlet.touch(people[5])
    for fund in people[1].funds:
        session.delete(fund)
    hamlet.touch(people[1])
    people[3].reviewed_at = f.NOW
    hamlet.touch(people[3])
    agrees()


def test_only_the_changed_profile_is_read_again(hamlet: Hamlet) -> None:
    session, people = hamlet.session, hamlet.people
    hamlet.index.matrices(session, hamlet.region)
    hamlet.reader.read()
    session.execute(update(Fund).where(Fund.partner_id == people[1].id).values(text="Changed behind our back."))
    people[4].funds[0].text = "I know ferries."
    hamlet.touch(people[4])
    hamlet.index.matrices(session, hamlet.region)
    assert hamlet.reader.read() == [
        "I know b\nI know ferries.\nI mend gate 4.",
        "I know b\nI mend gate 4.",
        "I know b I know ferries.",
    ]


def test_a_text_that_somebody_else_has_said_is_not_embedded(hamlet: Hamlet) -> None:
    hamlet.index.matrices(hamlet.session, hamlet.region)
    hamlet.reader.read()
    hamlet.add("I know bridge 0.")
    hamlet.index.matrices(hamlet.session, hamlet.region)
    assert hamlet.reader.read() == []


def test_somebody_who_goes_without_a_revision_is_noticed_at_the_next_change(hamlet: Hamlet) -> None:
    session, people = hamlet.session, hamlet.people
    hamlet.index.matrices(session, hamlet.region)
    session.execute(delete(Partner).where(Partner.id == people[2].id))
    hamlet.touch(people[0])
    found = hamlet.index.matrices(session, hamlet.region)
    assert people[2].id not in found.partner_ids
    assert_same(found, Index(hamlet.reader).matrices(session, hamlet.region))


def test_what_a_profile_no_longer_says_leaves_no_vector(hamlet: Hamlet) -> None:
    session, partner = hamlet.session, hamlet.people[0]
    fund, gone = partner.funds
    fund.text = " ".join(f"In {year} I mended the gate of house {year * 7}." for year in range(1990, 2010))
    hamlet.touch(partner)
    hamlet.index.matrices(session, hamlet.region)
    pieces = sorted(key[3] for key in hamlet.embedded() if key[1:3] == ("fund", fund.id))
    assert pieces == list(range(1, len(pieces) + 1)) and len(pieces) > 4
    fund.text = "Little."
    session.delete(gone)
    hamlet.touch(partner)
    hamlet.index.matrices(session, hamlet.region)
    assert [key[2:] for key in hamlet.embedded() if key[2] in (fund.id, gone.id) and key[1] == "fund"] == [(fund.id, 1)]


def test_the_regions_asked_for_longest_ago_make_room(hamlet: Hamlet) -> None:
    session, others = hamlet.session, [f.RegionFactory() for _ in range(2)]
    for region in others:
        f.PartnerFactory(region=region, about="x" * 700_000)
    index = Index(hamlet.reader, memory_mb=2)
    small = index.matrices(session, hamlet.region)
    first = index.matrices(session, others[0])
    assert index.matrices(session, hamlet.region) is small
    index.matrices(session, others[1])
    assert index.matrices(session, hamlet.region) is small
    assert index.matrices(session, others[0]) is not first
    unbounded = Index(hamlet.reader)
    first = unbounded.matrices(session, others[0])
    unbounded.matrices(session, others[1])
    assert unbounded.matrices(session, others[0]) is first


def test_what_is_held_stays_when_too_much_is_new(hamlet: Hamlet) -> None:
    index = Index(hamlet.reader, most_new=20)
    held = index.matrices(hamlet.session, hamlet.region)
    newcomer = hamlet.add(*(f"I know rope {number}." for number in range(30)))
    with pytest.raises(MuchToEmbed):
        index.matrices(hamlet.session, hamlet.region)
    assert newcomer.id not in held.partner_ids
    index.most_new = None
    assert newcomer.id in index.matrices(hamlet.session, hamlet.region).partner_ids
