"""By hand: the search, the answer to "why not?", and the two hands, from the pages of the desk."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.web import labels
from models import (
    Fund,
    OutboxItem,
    Partner,
    ProposalState,
    Ranking,
    RequestState,
    Steer,
    SteerKind,
)
from tests import factories as f
from tests.cast import Cast
from tests.web.world import World

PARTS = {"need": 1.2, "deficit": 1.0, "rank_before": 1, "distance_miles": 1.8}


def candidate(
    partner: Partner, relevance: float, boost: float = 0.0, price: float = 0.0, **given: float
) -> dict[str, Any]:
    """A candidate as a ranking stores it."""
    return PARTS | {
        "partner_id": partner.id,
        "relevance": relevance,
        "boost": boost,
        "price": price,
        "score": round(relevance * 1.2 + boost - price, 6),
        "contributions": given,
    }


def found(page: str) -> list[str]:
    """Names on a page of the search, in order."""
    return re.findall(r'id="found-\d+"><a [^>]*>([^<]*)</a>', page)


@pytest.fixture
def neighbors(cast: Cast, session: Session) -> dict[str, Partner]:
    """Four people who know different things, in two languages; Marta is on a break."""
    told = {
        "Ángela Muñoz": ("Weaving ocotillo baskets", "I weave with what the desert gives.", "en"),
        "Benito Cruz": ("Huertos de ladera", "Siembro maíz y calabaza; los niños aprenden a regar.", "es"),
        "Celia Tellez": ("Radios", "I mend radios and teach weavers' knots.", "en"),
        "Marta Ruelas": ("Bees", "I keep bees by the arroyo.", "en"),
    }
    made = {}
    for name, (title, words, language) in told.items():
        partner = f.PartnerFactory(region=cast.region, name=name, neighbourhood="Barrio Anita")
        f.FundFactory(region=cast.region, owner=partner, title=title, text=words, story="", language=language)
        made[name.split()[0]] = partner
    made["Marta"].paused_at = f.NOW
    session.commit()
    return made


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("angela", ["Ángela Muñoz"]),
        ("MUÑOZ", ["Ángela Muñoz"]),
        ("munoz weaving", ["Ángela Muñoz"]),
        ("weave", ["Ángela Muñoz", "Celia Tellez"]),
        ("aprender", ["Benito Cruz"]),
        ("maiz", ["Benito Cruz"]),
        ("niño", ["Benito Cruz"]),
        ("bas", ["Ángela Muñoz"]),
        ("the desert for the class", []),
        ("the desert with", ["Ángela Muñoz"]),
        ("anita", ["Ángela Muñoz", "Benito Cruz", "Celia Tellez", "Marta Ruelas"]),
        ("anita radios", ["Celia Tellez"]),
        ("'; DROP TABLE partner; --", []),
        ("a & b | !c:*", []),
        ("💡", ["Ángela Muñoz", "Benito Cruz", "Celia Tellez", "Esperanza Ochoa", "Marta Ruelas"]),
    ],
)
def test_words_are_found_without_accents_and_by_their_stems(
    cast: Cast, world: World, neighbors: dict[str, Partner], browse, words: str, names: list[str]
) -> None:
    page = browse(cast.marisol).get(f"/desk/{world.asked.id}/people", query_string={"q": words})
    assert page.status_code == 200
    listed = found(page.get_data(as_text=True))
    assert [name for name in listed if name in names] == names
    assert names == [] or words == "💡" or set(listed) == set(names)


def test_the_search_uses_its_indexes(session: Session, cast: Cast) -> None:
    session.execute(select(func.set_config("enable_seqscan", "off", True)))
    for noun, columns in ((Partner, ("name", "neighbourhood", "about")), (Fund, ("title", "text", "story"))):
        words = func.search_words(*(getattr(noun, column) for column in columns))
        query = select(noun.id).where(words.op("@@")(func.plainto_tsquery("arroyo")))
        compiled = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = session.connection().exec_driver_sql(f"EXPLAIN {compiled}".replace("%", "%%")).scalars()
        assert f"ix_{noun.__tablename__}_search" in "\n".join(plan)


def test_everybody_is_listed_as_ranked_with_the_rule_that_stops_them(
    session: Session, cast: Cast, world: World, neighbors: dict[str, Partner], browse
) -> None:
    world.ranking.candidates = [candidate(neighbors["Celia"], 0.8), candidate(cast.ramon, 0.7)]
    session.commit()
    page = browse(cast.marisol).get(f"/desk/{world.asked.id}/people").get_data(as_text=True)
    assert found(page)[:3] == ["Celia Tellez", "Ramón Escalante", "Ángela Muñoz"]
    assert "Marta Ruelas has been taking a break since Monday, September 14." in page
    assert f"/desk/{world.asked.id}/pin/{neighbors['Ángela'].id}" in page
    assert f"/desk/{world.asked.id}/pin/{neighbors['Marta'].id}" not in page
    only = browse(cast.marisol).get(f"/desk/{world.asked.id}/people?only=paused").get_data(as_text=True)
    assert found(only) == ["Marta Ruelas"]
    free = browse(cast.marisol).get(f"/desk/{world.asked.id}/people?only=eligible").get_data(as_text=True)
    assert "Marta Ruelas" not in found(free) and "Celia Tellez" in found(free)
    assert browse(cast.marisol).get(f"/desk/{world.asked.id}/people?only=liked").status_code == 404


def test_the_search_asks_few_questions_and_shows_no_contacts(
    session: Session, cast: Cast, world: World, neighbors: dict[str, Partner], browse, queries: list[str]
) -> None:
    browser, here = browse(cast.marisol), f"/desk/{world.asked.id}/people?q=anita"
    session.commit()
    session.expunge_all()
    queries.clear()
    page = browser.get(here).get_data(as_text=True)
    assert len(queries) <= 14, queries
    assert "520-555-0177" not in page and "@people.example" not in page


def test_putting_forward_twice_is_one_hand_and_leads_back(
    session: Session, cast: Cast, world: World, neighbors: dict[str, Partner], browse
) -> None:
    browser, here = browse(cast.marisol), f"/desk/{world.asked.id}/people?q=angela"
    for _ in range(2):
        answer = browser.post(f"/desk/{world.asked.id}/pin/{neighbors['Ángela'].id}", {"back": here})
        assert answer.headers["Location"] == here
    steer = session.scalars(select(Steer).where(Steer.request_id == world.asked.id)).one()
    assert (steer.kind, steer.by_id) == (SteerKind.PINNED, cast.marisol.id)
    assert session.scalar(select(func.count(OutboxItem.id)).where(OutboxItem.kind == "propose")) == 1
    page = browser.get(here).get_data(as_text=True)
    assert "Ángela Muñoz is put forward" in page
    assert "Put forward by Marisol Vega on Sep 14." in page and "Take back" in page
    desk = browse(cast.ben).get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert "Put forward by Marisol Vega on Sep 14." in desk and "The list is being made anew." in desk


def test_the_desk_says_whose_hand_put_somebody_there_and_where_the_ranking_had_them(
    session: Session, cast: Cast, world: World, browse
) -> None:
    steer = f.SteerFactory(region=cast.region, of=world.asked, who=cast.esperanza, hand=cast.ben, reason="They spoke")
    world.first.steer_id, world.first.rank_after = steer.id, 37
    session.commit()
    page = browse(cast.marisol).get(f"/desk/{world.asked.id}").get_data(as_text=True)
    assert "Put forward by Ben Yazzie on Sep 14." in page and "“They spoke”" in page
    assert "The ranking has them at place 37." in page
    assert "put forward by hand" in page, "the queue says so too"


def test_whom_a_rule_excludes_cannot_be_put_forward_and_the_page_says_why(
    session: Session, cast: Cast, world: World, neighbors: dict[str, Partner], browse
) -> None:
    answer = browse(cast.marisol).post(f"/desk/{world.asked.id}/pin/{neighbors['Marta'].id}")
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Marta Ruelas cannot be put forward for this request. Nothing was done." in page
    assert "Marta Ruelas has been taking a break" in page
    assert session.scalar(select(func.count(Steer.id)).where(Steer.request_id == world.asked.id)) == 0


def test_setting_aside_takes_the_card_away_and_taking_back_is_safe_twice(
    session: Session, cast: Cast, world: World, browse
) -> None:
    browser = browse(cast.marisol)
    answer = browser.post(f"/desk/{world.asked.id}/set-aside/{cast.esperanza.id}", {"reason": "Her mother is ill"})
    assert answer.headers["Location"] == f"/desk/{world.asked.id}"
    session.refresh(world.first)
    assert world.first.state is ProposalState.SUPERSEDED
    page = browse(cast.ben).get(f"/desk/{world.asked.id}/why/{cast.esperanza.id}").get_data(as_text=True)
    assert "Set aside by Marisol Vega on Sep 14." in page and "“Her mother is ill”" in page
    steer = session.scalars(select(Steer).where(Steer.request_id == world.asked.id)).one()
    for _ in range(2):
        assert browser.post(f"/desk/steers/{steer.id}/release").headers["Location"] == f"/desk/{world.asked.id}"
    session.refresh(steer)
    assert (steer.live, steer.released_by_id) == (False, cast.marisol.id)


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"reason": "x" * 501}, 400), ({"reason": "\x07"}, 400), ({"back": "//elsewhere.example/"}, 302)],
)
def test_what_a_form_cannot_say(
    session: Session, cast: Cast, world: World, browse, sent: dict[str, str], status: int
) -> None:
    answer = browse(cast.marisol).post(f"/desk/{world.asked.id}/set-aside/{cast.esperanza.id}", sent)
    assert answer.status_code == status
    assert status == 400 or answer.headers["Location"] == f"/desk/{world.asked.id}"


def test_without_a_token_or_across_regions_nothing_is_done(session: Session, cast: Cast, world: World, browse) -> None:
    browser = browse(cast.marisol)
    assert browser.post_bare(f"/desk/{world.asked.id}/pin/{cast.esperanza.id}").status_code == 400
    for path in (f"pin/{cast.paz.id}", f"set-aside/{cast.paz.id}"):
        assert browser.post(f"/desk/{world.asked.id}/{path}").status_code == 404
    assert browser.get(f"/desk/{world.asked.id}/why/{cast.paz.id}").status_code == 404
    assert session.scalar(select(func.count(Steer.id)).where(Steer.request_id == world.asked.id)) == 0


def test_what_is_decided_says_so_and_offers_no_hands(session: Session, cast: Cast, world: World, browse) -> None:
    browser = browse(cast.marisol)
    answer = browser.post(f"/desk/{world.approved.request_id}/set-aside/{cast.esperanza.id}")
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "It is decided whom to ask for this request. Nothing was done." in page
    assert f'action="/desk/{world.approved.request_id}/set-aside' not in page


def why(browse, cast: Cast, ranking: Ranking, partner: Partner) -> str:
    page: str = browse(cast.marisol).get(f"/desk/{ranking.request_id}/why/{partner.id}").get_data(as_text=True)
    return page


def test_why_not_compares_with_whom_the_ranker_put_forward_last(
    session: Session, cast: Cast, world: World, neighbors: dict[str, Partner], browse
) -> None:
    world.ranking.eligible = 9
    world.ranking.candidates = [
        candidate(cast.esperanza, 0.7),
        candidate(cast.ramon, 0.6, boost=0.05, lexical=0.9, whole=0.5, dates=0.1),
        candidate(neighbors["Celia"], 0.4, price=0.03, lexical=0.2, whole=0.5, dates=-0.1),
    ]
    page = why(browse, cast, world.ranking, neighbors["Celia"])
    assert "No rule keeps Celia Tellez from being asked." in page
    assert "Celia Tellez stands at place 3 of 9." in page
    assert "The last whom it put forward is Ramón Escalante, at place 2." in page
    said = [
        "Closeness holds them back: 0.48 beside 0.72.",
        "The exposure boost is smaller: 0.00 beside 0.05",
        "a busy price of 0.03 beside 0.00",
    ]
    assert sorted(said, key=page.index) == said
    assert "this speaks less for them: fewer of the same words and the dates." in page
    assert "is on the desk for this request" in why(browse, cast, world.ranking, cast.ramon)


def test_why_not_of_somebody_the_ranking_does_not_hold(
    session: Session, cast: Cast, world: World, neighbors: dict[str, Partner], browse
) -> None:
    celia = neighbors["Celia"]
    world.ranking.candidates = [candidate(cast.esperanza, 0.7), candidate(cast.ramon, 0.6)]
    assert "A rule kept Celia Tellez out when the list was made." in why(browse, cast, world.ranking, celia)
    world.ranking.eligible = 431
    assert "Of the 431 people who could be asked, the figures of the first 2 are kept." in why(
        browse, cast, world.ranking, celia
    )
    celia.reviewed_at = f.NOW
    assert "was read after the list was made" in why(browse, cast, world.ranking, celia)
    world.ranking.pinned = [candidate(celia, 0.1) | {"place": 312, "steer_id": 1}]
    assert "Celia Tellez stands at place 312 of 431." in why(browse, cast, world.ranking, celia)
    unranked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana)
    page = browse(cast.marisol).get(f"/desk/{unranked.id}/why/{celia.id}").get_data(as_text=True)
    assert "This request has not been ranked yet." in page


def test_why_not_names_who_passed_over_somebody(session: Session, cast: Cast, world: World, browse) -> None:
    browse(cast.ben).post(f"/desk/proposals/{world.first.id}/pass", {"reason": "dates", "note": "Away in October"})
    page = why(browse, cast, world.ranking, cast.esperanza)
    assert "Passed over by Ben Yazzie on Sep 14: The dates do not work." in page
    assert "“Away in October”" in page


def test_nobody_eligible_lists_every_rule_with_who_they_are_and_the_way_out(
    session: Session, cast: Cast, browse
) -> None:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.NONE_YET)
    counts = {rule: number for number, rule in enumerate(labels.RULES, start=1)}
    f.RankingFactory(region=cast.region, of=asked, eligible=0, excluded=counts)
    page = browse(cast.marisol).get(f"/desk/{asked.id}").get_data(as_text=True)
    for rule, count in counts.items():
        assert f"/desk/{asked.id}/people?only={rule}" in page
        assert f"<b>{count}</b>" in page
    assert "Other days of the week would let them be asked." in page
    assert "body=Could%20your%20class%20also%20offer%20other%20days%20of%20the%20week%3F" in page
    cast.ana.account.language = "es"
    assert "Su%20grupo" in browse(cast.marisol).get(f"/desk/{asked.id}").get_data(as_text=True).replace("%C2%BF", "")
    teacher = browse(cast.ana.account).get(f"/requests/{asked.id}").get_data(as_text=True)
    assert "Todavía no conocemos a nadie que pueda con todo" in teacher


@pytest.mark.parametrize("path", ["people", "people?only=paused", "why/{}"])
def test_the_pages_speak_spanish(cast: Cast, world: World, neighbors: dict[str, Partner], browse, path: str) -> None:
    cast.marisol.language = "es"
    page = browse(cast.marisol).get(f"/desk/{world.asked.id}/" + path.format(neighbors["Marta"].id))
    text = page.get_data(as_text=True)
    assert "Marta Ruelas está en pausa desde el lunes 14 de septiembre." in text
    for english in ("Search by hand", "Put forward", "Set aside", "ranking of"):
        assert english not in text


def test_why_not_says_for_how_many_others_the_plan_keeps_somebody(
    session: Session, cast: Cast, world: World, browse
) -> None:
    plan = f.PlanFactory(region=cast.region)
    other = f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas)
    f.PlannedPlaceFactory(region=cast.region, made=plan, of=other, who=cast.ramon)
    f.PlannedPlaceFactory(region=cast.region, made=plan, of=world.asked, who=cast.ramon)
    browser, path = browse(cast.marisol), f"/desk/{world.asked.id}/why/{cast.ramon.id}"
    said = "Ramón Escalante is planned for 1 class that would otherwise have nobody as close."
    assert said not in browser.get(path).get_data(as_text=True), "the plan is not in effect"
    session.refresh(cast.region)
    cast.region.plan_id = plan.id
    assert said in browser.get(path).get_data(as_text=True)
