"""What partners let everybody read goes with their profile: merges, erasure, their own data, spreadsheets."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.policies import Actor, actor_for
from matchmaker.queries import personal
from matchmaker.services import erasure, merging, personal_data, publicity, unmerging
from matchmaker.services.sheets import undoing
from matchmaker.services.sheets.faults import NothingToApply
from models import AuditEvent, Fund, Partner, SheetImport, SheetKind
from tests import factories as f
from tests.cast import Cast
from tests.services.sheets.files import lines, read_in


def clock():
    return f.NOW


def marisol(cast: Cast) -> Actor:
    return actor_for(cast.marisol, cast.marisol.memberships, f.NOW)


def two(cast: Cast, kept: tuple[bool, bool], gone: tuple[bool, bool]) -> list[Partner]:
    """Two profiles of one person, each public or not, with the name or without."""
    return [
        f.PartnerFactory(
            region=cast.region, name="Lupe Soto", public_since=f.NOW if public else None, public_name=named
        )
        for public, named in (kept, gone)
    ]


def stands(*partners: Partner) -> list[tuple[bool, bool]]:
    return [(each.public_since is not None, each.public_name) for each in partners]


OFF, ON, NAMED = (False, False), (True, False), (True, True)


def test_nobodys_words_become_public_by_a_merge_and_nothing_taken_back_returns(session: Session, cast: Cast) -> None:
    actor = marisol(cast)
    for before, merged, since, after in (
        ((ON, OFF), OFF, None, [ON, OFF]),
        ((OFF, NAMED), OFF, None, [OFF, NAMED]),
        ((NAMED, ON), ON, None, [NAMED, ON]),
        ((NAMED, NAMED), NAMED, None, [NAMED, NAMED]),
        ((NAMED, NAMED), NAMED, "taken back", [OFF, OFF]),
        ((NAMED, NAMED), NAMED, "unnamed", [ON, ON]),
        ((OFF, ON), OFF, "allowed", [NAMED, ON]),
    ):
        kept, gone = two(cast, *before)
        merging.merge(session, actor, kept.id, gone.id, [], clock)
        assert stands(kept) == [merged], before
        if since == "taken back":
            publicity.take_back(session, actor, kept, clock)
        elif since is not None:
            publicity.allow(session, actor, kept, clock, named=since == "allowed")
        unmerging.take_back(session, actor, gone.id, clock)
        assert stands(kept, gone) == after, (before, since)
    kept, gone = two(cast, OFF, OFF)
    merging.merge(session, actor, kept.id, gone.id, [], clock)
    with pytest.raises(merging.Merged):
        publicity.allow(session, actor, gone, clock, named=False)


def test_their_own_data_tells_it_and_an_erased_person_is_read_by_nobody(session: Session, cast: Cast) -> None:
    publicity.allow(session, marisol(cast), cast.ramon, clock, named=True)
    publicity.allow(session, marisol(cast), cast.ramon, clock, named=True)
    events = session.scalars(select(AuditEvent).where(AuditEvent.tag == "partners:partner:made_public")).all()
    assert [event.detail for event in events] == [{"named": True, "said": "to_coordinator"}]
    person = personal.of_partner(session, cast.region, cast.ramon)
    told = personal_data.collect(session, marisol(cast), person, clock)
    assert told["partner"]["public_since"] == f.NOW.isoformat() and told["partner"]["public_name"] is True
    erasure.erase(session, marisol(cast), person, clock)
    assert stands(cast.ramon) == [OFF]
    assert session.scalars(select(Fund).where(Fund.partner_id == cast.ramon.id)).all() == []


def test_a_spreadsheet_says_it_and_one_that_does_not_leaves_it(session: Session, cast: Cast) -> None:
    def stored(name: str) -> tuple[bool, bool]:
        query = select(Partner).where(Partner.name == name).execution_options(populate_existing=True)
        return stands(session.scalars(query).one())[0]

    def read(*rows: str) -> SheetImport:
        return read_in(session, actor, cast.region, SheetKind.PARTNERS, lines(*rows))

    actor = marisol(cast)
    told = ("Name,E-mail,Puede leerlo cualquiera", "Ana,ana@p.example,sí", "Beto,beto@p.example,with first name",
            "Chuy,chuy@p.example,no")  # fmt: skip
    read(*told)
    names = ("Ana", "Beto", "Chuy")
    assert [stored(name) for name in names] == [ON, NAMED, OFF]
    with pytest.raises(NothingToApply):
        read(*told)
    read("Name,E-mail,Phone", "Beto,beto@p.example,520-555-0123")
    assert stored("Beto") == NAMED
    taken = read("Name,E-mail,Consent", "Beto,beto@p.example,no", "Chuy,chuy@p.example,yes")
    assert [stored(name) for name in names] == [ON, OFF, ON]
    undoing.take_back(session, actor, taken.id, clock)
    assert [stored(name) for name in names] == [ON, NAMED, OFF]
