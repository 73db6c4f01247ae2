"""Belonging to an organisation: by one's own word, by its contact's link, by a coordinator's hand; and leaving it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.errors import DomainError, NotFound
from matchmaker.policies import Actor
from matchmaker.queries import organisations as houses
from matchmaker.services import organisations, partners
from models import AuditEvent, Partner, PartnerKind
from tests import factories as f
from tests.cast import Cast
from tests.services.conftest import acting
from tests.services.test_partners import LOGISTICS


@pytest.fixture
def museum(cast: Cast) -> Partner:
    return f.PartnerFactory(
        region=cast.region, name="Desert Museum", kind=PartnerKind.ORGANISATION, contact_name="Hortensia Blaine"
    )


def test_whoever_joins_is_known_by_both_names_until_they_leave(
    session: Session, cast: Cast, museum: Partner, clock: Clock
) -> None:
    own = Actor(cast.ramon.account_id)
    assert cast.ramon.known_as == "Ramón Escalante"
    for _ in range(2):
        organisations.join(session, own, cast.ramon.id, museum.id, clock)
        assert cast.ramon.known_as == "Ramón Escalante, Desert Museum"
    assert session.scalars(houses.people_of(museum.id)).all() == [cast.ramon]
    for _ in range(2):
        organisations.leave(session, own, cast.ramon.id, clock)
        assert (cast.ramon.known_as, cast.ramon.organisation_id) == ("Ramón Escalante", None)
    events = session.execute(select(AuditEvent.tag, AuditEvent.detail).order_by(AuditEvent.id)).all()
    assert [tuple(each) for each in events] == [
        ("partners:organisation:joined", {"organisation": museum.id, "left": None}),
        ("partners:organisation:left", {"organisation": None, "left": museum.id}),
    ]


def test_joining_another_leaves_the_first(session: Session, cast: Cast, museum: Partner, clock: Clock) -> None:
    other = f.PartnerFactory(region=cast.region, kind=PartnerKind.ORGANISATION)
    for house in (museum, other):
        organisations.join(session, acting(cast.marisol), cast.ramon.id, house.id, clock)
    assert session.scalars(houses.people_of(museum.id)).all() == []
    assert cast.ramon.organisation_id == other.id


def test_nobody_belongs_to_what_is_no_organisation_of_their_region(
    session: Session, cast: Cast, museum: Partner, clock: Clock
) -> None:
    afar = f.PartnerFactory(region=cast.next_door, kind=PartnerKind.ORGANISATION)
    merged = f.PartnerFactory(
        region=cast.region, kind=PartnerKind.ORGANISATION, reviewed_at=None, merged_into_id=museum.id
    )
    gone = f.PartnerFactory(region=cast.region, reviewed_at=None, merged_into_id=cast.ramon.id)
    for person, house in (
        (cast.ramon, afar.id),
        (cast.ramon, merged.id),
        (cast.ramon, cast.esperanza.id),
        (cast.ramon, cast.ramon.id),
        (cast.ramon, 2**31 - 1),
        (gone, museum.id),
        (cast.paz, museum.id),
    ):
        with pytest.raises(NotFound):
            organisations.join(session, acting(cast.marisol), person.id, house, clock)
    other = f.PartnerFactory(region=cast.region, kind=PartnerKind.ORGANISATION)
    with pytest.raises(organisations.NotAPerson):
        organisations.join(session, acting(cast.marisol), other.id, museum.id, clock)
    assert [each.name for each in houses.of_region(session, cast.region.id)] == sorted([museum.name, other.name])


def test_an_organisation_lets_only_its_own_people_go(
    session: Session, cast: Cast, museum: Partner, clock: Clock
) -> None:
    contact = Actor(museum.account_id)
    organisations.join(session, contact, cast.ramon.id, museum.id, clock)
    for stranger in (cast.esperanza.id, cast.paz.id, 2**31 - 1):
        with pytest.raises(NotFound):
            organisations.let_go(session, contact, museum, stranger, clock)
    organisations.let_go(session, contact, museum, cast.ramon.id, clock)
    assert cast.ramon.organisation_id is None
    with pytest.raises(NotFound):
        organisations.let_go(session, contact, museum, cast.ramon.id, clock)


@pytest.mark.parametrize(
    ("who", "kind", "refusal"),
    [
        ("museum", PartnerKind.PERSON, organisations.HasPeople),
        ("ramon", PartnerKind.ORGANISATION, organisations.BelongsSomewhere),
    ],
)
def test_neither_an_organisation_with_people_nor_one_of_them_changes_its_kind(
    session: Session,
    cast: Cast,
    museum: Partner,
    clock: Clock,
    who: str,
    kind: PartnerKind,
    refusal: type[DomainError],
) -> None:
    organisations.join(session, acting(cast.marisol), cast.ramon.id, museum.id, clock)
    partner = {"museum": museum, "ramon": cast.ramon}[who]
    actor = acting(cast.marisol)
    with pytest.raises(refusal):
        partners.save_logistics(session, actor, partner, replace(LOGISTICS, kind=kind), clock)
    partners.save_logistics(session, actor, partner, replace(LOGISTICS, kind=partner.kind), clock)
    organisations.leave(session, actor, cast.ramon.id, clock)
    partners.save_logistics(session, actor, partner, replace(LOGISTICS, kind=kind), clock)
    assert partner.kind is kind


def test_a_list_of_people_names_their_organisations_in_the_same_query(
    session: Session, cast: Cast, museum: Partner, clock: Clock
) -> None:
    for person in (cast.ramon, cast.esperanza):
        organisations.join(session, acting(cast.marisol), person.id, museum.id, clock)
    theirs = select(Partner).where(Partner.organisation_id == museum.id).order_by(Partner.name)
    session.expire_all()
    asked: list[str] = []
    with_bind = (session.get_bind(), "before_cursor_execute", lambda *said: asked.append(said[2]))
    event.listen(*with_bind)
    names = [each.known_as for each in session.scalars(theirs)]
    event.remove(*with_bind)
    assert names == ["Esperanza Ochoa, Desert Museum", "Ramón Escalante, Desert Museum"]
    assert len(asked) == 1
