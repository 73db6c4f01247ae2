"""How many people may fit a draft, and the funds around a school."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from matchmaker.queries import around_school
from matchmaker.queries.around_school import Reach
from models import Fund, LearningRequest, Window
from tests import factories as f
from tests.cast import Cast

RADIOS = "My students take apart tube radios and wonder what the circuits inside them do."


def known(cast: Cast, title: str, text: str = "", **partner: Any) -> Fund:
    region = partner.pop("region", cast.region)
    owner = f.PartnerFactory(region=region, **partner)
    return f.FundFactory(region=region, owner=owner, title=title, text=text or title)


def draft(cast: Cast, text: str, **asked: Any) -> LearningRequest:
    windows = [Window(starts_at=f.NOW + f.timedelta(days=8), ends_at=f.NOW + f.timedelta(days=8, hours=1))]
    return LearningRequest(
        **{
            "region_id": cast.region.id,
            "school_id": cast.school.id,
            "teacher_id": cast.ana.id,
            "title": "",
            "text": text,
            "formats": [],
            "languages": [],
            "overnight": False,
            "windows": windows,
            **asked,
        }
    )


def reach(session: Session, cast: Cast, text: str, **asked: Any) -> Reach:
    session.flush()
    return around_school.reach(session, draft(cast, text, **asked), f.NOW, 3)


def test_too_few_words_tell_nothing(session: Session, cast: Cast) -> None:
    assert reach(session, cast, "A bug.") == Reach(None)
    assert reach(session, cast, "and then they were with us").close == 0


def test_people_who_share_telling_words_are_counted_once_each(session: Session, cast: Cast) -> None:
    first = known(cast, "I repair tube radios", "Circuits, tubes and patience.")
    f.FundFactory(region=cast.region, owner=first.partner, title="A radio and its circuit", text="Tube by tube.")
    known(cast, "Arreglo radios y su circuito")
    known(cast, "Bread with chiltepín")
    known(cast, "Radios and circuits", region=cast.next_door)
    found = reach(session, cast, RADIOS)
    assert (found.close, found.fitting) == (2, 2)
    assert len({fund.partner_id for fund in found.funds}) == 2
    assert not session.new, "nothing of a draft is stored"


def test_the_hard_rules_say_who_could_come(session: Session, cast: Cast) -> None:
    known(cast, "I repair tube radios", languages=["es"])
    known(cast, "Circuits of tube radios", languages=["en"], weekdays=[0])
    kept_apart = known(cast, "Tube radios and circuits", languages=["en"])
    f.SeparationFactory(region=cast.region, teacher=cast.ana, partner=kept_apart.partner)
    known(cast, "Radio circuits and tubes", languages=["en"])
    known(cast, "A paused tube radio circuit", languages=["en"], paused_at=f.NOW)
    found = reach(session, cast, RADIOS, languages=["en"])
    assert (found.close, found.fitting) == (4, 1)
    assert [fund.title for fund in found.funds] == ["Radio circuits and tubes"]


def test_a_word_that_everybody_uses_says_nothing(session: Session, cast: Cast) -> None:
    for number in range(12):
        known(cast, f"Students wonder about thing {'abcdefghijkl'[number] * 4}")
    assert reach(session, cast, "My students wonder.").close == 0


def test_counting_stops_and_words_that_very_many_know_say_nothing(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        known(cast, "I repair tube radios and circuits")
    assert reach(session, cast, RADIOS).close == 4
    monkeypatch.setattr(around_school, "MOST_CLOSE", 3)
    found = reach(session, cast, RADIOS)
    assert (found.close, found.many) == (3, True)
    monkeypatch.setattr(around_school, "MOST_HELD", 3)
    assert reach(session, cast, RADIOS).close == 0
