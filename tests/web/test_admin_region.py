"""The page on which an admin decides how the network works."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.services.regions import NUMBERS
from models import AuditEvent, Region
from tests.cast import Cast

BOXES = ("conversations_read", "second_step_required")


def filled(region: Region, **changed: object) -> dict[str, object]:
    """The form as the page shows it, with some of it changed."""
    given = {name: getattr(region, name) for name in NUMBERS if name not in BOXES}
    given |= {name: "y" for name in BOXES if getattr(region, name)}
    return {**given, **changed}


def test_the_numbers_are_shown_each_with_what_it_does(cast: Cast, browse) -> None:
    page = browse(cast.ada).get("/admin/region").get_data(as_text=True)
    assert "How this network works" in page
    assert all(f'name="{name}"' in page for name in NUMBERS)
    assert page.count('class="help"') == len(NUMBERS) - len(BOXES)


def test_what_changes_takes_effect_and_is_kept_in_the_record(session: Session, cast: Cast, browse) -> None:
    sent = filled(cast.region, answer_days=7, quiet_from=21, phone="520-555-0199")
    del sent["conversations_read"]
    answer = browse(cast.ada).post("/admin/region", sent)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/region")
    session.refresh(cast.region)
    assert (cast.region.answer_days, cast.region.quiet_from, cast.region.phone) == (7, 21, "520-555-0199")
    assert cast.region.conversations_read is False
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.tag == "admin:region:set"))
    assert event.detail == {
        "changed": ["answer_days", "conversations_read", "phone", "quiet_from"],
        "answer_days": 7,
        "conversations_read": False,
        "quiet_from": 21,
    }, "which contact changed, and not to what"
    assert event.region_id == cast.region.id


def test_saving_what_is_there_leaves_no_line(session: Session, cast: Cast, browse) -> None:
    assert browse(cast.ada).post("/admin/region", filled(cast.region)).status_code == 302
    assert session.scalars(select(AuditEvent).where(AuditEvent.tag == "admin:region:set")).all() == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"answer_days": 0}, "from 1 to 60"),
        ({"answer_days": "soon"}, "from 1 to 60"),
        ({"quiet_until": 24}, "from 0 to 23"),
        ({"answer_days": 3, "remind_days": 3}, "before the answer is due"),
        ({"email": "nobody"}, "an e-mail address"),
        ({"email": ""}, "at which people reach you"),
        ({"phone": "call me"}, "with digits"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    session: Session, cast: Cast, browse, wrong: dict[str, object], said: str
) -> None:
    before = filled(cast.region)
    answer = browse(cast.ada).post("/admin/region", filled(cast.region, **wrong))
    assert answer.status_code == 422 and said in answer.get_data(as_text=True)
    session.refresh(cast.region)
    assert filled(cast.region) == before


def test_a_missing_postal_address_is_told(session: Session, cast: Cast, browse) -> None:
    admin = browse(cast.ada)
    for path in ("/admin/health", "/admin/region"):
        cast.region.postal_address = ""
        session.commit()
        assert "has no postal address" in admin.get(path).get_data(as_text=True)
        cast.region.postal_address = "12 Calle Vieja"
        session.commit()
        assert "has no postal address" not in admin.get(path).get_data(as_text=True)
